"""Classes for ``map_batches`` of Ray Data: bytes of images in, embeddings, scores and maps out.

    import ray
    from cam_explain.ray import Explain

    images = ray.data.read_binary_files("s3://bucket/photographs", include_paths=True)
    images.map_batches(
        Explain,
        fn_constructor_kwargs={"model": "resnet50.onnx", "concepts": {"car": "car.jpg"}},
        batch_size=32,
        num_cpus=2,
        compute=ray.data.ActorPoolStrategy(size=4),
    ).write_parquet("s3://bucket/explained")

Every actor loads the network once, on as many threads as it has processors. Rows of images that fail have an ``error`` and
nulls; the others are computed.
"""

import numpy as np
import pyarrow as pa

from ._columns import Columns

__all__ = ["Embed", "Explain"]


def _paths(batch, count):
    paths = batch.get("path")
    return pa.array([None] * count if paths is None else [str(path) for path in paths], pa.string())


def _vectors(rows):
    """Lists; null where there is none."""
    return pa.array([None if row is None else np.asarray(row).ravel() for row in rows], pa.list_(pa.float32()))


class Embed:
    """``bytes`` (and ``path``) to ``path``, ``embedding`` ``[d]`` and ``error``."""

    def __init__(self, model=None, *, column="bytes", **options):
        self.columns, self.column = Columns(model, options), column

    def __call__(self, batch):
        images = list(batch[self.column])
        embeddings, errors = self.columns.embed(images)
        return pa.table(
            {
                "path": _paths(batch, len(images)),
                "embedding": _vectors(embeddings),
                "error": pa.array(errors, pa.string()),
            }
        )


class Explain:
    """``bytes`` (and ``path``) to ``path``, ``embedding`` ``[d]``, ``scores`` ``[k]``, raw ``map`` with its ``map_shape``
    ``[k, h', w']``, and ``error``.

    ``options`` are keywords of :func:`cam_explain.load`, all else are keywords of ``Network.explain``. Without a question
    each image is asked about its likeliest class.
    """

    def __init__(self, model=None, concepts=None, *, column="bytes", options=None, **asked):
        self.columns, self.column = Columns(model, options, concepts, asked), column

    def __call__(self, batch):
        images = list(batch[self.column])
        rows, errors = self.columns.explain(images)
        parts = [row or (None, None, None) for row in rows]
        embeddings, scores, maps = zip(*parts) if parts else ((), (), ())
        shapes = [None if raw is None else list(raw.shape) for raw in maps]
        return pa.table(
            {
                "path": _paths(batch, len(images)),
                "embedding": _vectors(embeddings),
                "scores": _vectors(scores),
                "map": _vectors(maps),
                "map_shape": pa.array(shapes, pa.list_(pa.int32())),
                "error": pa.array(errors, pa.string()),
            }
        )
