"""Functions for Daft's columns: bytes of images in, embeddings, scores and maps out.

    import daft
    from cam_explain.daft import Explain

    explain = Explain("resnet50.onnx", concepts={"car": "car.jpg"})
    images = daft.from_glob_path("photographs/**/*.jpg")
    images = images.with_column("bytes", daft.functions.download(daft.col("path")))
    images.with_column("cam", explain(daft.col("bytes"))).write_parquet("explained")

A column holds structs: ``embedding`` ``[d]``, ``scores`` ``[k]``, raw ``map`` with its ``map_shape`` ``[k, h', w']``, and
``error``.
"""

import daft
from daft import DataType

from ._columns import Columns

__all__ = ["Embed", "Explain"]

_FLOATS = DataType.list(DataType.float32())
_EMBEDDED = DataType.struct({"embedding": _FLOATS, "error": DataType.string()})
_EXPLAINED = DataType.struct(
    {
        "embedding": _FLOATS,
        "scores": _FLOATS,
        "map": _FLOATS,
        "map_shape": DataType.list(DataType.int32()),
        "error": DataType.string(),
    }
)


def _list(values):
    return None if values is None else values.ravel().tolist()


@daft.cls
class Embed:
    """``Embed(model)(column)``: keywords are those of :func:`cam_explain.load`."""

    def __init__(self, model=None, **options):
        self.columns = Columns(model, options)

    @daft.method.batch(return_dtype=_EMBEDDED, batch_size=32)
    def __call__(self, images):
        embeddings, errors = self.columns.embed(images.to_pylist())
        rows = zip(embeddings, errors)
        return [{"embedding": _list(embedding), "error": error} for embedding, error in rows]


@daft.cls
class Explain:
    """``Explain(model, concepts)(column)``: ``options`` are keywords of :func:`cam_explain.load`, all else are keywords of
    ``Network.explain``. Without a question each image is asked about its likeliest class."""

    def __init__(self, model=None, concepts=None, *, options=None, **asked):
        self.columns = Columns(model, options, concepts, asked)

    @daft.method.batch(return_dtype=_EXPLAINED, batch_size=32)
    def __call__(self, images):
        rows, errors = self.columns.explain(images.to_pylist())
        results = []
        for row, error in zip(rows, errors):
            embedding, scores, raw = row or (None, None, None)
            shape = None if raw is None else list(raw.shape)
            results.append(
                {
                    "embedding": _list(embedding),
                    "scores": _list(scores),
                    "map": _list(raw),
                    "map_shape": shape,
                    "error": error,
                }
            )
        return results
