"""The tutorial "Concept Activation Maps" as its authors wrote it: only its import lines differ, and, in one of the runs, the
line that makes the model."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import pytorch_grad_cam
from cam_explain.compat import pytorch_grad_cam as ours
from pytorch_grad_cam.utils.image import preprocess_image, show_cam_on_image
from safetensors.torch import save_file

from conftest import Features

warnings.filterwarnings("ignore")

THEIRS = SimpleNamespace(
    GradCAM=pytorch_grad_cam.GradCAM, preprocess_image=preprocess_image, show_cam_on_image=show_cam_on_image
)


def tutorial(library, model, resnet, photographs):
    """Maps and overlays of two concepts, similarity and difference."""

    def read(name):
        img = np.array(Image.open(photographs / f"{name}.png").convert("RGB").resize((256, 256)))
        rgb_img_float = np.float32(img) / 255
        mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
        return rgb_img_float, library.preprocess_image(rgb_img_float, mean=mean, std=std)

    class SimilarityToConceptTarget:
        def __init__(self, features):
            self.features = features

        def __call__(self, model_output):
            cos = torch.nn.CosineSimilarity(dim=0)
            return cos(model_output, self.features)

    class DifferenceFromConceptTarget:
        def __init__(self, features):
            self.features = features

        def __call__(self, model_output):
            cos = torch.nn.CosineSimilarity(dim=0)
            return 1 - cos(model_output, self.features)

    image_float, input_tensor = read("astronaut")
    concepts = [model(read(name)[1])[0, :] for name in ("cat", "coffee")]
    target_layers = [resnet.layer4[-1]]
    made = []
    for features in concepts:
        for target in (SimilarityToConceptTarget, DifferenceFromConceptTarget):
            with library.GradCAM(model=model, target_layers=target_layers) as cam:
                grayscale_cam = cam(input_tensor=input_tensor, targets=[target(features)])[0, :]
            made.append((grayscale_cam, library.show_cam_on_image(image_float, grayscale_cam, use_rgb=True)))
    return made


@pytest.fixture(scope="module")
def photographs():
    from pathlib import Path

    return Path(__file__).resolve().parents[4] / "crates/cam-explain/photographs"


@pytest.fixture(scope="module")
def expected(resnet, photographs):
    return tutorial(THEIRS, Features(resnet).eval(), resnet, photographs)


def compare(given, expected):
    for (map, overlay), (wanted, drawn) in zip(given, expected, strict=True):
        assert np.abs(map - wanted).max() < 1e-3
        # A step of the map that rounds the other way takes the next colour, and all values are divided by the largest.
        assert np.abs(overlay.astype(int) - drawn.astype(int)).max() <= 4


def test_it_runs_with_other_import_lines(resnet, photographs, expected):
    compare(tutorial(ours, Features(resnet).eval(), resnet, photographs), expected)


def test_it_runs_with_another_line_that_makes_the_model(resnet, photographs, expected, tmp_path):
    save_file(resnet.state_dict(), tmp_path / "resnet18.safetensors")
    model = ours.Model(tmp_path / "resnet18.safetensors")
    compare(tutorial(ours, model, model, photographs), expected)
