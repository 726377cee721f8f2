"""Where names and settings of the other libraries have to be read closely for the numbers to be equal."""

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

import cam_explain
import formula
import pytorch_grad_cam as theirs
from cam_explain.compat import pytorch_grad_cam as ours
from pytorch_grad_cam.utils import model_targets

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def file(resnet, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(resnet.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def plain(file):
    return cam_explain.load(file, size="native")


def apart(name, x, targets, module, model=None):
    """How far the maps of a method are apart, of a module and of what stands in its place."""
    model = model or module
    maps = getattr(theirs, name)(module, [module.layer4[-1]])(x, targets[0])
    return np.abs(getattr(ours, name)(model, [model.layer4[-1]])(x, targets[1]) - maps).max()


@pytest.mark.parametrize("name", ["ClassifierOutputSoftmaxTarget", "ClassifierOutputReST"])
def test_our_targets_of_classes_are_theirs_on_a_module(name, resnet, x):
    targets = [getattr(model_targets, name)(281)], [getattr(ours, name)(281)]
    assert apart("GradCAM", x, targets, resnet) < 1e-3


def test_finer_cam_of_a_module_is_theirs(resnet, x):
    assert apart("FinerCAM", x, (None, None), resnet) < 1e-3


def test_finer_cam_takes_a_target_as_it_is(resnet, x, file):
    targets = ([model_targets.ClassifierOutputTarget(281)],) * 2
    assert apart("FinerCAM", x, targets, resnet, ours.Model(file)) < 1e-3


def test_a_target_of_several_classes_asks_the_classifier_of_a_model(resnet, x, file):
    targets = ([model_targets.FinerWeightedTarget(281, [3, 5], 1.0)],) * 2
    assert apart("GradCAM", x, targets, resnet, ours.Model(file)) < 1e-3


def stretched(maps):
    low = maps.min((-2, -1), keepdims=True)
    return (maps - low) / np.ptp(maps, (-2, -1), keepdims=True)


def correlation(one, other):
    return np.corrcoef(np.ravel(one), np.ravel(other))[0, 1]


@pytest.mark.parametrize("mode, upsample", [("bilinear", "bilinear"), ("nearest", "nearest")])
def test_captums_interpolation_is_ours_once_stretched(mode, upsample, resnet, x, plain):
    from captum.attr import LayerAttribution, LayerGradCam

    small = LayerGradCam(resnet, resnet.layer4).attribute(x, target=7, relu_attributions=True).detach()
    enlarged = stretched(LayerAttribution.interpolate(small, (160, 128), interpolate_mode=mode).numpy())
    assert np.abs(enlarged - plain.reading(upsample=upsample).explain(x, classes=7).maps).max() < 1e-3


def test_captums_midpoint_rule_is_ours(resnet, x, plain):
    from captum.attr import IntegratedGradients

    raw = IntegratedGradients(resnet).attribute(x, target=281, n_steps=32, method="riemann_middle")
    raw = raw.sum(1, keepdim=True).detach().numpy()
    given = plain.explain(x, classes=281, method="integrated-gradients", samples=32).raw
    assert np.abs(given - raw).max() < 1e-3 * np.abs(raw).max()


def test_captums_occlusion_by_our_patches_is_alike(resnet, plain):
    from captum.attr import Occlusion

    small = torch.from_numpy(formula.image("query", 64, 64))
    raw = Occlusion(resnet).attribute(small, (3, 11, 11), (3, 6, 6), target=281).mean(1).numpy()
    assert correlation(raw, plain.explain(small, classes=281, method="occlusion").raw) > 0.95


def test_guided_grad_cam_of_captum_is_ours(resnet, x, plain):
    from captum.attr import GuidedGradCam

    raw = GuidedGradCam(resnet, resnet.layer4).attribute(x, target=281, interpolate_mode="bilinear")
    raw = raw.abs().sum(1, keepdim=True).detach().numpy()
    assert np.abs(plain.explain(x, classes=281, method="guided-grad-cam").raw - raw).max() < 1e-4 * raw.max()


def test_fused_maps_of_torch_cam_are_the_larger_of_ours(resnet, x, plain):
    from torchcam.methods import GradCAM

    with GradCAM(resnet, ["layer3", "layer4"]) as extractor:
        fused = extractor.fuse_cams(extractor(281, resnet(x)), (160, 128)).numpy()
    maps = [plain.explain(x, classes=281, layer=layer).maps[:, 0] for layer in ("layer3", "layer4")]
    assert correlation(fused, np.maximum(*maps)) > 0.999


def test_refine_cam_of_torch_cam_is_ours_nearly(resnet, x, plain):
    from torchcam.methods import GradCAM, RefineCAM

    with RefineCAM(resnet, ["layer3", "layer4"], base_method=GradCAM) as extractor:
        maps = extractor(281, resnet(x), target_shape=(160, 128))[0].numpy()
    given = plain.explain(x, classes=281, method="refine-cam", layer=["layer3", "layer4"]).maps[:, 0]
    assert np.abs(given - maps).max() < 0.01


def test_grad_cam_plus_plus_of_torch_cam_has_no_denominator(resnet, x, plain):
    from torchcam.methods import GradCAMpp

    with GradCAMpp(resnet, "layer4") as extractor:
        maps = extractor(281, resnet(x))[0].numpy()
        activations = extractor.hook_a[0].numpy()
    # Behind average pooling the gradient is the classifier's weight, the same at all positions.
    gradient = np.maximum(resnet.fc.weight[281].detach().numpy(), 0)
    assert np.abs(stretched(np.einsum("c,nchw->nhw", gradient**3, activations)) - maps).max() < 1e-3
    raw = plain.explain(x, classes=281, method="grad-cam-plus-plus").raw[:, 0]
    assert 0.97 < correlation(maps, np.maximum(raw, 0)) < 0.999


def test_legrad_of_torch_cam_is_ours_by_the_same_readout():
    from torchcam.methods import LeGrad

    vit = torchvision.models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=3, num_heads=3, hidden_dim=48, mlp_dim=96, num_classes=20
    ).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, values in vit.named_parameters():
            if values.ndim > 1 or name.endswith("bias"):
                values.normal_(0, 0.1, generator=generator)
    image = torch.from_numpy(formula.image("query", 64, 64))
    readout = lambda tokens: vit.heads(vit.encoder.ln(tokens)[:, 0])
    with LeGrad(vit, list(vit.encoder.layers), score_projection=readout) as extractor:
        vit(image)
        maps = extractor(5)[0].numpy()
    network = cam_explain.from_torch(vit, image)
    raw = network.explain(image, vectors=np.eye(20)[5], score="dot", method="legrad").raw[:, 0]
    assert np.abs(stretched(raw) - maps).max() < 1e-3
