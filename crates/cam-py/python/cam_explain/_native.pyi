from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, TypedDict, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A path or URL, an image file's bytes or the open file, a PIL image, pixels [h, w, 3] of uint8, or floats [3, h, w] that
# are prepared already; arrays may have a first axis for images. Anything with `__array__` or DLPack is an array.
_Image: TypeAlias = str | PathLike[str] | bytes | bytearray | ArrayLike | Any
_Images: TypeAlias = _Image | Iterable[_Image]
_Looked: TypeAlias = _Image | Concept | Sequence[_Image | Concept | tuple[str, _Image | Concept]] | Mapping[str, _Image | Concept]
_Size: TypeAlias = int | tuple[int, int] | Literal["native"] | str
_Fit: TypeAlias = Literal["squash", "crop", "pad", "keep"]
_Arithmetic: TypeAlias = Literal["standard", "pytorch-grad-cam"]
_Upsample: TypeAlias = Literal["nearest", "bilinear", "guided"]
_Score: TypeAlias = Literal["cosine", "dot", "neg-l2", "logit", "softmax", "rest", "finer"]
_Floats: TypeAlias = NDArray[np.float32]
_Target: TypeAlias = Callable[[_Floats], tuple[float, ArrayLike]]
_Classes: TypeAlias = int | str | Iterable[int | str]

__all__ = [
    "Answers",
    "Box",
    "COLORMAPS",
    "Capture",
    "Comparison",
    "Concept",
    "Concepts",
    "Index",
    "Layer",
    "METHODS",
    "Network",
    "__version__",
    "colormap_table",
    "evaluate",
    "load",
    "networks",
    "run_command",
]

__version__: str
METHODS: list[str]
COLORMAPS: list[str]

_Class = TypedDict("_Class", {"class": int, "name": str, "logit": float, "probability": float})

def load(
    what: str | PathLike[str] | None = None,
    *,
    name: str | None = None,
    size: _Size | None = None,
    fit: _Fit | None = None,
    threads: int | None = None,
    device: str | None = None,
    exact: bool = False,
    preprocessing: str | PathLike[str] | None = None,
    embedding: str | None = None,
    prefix: str | None = None,
    allow_partial: bool = False,
    strict: bool = False,
    stretch: bool = False,
    arithmetic: _Arithmetic = "standard",
    upsample: _Upsample | None = None,
    max_pixels: int = 0,
    memory: int = 0,
) -> Network: ...
def networks() -> list[tuple[str, bool]]: ...
def colormap_table(name: str) -> NDArray[np.uint8]: ...
def run_command(arguments: list[str]) -> int: ...
def evaluate(
    network: Network,
    folder: str | PathLike[str],
    out: str | PathLike[str],
    *,
    methods: Sequence[str] = (),
    measures: Sequence[str] = (),
    collages: int = 100,
    grid: tuple[int, int] = (2, 2),
    cell: int | None = None,
    fit: _Fit = "squash",
    objects: bool = False,
    negatives: Literal["none", "others", "mean"] | None = None,
    layer: str | None = None,
    seed: int | None = None,
) -> dict[str, Any]: ...
@final
class Layer:
    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> list[str]: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def stride(self) -> int: ...

@final
class Network:
    @property
    def name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def size(self) -> tuple[int, int] | None: ...
    @property
    def threads(self) -> int: ...
    @property
    def classes(self) -> list[str] | None: ...
    @property
    def class_count(self) -> int | None: ...
    @property
    def classifier(self) -> tuple[_Floats, _Floats] | None: ...
    @property
    def preprocessing(self) -> dict[str, Any]: ...
    @property
    def sha256(self) -> str: ...
    @property
    def last_layer(self) -> str: ...
    def layers(self) -> list[Layer]: ...
    def reading(
        self,
        *,
        size: _Size | None = None,
        fit: _Fit | None = None,
        arithmetic: _Arithmetic | None = None,
        upsample: _Upsample | None = None,
    ) -> Network: ...
    def embed(self, images: _Images) -> _Floats: ...
    def concept(self, image: _Image, name: str | None = None) -> Concept: ...
    def capture(self, images: _Images, *, layer: str | Layer | Sequence[str | Layer] | None = None) -> Capture: ...
    def explain(
        self,
        images: _Images,
        concepts: _Looked | Concepts | None = None,
        *,
        classes: _Classes | None = None,
        vectors: ArrayLike | Mapping[str, ArrayLike] | None = None,
        target: _Target | None = None,
        top: int | None = None,
        negatives: _Looked | None = None,
        difference: bool = False,
        score: _Score | None = None,
        concepts_as: Literal["centroid", "contrast", "prototypes"] | None = None,
        method: str | None = None,
        layer: str | Layer | Sequence[str | Layer] | None = None,
        tta: bool = False,
        eigen_smooth: bool = False,
        top_channels: int | None = None,
        samples: int | None = None,
        blocks: int | None = None,
        seed: int | None = None,
    ) -> Answers: ...
    def classify(self, images: _Images, top: int = 5) -> list[list[_Class]]: ...
    def compare(self, first: _Image, second: _Image, *, lines: int = 8) -> Comparison: ...

