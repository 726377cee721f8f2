"""The pairs of the book's page are run: their call, then ours, and the relation that the heading says."""

import re
from pathlib import Path

import cam_explain
import numpy
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/src/python/migration.md").read_text()
PAIR = re.compile(r"#### (.*?) <!-- (.*?) -->\n\n```python\n(.*?)```\n```python\n(.*?)```", re.S)
PAIRS = PAIR.findall(PAGE)


def test_each_library_has_ten_pairs_and_no_heading_is_left_out():
    parts = re.split(r"\n## ", PAGE)
    for library in ("pytorch-grad-cam", "torch-cam", "captum"):
        (part,) = (part for part in parts if part.startswith(f"{library}\n"))
        assert len(PAIR.findall(part)) >= 10
    assert len(PAIRS) == PAGE.count("\n#### ")


@pytest.fixture(scope="module")
def names(resnet, features, x, concept, tmp_path_factory):
    """What stands in front of the pairs."""
    import timm
    import torchcam.methods
    import torchcam.utils
    from captum.attr import GuidedBackprop, IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion
    from torchvision.transforms.functional import to_pil_image

    import pytorch_grad_cam
    from pytorch_grad_cam.utils.image import show_cam_on_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget, ClassifierOutputTarget

    file = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(resnet.state_dict(), file)
    torch.manual_seed(0)
    vit = timm.create_model("vit_tiny_patch16_224", pretrained=False).eval()
    pixels = np.asarray(Image.open(ROOT / "crates/cam-explain/photographs/cat.png").convert("RGB"))
    mean, deviation = (torch.tensor(of).reshape(3, 1, 1) for of in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    prepared = ((torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255 - mean) / deviation)[None]
    net = cam_explain.load(file, size="native", arithmetic="pytorch-grad-cam")
    names = dict(
        GradCAM=pytorch_grad_cam.GradCAM, LayerCAM=pytorch_grad_cam.LayerCAM,
        ClassifierOutputTarget=ClassifierOutputTarget, ClassifierOutputSoftmaxTarget=ClassifierOutputSoftmaxTarget,
        show_cam_on_image=show_cam_on_image, torchcam=torchcam, to_pil_image=to_pil_image, LayerGradCam=LayerGradCam,
        LayerAttribution=LayerAttribution, IntegratedGradients=IntegratedGradients, GuidedBackprop=GuidedBackprop,
        Occlusion=Occlusion, resnet=resnet, features=features, vit=vit, x=x, concept=concept,
        square=torch.randn(1, 3, 224, 224), pixels=pixels, prepared=prepared, net=net,
        plain=net.reading(arithmetic="standard"), cam_explain=cam_explain, numpy=numpy, torch=torch, Image=Image,
    )
    # The page's own function.
    exec(re.search(r"```python\n(def unit.*?)```", PAGE, re.S)[1], names)
    return names


def related(theirs, ours, relation):
    """Whether two arrays relate as the page says."""
    if relation == "no counterpart of theirs":
        return ours is not None
    if isinstance(theirs, list):
        return len(theirs) == len(ours) and all(related(*pair, relation) for pair in zip(theirs, ours))
    assert theirs.shape == ours.shape
    a, b = np.float64(theirs), np.float64(ours)
    if relation == "of one shape":
        return True
    if found := re.fullmatch(r"correlated (\S+)", relation):
        return np.corrcoef(a.ravel(), b.ravel())[0, 1] >= float(found[1])
    found = re.fullmatch(r"within (\S+)( of its largest)?", relation)
    largest = np.abs(a).max() if found[2] else 1
    return np.abs(a - b).max() <= float(found[1]) * largest


@pytest.mark.parametrize("title, relation, theirs, ours", PAIRS, ids=[pair[0] for pair in PAIRS])
def test_the_pair_relates_as_the_page_says(title, relation, theirs, ours, names):
    results = {}
    for name, program in (("theirs", theirs), ("ours", ours)):
        scope = dict(names)
        exec(program, scope)
        results[name] = scope[name]
    assert related(results["theirs"], results["ours"], relation)
