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
    "FinerWeightedTarget",
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


class _OfLogits(_Target):
    """A function of the logits; of a network without a classifier, of what it gives."""

    def score(self, logits):
        """The score, and its gradient ``[c]``."""
        raise NotImplementedError

    def keywords(self, network):
        return {"target": _behind_classifier(network, self.score)}


class ClassifierOutputTarget(_OfLogits):
    """The logit of a class; of a network without a classifier, the number at that place of what it gives."""

    _score = "logit"

    def __init__(self, category):
        self.category = int(category)

    def keywords(self, network):
        # In closed form, where there is a classifier.
        if network.class_count is not None:
            return {"classes": self.category, "score": self._score}
        if not 0 <= self.category < network.width:
            raise UsageError(f"category {self.category}: the network gives {network.width} numbers, counted from 0")
        return super().keywords(network)

    def score(self, logits):
        return logits[self.category], _one(self.category, logits)


class ClassifierOutputSoftmaxTarget(ClassifierOutputTarget):
    """The probability of a class."""

    _score = "softmax"

    def score(self, logits):
        shares = _softmax(logits)
        share = shares[self.category]
        return share, share * (_one(self.category, logits) - shares)


class ClassifierOutputReST(ClassifierOutputTarget):
    """The logit of a class and the logarithm of its probability."""

    _score = "rest"

    def score(self, logits):
        shares, own = _softmax(logits), _one(self.category, logits)
        return logits[self.category] + np.log(shares[self.category]), 2 * own - shares


class FinerWeightedTarget(_OfLogits):
    """The logit of a class less ``alpha`` times the mean of others', by their probabilities."""

    def __init__(self, main_category, comparison_categories, alpha):
        self.main_category, self.alpha = int(main_category), float(alpha)
        self.comparison_categories = [int(category) for category in comparison_categories]

    def score(self, logits):
        others = logits[self.comparison_categories]
        shares = _softmax(others)
        mean = shares @ others
        gradient = _one(self.main_category, logits)
        np.add.at(gradient, self.comparison_categories, -self.alpha * shares * (1 + others - mean))
        return logits[self.main_category] - self.alpha * mean, gradient


def _one(place, like):
    one = np.zeros_like(like)
    one[place] = 1
    return one


def _softmax(values):
    powers = np.exp(values - values.max()) if len(values) else values
    return powers / powers.sum()


def _behind_classifier(network, score):
    """A function of the logits as one of the embedding."""
    classifier = network.classifier
    if classifier is None:
        return lambda embedding: score(np.float64(embedding))
    weight, bias = (np.float64(part) for part in classifier)

    def of_embedding(embedding):
        value, gradient = score(weight @ embedding + bias)
        return value, gradient @ weight

    return of_embedding


def _logits(network, images):
    """What the network says of classes, ``[n, c]``; what it gives, where it has no classifier."""
    embeddings, classifier = network.embed(images), network.classifier
    return embeddings if classifier is None else embeddings @ classifier[0].T + classifier[1]


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
    """Any callable of a model's output, as a function that gives score and gradient: PyTorch computes it."""

    def ask(output):
        torch = sys.modules.get("torch")
        if torch is None:
            return target(output)
        tensor = torch.from_numpy(np.float32(output)).requires_grad_()
        score = target(tensor)
        if not isinstance(score, torch.Tensor):
            return score
        score = score.sum()
        (gradient,) = torch.autograd.grad(score, tensor)
        return score.item(), gradient.numpy()

    return ask


def _keywords(target, network, sees_logits):
    if isinstance(target, _Target):
        return target.keywords(network)
    if not callable(target):
        raise UsageError(f"{type(target).__name__} is no target: it is a function of the model's output")
    # pytorch-grad-cam's own targets are all of a classifier's output; one of the program's is of what the model gives.
    is_theirs = type(target).__module__.startswith("pytorch_grad_cam.")
    ask = _as_function(target)
    return {"target": _behind_classifier(network, ask) if is_theirs or sees_logits else ask}


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
            network, self._layers, self._sees_logits = network_of(self.model, self.target_layers, example)
            self._network = network.reading(size="native", arithmetic="pytorch-grad-cam")
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
            targets = [ClassifierOutputTarget(place) for place in _logits(network, images).argmax(1)]
        whole = targets is None or all(target is targets[0] for target in targets)
        parts = [images] if whole else np.split(images, len(images))
        maps, outputs = [], []
        for part, target in zip(parts, targets or [None]):
            capture = network.capture(part, layer=self._layers or None)
            asked = {"top": 1} if target is None else _keywords(target, network, self._sees_logits)
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
FullGrad = _method("FullGrad", "full-grad")
RandomCAM = _method("RandomCAM", "random-cam")

class FinerCAM(BaseCAM):
    """Grad-CAM of what tells a class from those whose logits are nearest to its own."""

    method = "grad-cam"

    def __init__(self, model, target_layers=None, reshape_transform=None, base_method=GradCAM, **others):
        super().__init__(model, target_layers, reshape_transform, **others)
        self.method = base_method.method

    def __call__(
        self, input_tensor, targets=None, eigen_smooth=False, alpha=1, comparison_categories=None, target_idx=None
    ):
        if targets is None:
            images = np.ascontiguousarray(_numpy(input_tensor), np.float32)
            targets = [
                _finer(logits, alpha, comparison_categories or (1, 2, 3), target_idx)
                for logits in _logits(self._ready(input_tensor), images)
            ]
        return super().__call__(input_tensor, targets, eigen_smooth=eigen_smooth)


def _finer(logits, alpha, places, category):
    """The likeliest class, or the one asked for, and by their places those whose logits are nearest to its own."""
    own = logits.max() if category is None else logits[category]
    nearest = np.argsort(np.abs(logits - own))
    return FinerWeightedTarget(nearest[0], [nearest[place] for place in places if place < len(logits)], alpha)


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
