"""Python's numbers are the command line's, to the bit."""

import subprocess
import sysconfig
from pathlib import Path

import cam_explain
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
CAM = Path(sysconfig.get_path("scripts")) / "cam"

# What asks for several layers, or for a class, is asked so.
LAYERS = {"refine-cam": ["layer3", "layer4"]}
OF_TOKENS = {
    "token-contributions", "attention-contributions", "legrad", "grad-eclip", "grad-eclip-single-head", "chefer",
    "rollout", "raw-attention", "mask-clip", "sclip", "patch-similarity",
}
SLOW = {"rise": {"samples": 8}, "occlusion": {}, "score-cam": {"top_channels": 4}, "ss-cam": {"top_channels": 2},
        "is-cam": {"top_channels": 2}, "integrated-gradients": {"samples": 4},
        "smooth-grad": {"samples": 3}, "smooth-grad-cam-plus-plus": {"samples": 3}}


def cam(*arguments):
    subprocess.run([CAM, *map(str, arguments)], check=True, capture_output=True, text=True)


def seen(maps):
    """The command's maps cover the image, and have no numbers where the network did not see it; Python's are of what it saw."""
    rows, columns = (~np.isnan(maps[0]).all(axis) for axis in (1, 0))
    return maps[:, rows][:, :, columns]


def told(network, method, arguments, images, tmp_path, **asked):
    """The raw and finished maps of both."""
    raw, finished = tmp_path / "raw.npy", tmp_path / "map.npy"
    cat, coffee = images
    options = [f"--{key.replace('_', '-')}={value}" for key, value in asked.items()]
    cam("explain", cat, "-c", coffee, "--class", "3", "--method", method, "--raw", raw, "--map", finished, *arguments, *options)
    answers = network.explain(cat, coffee, classes=3, method=method, **asked)
    return answers, np.load(raw), np.load(finished)


@pytest.mark.parametrize("method", sorted(set(cam_explain.METHODS) - OF_TOKENS - set(LAYERS)))
@pytest.mark.parametrize("size", [64])
def test_every_method_gives_the_same_arrays(method, size, network, cat, coffee, tmp_path):
    network = network.reading(size=size)
    answers, raw, finished = told(network, method, ["--size", size], (cat, coffee), tmp_path, **SLOW.get(method, {}))
    assert np.array_equal(answers.raw[0], raw) and np.array_equal(answers.maps[0], finished)


@pytest.mark.parametrize("method", ["grad-cam", "layer-cam", "contributions", "eigen-cam", "ablation-cam"])
@pytest.mark.parametrize("layer", ["layer1", "layer3.0", "layer4"])
def test_every_layer_gives_the_same_arrays(method, layer, resnet18, cat, coffee, tmp_path):
    network = cam_explain.load(resnet18, size=96)
    if method == "contributions" and layer != "layer4":
        pytest.skip("contributions are of the last layer")
    arguments = ["--weights", resnet18, "--size", 96]
    raw, finished = tmp_path / "raw.npy", tmp_path / "map.npy"
    cam("explain", cat, "-c", coffee, "--layer", layer, "--method", method, "--raw", raw, "--map", finished, *arguments)
    answers = network.explain(cat, coffee, method=method, layer=layer)
    assert np.array_equal(answers.raw[0], np.load(raw)) and np.array_equal(answers.maps[0], np.load(finished))


@pytest.mark.parametrize("method", sorted(OF_TOKENS | {"grad-cam", "hires-cam"}))
@pytest.mark.parametrize("folder", ["dinov2", "clip", "vit"])
def test_every_method_of_transformers_gives_the_same_arrays(method, folder, cat, coffee, tmp_path):
    folder = ROOT / "tests/fixtures/transformers" / folder
    network = cam_explain.load(folder)
    raw, finished = tmp_path / "raw.npy", tmp_path / "map.npy"
    arguments = ["-c", coffee, "--weights", folder, "--method", method, "--raw", raw, "--map", finished]
    done = subprocess.run([CAM, "explain", cat, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        # What the network does not allow is refused by both, in the same words.
        with pytest.raises(cam_explain.Error) as raised:
            network.explain(cat, coffee, method=method)
        assert str(raised.value).split(": ")[-1].split(" (")[0] in done.stderr
        return
    answers = network.explain(cat, coffee, method=method)
    assert np.array_equal(answers.raw[0], np.load(raw)) and np.array_equal(answers.maps[0], seen(np.load(finished)))


@pytest.mark.parametrize("fit", ["squash", "crop", "pad", "keep"])
def test_every_fit_gives_the_same_arrays_and_overlays(fit, network, coffee, folder, tmp_path):
    from PIL import Image

    query, drawn, finished = folder / "002.jpg", tmp_path / "overlay.png", tmp_path / "map.npy"
    cam("explain", query, "-c", coffee, "--fit", fit, "--overlay", drawn, "--map", finished)
    answers = network.reading(fit=fit).explain(query, coffee)
    assert np.array_equal(answers.maps[0], seen(np.load(finished)))
    assert np.array_equal(answers.overlay(), np.asarray(Image.open(drawn)))


def test_the_other_librarys_arithmetic_gives_the_same_arrays(network, cat, coffee, tmp_path):
    finished = tmp_path / "map.npy"
    cam("explain", cat, "-c", coffee, "--compat", "pytorch-grad-cam", "--map", finished)
    answers = network.reading(arithmetic="pytorch-grad-cam").explain(cat, coffee)
    assert np.array_equal(answers.maps[0], np.load(finished))


def test_many_images_have_the_same_embeddings(network, folder, tmp_path):
    cam("embed", folder, "--out", tmp_path / "e.npy")
    assert np.array_equal(network.embed(sorted(folder.glob("*.jpg"))), np.load(tmp_path / "e.npy"))


def test_the_command_comes_with_the_package():
    printed = subprocess.run([CAM, "--version"], check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == f"cam {cam_explain.__version__}"
    refused = subprocess.run([CAM, "explain", "nowhere.png", "--top", "1"], capture_output=True, text=True)
    assert refused.returncode == 1 and "nowhere.png" in refused.stderr
    assert subprocess.run([CAM, "explan"], capture_output=True).returncode == 2