@final
class Capture:
    @property
    def embeddings(self) -> _Floats: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def remarks(self) -> list[list[str]]: ...
    def ask(
        self,
        concepts: _Looked | Concepts | None = None,
        *,
        classes: _Classes | None = None,
        vectors: ArrayLike | Mapping[str, ArrayLike] | None = None,
        target: _Target | None = None,
        top: int | None = None,
        negatives: _Looked | None = None,
        difference: bool = False,
        score: _Score | None = None,
        concepts_as: Literal["centroid", "contrast", "prototypes"] | None = None,
        method: str | None = None,
        layer: str | Layer | Sequence[str | Layer] | None = None,
        tta: bool = False,
        eigen_smooth: bool = False,
        top_channels: int | None = None,
        samples: int | None = None,
        blocks: int | None = None,
        seed: int | None = None,
    ) -> Answers: ...
    def __len__(self) -> int: ...

@final
class Answers:
    @property
    def maps(self) -> _Floats: ...
    @property
    def raw(self) -> _Floats: ...
    @property
    def scores(self) -> _Floats: ...
    @property
    def cosines(self) -> _Floats: ...
    @property
    def embeddings(self) -> _Floats: ...
    @property
    def degenerate(self) -> NDArray[np.bool_]: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def questions(self) -> list[str]: ...
    @property
    def images(self) -> list[str]: ...
    @property
    def method(self) -> str: ...
    def overlay(
        self,
        image: int = 0,
        question: int = 0,
        *,
        alpha: float | None = None,
        colormap: str | None = None,
        boxes: float | None = None,
    ) -> NDArray[np.uint8]: ...
    def png(
        self,
        image: int = 0,
        question: int = 0,
        *,
        alpha: float | None = None,
        colormap: str | None = None,
        boxes: float | None = None,
    ) -> bytes: ...
    def on_image(self, image: int = 0, question: int = 0) -> _Floats: ...
    def boxes(self, threshold: float = 0.5, image: int = 0, question: int = 0) -> list[Box]: ...
    def _repr_png_(self) -> bytes | None: ...
    def _repr_html_(self) -> str: ...
    def __len__(self) -> int: ...

@final
class Box:
    @property
    def left(self) -> int: ...
    @property
    def top(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def area(self) -> float: ...
    @property
    def max(self) -> float: ...
    @property
    def mean(self) -> float: ...

@final
class Concept:
    def __new__(cls, name: str, vector: ArrayLike) -> Concept: ...
    @property
    def name(self) -> str: ...
    @property
    def vector(self) -> _Floats: ...

@final
class Concepts:
    def __new__(cls, path: str | PathLike[str]) -> Concepts: ...
    def add(self, network: Network, name: str, images: _Images, *, negatives: _Images | None = None) -> int: ...
    def remove(self, name: str) -> None: ...
    @property
    def names(self) -> list[str]: ...
    def __getitem__(self, name: str, /) -> _Floats: ...
    def __len__(self) -> int: ...

@final
class Index:
    def __new__(cls, path: str | PathLike[str]) -> Index: ...
    def add(
        self,
        network: Network,
        folder: str | PathLike[str],
        *,
        maps: bool = True,
        blocks: int | None = None,
        moved: bool = False,
    ) -> dict[str, Any]: ...
    def search(
        self, network: Network, image: _Image, *, top: int = 10, explain: bool = False
    ) -> list[dict[str, Any]]: ...
    def vectors(self) -> tuple[list[str], _Floats]: ...
    def __len__(self) -> int: ...

@final
class Comparison:
    @property
    def cosine(self) -> float: ...
    @property
    def maps(self) -> list[_Floats]: ...
    @property
    def pairs(self) -> _Floats: ...
    @property
    def correspondences(self) -> list[dict[str, Any]]: ...
    def document(self) -> dict[str, Any]: ...
    def figure(self) -> NDArray[np.uint8]: ...
