"""pytorch-grad-cam's names and keywords: programs move over with their import lines.

    from cam_explain.compat.pytorch_grad_cam import GradCAM, Model, show_cam_on_image

    model = Model("resnet50")
    with GradCAM(model=model, target_layers=[model.layer4[-1]]) as cam:
        maps = cam(input_tensor=x, targets=[ClassifierOutputTarget(281)])  # [n, h, w] in 0..=1

The arithmetic is that of pytorch-grad-cam 1.5.7, step by step; maps differ from its own by rounding. A ``torch.nn.Module``
may be given in a model's place, with its modules as layers: it is exported to ONNX at the first call.
"""

import sys

import numpy as np

from .._errors import UsageError
from .._native import colormap_table
from ._layers import Model, network_of

__all__ = [
    "AblationCAM",
    "BaseCAM",
    "ClassifierOutputReST",
    "ClassifierOutputSoftmaxTarget",
    "ClassifierOutputTarget",
    "DifferenceFromConceptTarget",
    "EigenCAM",
    "EigenGradCAM",
    "FEM",
    "FinerCAM",
    "FullGrad",
    "GradCAM",
    "GradCAMElementWise",
    "GradCAMPlusPlus",
    "HiResCAM",
    "KPCA_CAM",
    "LayerCAM",
    "Model",
    "RandomCAM",
    "ScoreCAM",
    "SegEigenCAM",
    "ShapleyCAM",
    "SimilarityToConceptTarget",
    "XGradCAM",
    "deprocess_image",
    "preprocess_image",
    "show_cam_on_image",
]


class _Target:
    """What is asked, as keywords of ``Capture.ask``."""

    def keywords(self, network):
        raise NotImplementedError


class ClassifierOutputTarget(_Target):
    """The logit of a class; of a network without a classifier, the embedding's number at that place."""

    _score = "logit"

    def __init__(self, category):
        self.category = int(category)

    def keywords(self, network):
        if network.class_count is not None:
            return {"classes": self.category, "score": self._score}
        if not 0 <= self.category < network.width:
            raise UsageError(f"category {self.category}: the network gives {network.width} numbers, counted from 0")
        place = np.zeros(network.width, np.float32)
        place[self.category] = 1
        return {"vectors": place, "score": "dot"}


class ClassifierOutputSoftmaxTarget(ClassifierOutputTarget):
    """The probability of a class."""

    _score = "softmax"


class ClassifierOutputReST(ClassifierOutputTarget):
    """The logit of a class and the logarithm of its probability."""

    _score = "rest"


class SimilarityToConceptTarget(_Target):
    """The cosine to a concept's features ``[d]``."""

    _difference = False

    def __init__(self, features):
        self.features = np.asarray(_numpy(features), np.float32)

    def keywords(self, network):
        return {"vectors": self.features, "difference": self._difference}


class DifferenceFromConceptTarget(SimilarityToConceptTarget):
    """1 less the cosine to a concept's features ``[d]``."""

    _difference = True


def _numpy(tensor):
    """An array of whatever a program calls a tensor."""
    return tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else np.asarray(tensor)


def _as_function(target):
    """Any callable of a model's output, as a function of the embedding that gives score and gradient."""

    def ask(embedding):
        torch = sys.modules.get("torch")
        if torch is None:
            return target(embedding)
        output = torch.from_numpy(embedding.copy()).requires_grad_()
        score = target(output)
        if not isinstance(score, torch.Tensor):
            return score
        score = score.sum()
        (gradient,) = torch.autograd.grad(score, output)
        return score.item(), gradient.numpy()

    return ask


def _keywords(target, network):
    if isinstance(target, _Target):
        return target.keywords(network)
    # pytorch-grad-cam's own targets of classes ask the classifier, whatever they were imported from.
    known = {"ClassifierOutputTarget": "logit", "ClassifierOutputSoftmaxTarget": "softmax", "ClassifierOutputReST": "rest"}
    score = known.get(type(target).__name__)
    if score and hasattr(target, "category") and network.class_count is not None:
        return {"classes": int(target.category), "score": score}
    if not callable(target):
        raise UsageError(f"{type(target).__name__} is no target: it is a function of the model's output")
    return {"target": _as_function(target)}


