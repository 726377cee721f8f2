"""Visual explanations for image embeddings: what in this image is similar to, or different from, a concept?

    import cam_explain

    net = cam_explain.load("resnet50")
    answers = net.explain("street.jpg", {"car": "car.jpg", "clouds": "clouds.jpg"})
    answers.scores, answers.maps, answers.raw, answers.overlay()

The weights of EfficientNet-Lite0 are part of the package: ``cam_explain.load()``.
"""

from typing import TYPE_CHECKING

from ._errors import Cancelled, Error, FileError, ModelError, UsageError
from ._native import (
    COLORMAPS,
    METHODS,
    Answers,
    Box,
    Capture,
    Comparison,
    Concept,
    Concepts,
    Index,
    Layer,
    Network,
    __version__,
    evaluate,
    load,
    networks,
)

if TYPE_CHECKING:
    from ._torch import from_torch

__all__ = [
    "COLORMAPS",
    "METHODS",
    "Answers",
    "Box",
    "Cancelled",
    "Capture",
    "Comparison",
    "Concept",
    "Concepts",
    "Error",
    "FileError",
    "Index",
    "Layer",
    "ModelError",
    "Network",
    "UsageError",
    "__version__",
    "evaluate",
    "from_torch",
    "load",
    "networks",
]


def _restore(keywords):
    """Loads a network that was pickled: another process has its own."""
    return load(keywords.pop("what"), **keywords)


def __getattr__(name):
    # What needs other packages is imported when it is asked for.
    if name == "from_torch":
        from ._torch import from_torch

        return from_torch
    if name in ("compat", "daft", "fiftyone", "ray"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
