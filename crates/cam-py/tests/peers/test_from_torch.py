"""Modules of PyTorch's become networks that give what they gave."""

import warnings

import cam_explain
import numpy as np
import pytest
import torch
import torchvision

warnings.filterwarnings("ignore")


def outputs(module, x):
    with torch.no_grad():
        return module(x).numpy()


def test_a_classifier_and_a_feature_extractor_give_what_they_gave(resnet, features, x):
    for module in (resnet, features):
        network = cam_explain.from_torch(module, x)
        assert np.abs(network.embed(x) - outputs(module, x)).max() < 1e-4


def test_transformers_give_what_they_gave():
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    x = torch.randn(2, 3, 224, 224)
    for module in (
        timm.create_model("vit_tiny_patch16_224", pretrained=False),
        torchvision.models.swin_t(weights=None),
    ):
        module.eval()
        network = cam_explain.from_torch(module, x[:1])
        assert np.abs(network.embed(x) - outputs(module, x)).max() < 1e-4


def test_a_module_is_left_in_its_mode_and_nothing_is_left_behind(resnet, x, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    resnet.train()
    try:
        cam_explain.from_torch(resnet, x)
        assert resnet.training and not any(tmp_path.iterdir())
    finally:
        resnet.eval()


def test_what_is_no_module_is_refused_in_words(resnet, x):
    with pytest.raises(ValueError, match="no torch.nn.Module"):
        cam_explain.from_torch("resnet50", x)
    with pytest.raises(ValueError, match=r"\[1, 3, h, w\]"):
        cam_explain.from_torch(resnet, x[0])

    class Odd(torch.nn.Module):
        def forward(self, x):
            return torch.fft.fft2(x).real.mean((2, 3))

    with pytest.raises(cam_explain.ModelError):
        cam_explain.from_torch(Odd(), x)