class BaseCAM:
    """Maps of a method, by pytorch-grad-cam's keywords."""

    method = None

    def __init__(self, model, target_layers=None, reshape_transform=None, *, batch_size=None, **others):
        # How tokens lie in the image, our networks know themselves.
        del reshape_transform
        for name in ("use_cuda", "uses_gradients", "compute_input_gradient", "detach"):
            others.pop(name, None)
        if others:
            raise TypeError(f"there is no keyword `{next(iter(others))}` here")
        self.model = model
        self.target_layers = list(target_layers or [])
        self.batch_size = batch_size
        self.outputs = None
        self._network = None

    def _ready(self, example):
        if self._network is None:
            network, names = network_of(self.model, self.target_layers, example)
            self._network = network.reading(size="native", arithmetic="pytorch-grad-cam")
            self._layers = names
        return self._network

    def __call__(self, input_tensor, targets=None, aug_smooth=False, eigen_smooth=False):
        """Maps ``[n, h, w]`` of float32 in 0..=1, at the input's size: of each image by its own target, of the class that
        each is most like without targets."""
        images = np.ascontiguousarray(_numpy(input_tensor), np.float32)
        if images.ndim != 4:
            raise UsageError(f"an input of shape {list(images.shape)}: it is [n, 3, h, w]")
        network = self._ready(input_tensor)
        common = {"method": self.method, "tta": aug_smooth, "eigen_smooth": eigen_smooth}
        if self._layers:
            common["layer"] = self._layers
        if targets is not None and len(targets) != len(images):
            raise UsageError(f"{len(targets)} targets for {len(images)} images: give one for each")
        if targets is None and network.class_count is None:
            # What the network gives are the classes, as far as anybody can tell.
            targets = [ClassifierOutputTarget(place) for place in network.embed(images).argmax(1)]
        whole = targets is None or all(target is targets[0] for target in targets)
        parts = [images] if whole else np.split(images, len(images))
        maps, outputs = [], []
        for part, target in zip(parts, targets or [None]):
            capture = network.capture(part, layer=self._layers or None)
            asked = {"top": 1} if target is None else _keywords(target, network)
            answers = capture.ask(**asked, **common)
            maps.append(answers.maps[:, -1])
            outputs.append(capture.embeddings)
        self.outputs = np.concatenate(outputs)
        return np.concatenate(maps)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def _method(name, method):
    return type(name, (BaseCAM,), {"method": method, "__doc__": f"The method ``{method}``.", "__module__": __name__})


GradCAM = _method("GradCAM", "grad-cam")
HiResCAM = _method("HiResCAM", "hires-cam")
GradCAMElementWise = _method("GradCAMElementWise", "grad-cam-elementwise")
GradCAMPlusPlus = _method("GradCAMPlusPlus", "grad-cam-plus-plus")
XGradCAM = _method("XGradCAM", "x-grad-cam")
LayerCAM = _method("LayerCAM", "layer-cam")
ShapleyCAM = _method("ShapleyCAM", "shapley-cam")
AblationCAM = _method("AblationCAM", "ablation-cam")
ScoreCAM = _method("ScoreCAM", "score-cam")
EigenCAM = _method("EigenCAM", "eigen-cam")
EigenGradCAM = _method("EigenGradCAM", "eigen-grad-cam")
SegEigenCAM = _method("SegEigenCAM", "seg-eigen-cam")
KPCA_CAM = _method("KPCA_CAM", "kpca-cam")
FEM = _method("FEM", "fem")
FinerCAM = _method("FinerCAM", "finer-cam")
FullGrad = _method("FullGrad", "full-grad")
RandomCAM = _method("RandomCAM", "random-cam")

# OpenCV's numbers of the colour maps that are here.
_COLORMAPS = {2: "jet", 14: "inferno", 16: "viridis", 20: "turbo"}


def show_cam_on_image(img, mask, use_rgb=False, colormap=2, image_weight=0.5):
    """A map ``[h, w]`` in 0..=1 laid over an image ``[h, w, 3]`` in 0..=1, as uint8; in BGR unless ``use_rgb``."""
    if np.max(img) > 1:
        raise UsageError("the image is in 0 to 1: divide it by 255")
    if not 0 <= image_weight <= 1:
        raise UsageError(f"image_weight={image_weight}: it is in 0 to 1")
    if colormap not in _COLORMAPS:
        raise UsageError(f"colormap={colormap}: it is one of OpenCV's {', '.join(map(str, _COLORMAPS))}")
    table = colormap_table(_COLORMAPS[colormap])
    table = table if use_rgb else table[:, ::-1]
    colors = np.float32(table[np.uint8(255 * np.asarray(mask))]) / 255
    mixed = (1 - image_weight) * colors + image_weight * np.asarray(img)
    return np.uint8(255 * (mixed / np.max(mixed)))


def preprocess_image(img, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)):
    """An image ``[h, w, 3]`` as a network takes it, ``[1, 3, h, w]``: less the mean, by the deviation. It is a tensor of
    PyTorch's where that was imported, else an array."""
    values = np.moveaxis(np.asarray(img), -1, 0)
    values = np.float32(values) / np.float32(255) if values.dtype == np.uint8 else np.float32(values)
    mean, std = (np.asarray(of, np.float32).reshape(3, 1, 1) for of in (mean, std))
    values = np.ascontiguousarray(((values - mean) / std)[None])
    torch = sys.modules.get("torch")
    return torch.from_numpy(values) if torch else values


def deprocess_image(img):
    """Any array of numbers as a picture, uint8: mean grey, a tenth of the range to either side."""
    values = (img - np.mean(img)) / (np.std(img) + 1e-5)
    return np.uint8(np.clip(values * 0.1 + 0.5, 0, 1) * 255)
