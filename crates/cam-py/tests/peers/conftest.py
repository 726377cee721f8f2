"""What the libraries are given: the same ResNet-18, its weights in closed form, and a small transformer."""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: cargo xtask python --peers")
torchvision = pytest.importorskip("torchvision")

import formula

warnings.filterwarnings("ignore", module="torch")


class Features(torch.nn.Module):
    """All but the last layer, as the tutorial on concept activation maps wraps a ResNet."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.feature_extractor = torch.nn.Sequential(*list(self.model.children())[:-1])

    def __call__(self, x):
        return self.feature_extractor(x)[:, :, 0, 0]


@pytest.fixture(scope="session")
def resnet():
    module = torchvision.models.resnet18(weights=None)
    weights = {name: torch.from_numpy(value) for name, value in formula.resnet18().items()}
    missing = module.load_state_dict(weights, strict=False).missing_keys
    assert all(name.endswith("num_batches_tracked") for name in missing)
    return module.eval()


@pytest.fixture(scope="session")
def features(resnet):
    return Features(resnet).eval()


@pytest.fixture(scope="session")
def x():
    return torch.from_numpy(formula.image("query", 160, 128))


@pytest.fixture(scope="session")
def concept(features):
    with torch.no_grad():
        return features(torch.from_numpy(formula.image("concept", 160, 128)))[0]
