from pathlib import Path

import cam_explain
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import formula

ROOT = Path(__file__).resolve().parents[3]
PHOTOGRAPHS = ROOT / "crates/cam-explain/photographs"
GOLDEN = ROOT / "tests/golden"


@pytest.fixture(scope="session")
def cat():
    return PHOTOGRAPHS / "cat.png"


@pytest.fixture(scope="session")
def coffee():
    return PHOTOGRAPHS / "coffee.png"


@pytest.fixture(scope="session")
def network():
    """EfficientNet-Lite0, which is part of the package."""
    return cam_explain.load()


@pytest.fixture(scope="session")
def resnet18(tmp_path_factory):
    """The weight file of the ResNet-18 that the references are of."""
    path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(formula.resnet18(), path)
    return path


@pytest.fixture(scope="session")
def golden():
    """References of pytorch-grad-cam, by the method's name there."""
    return lambda name: load_file(GOLDEN / f"resnet18-{name}.safetensors")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Forty photographs of several sizes, and a file that is none."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("photographs")
    originals = [Image.open(PHOTOGRAPHS / f"{name}.png").convert("RGB") for name in ("cat", "coffee", "rocket")]
    draw = np.random.default_rng(3).integers
    for number in range(40):
        image = originals[number % 3]
        width, height = image.size
        box = (draw(width // 4), draw(height // 4), width - draw(width // 4), height - draw(height // 4))
        image.crop(tuple(map(int, box))).save(folder / f"{number:03}.jpg", quality=90)
    return folder
