"""Daft gives what one process gives."""

import os

import numpy as np
import pytest

os.environ["DAFT_ANALYTICS_ENABLED"] = "0"
daft = pytest.importorskip("daft", reason="Daft is not installed")

from cam_explain.daft import Embed, Explain


def read(folder):
    images = daft.from_glob_path(f"{folder}/*.jpg")
    return images.with_column("bytes", daft.functions.download(daft.col("path")))


def by_name(table, column):
    table = table.select("path", column).to_pydict()
    return dict(zip(map(os.path.basename, table["path"]), table[column]))


def test_maps_are_those_of_one_process(folder, network, coffee, tmp_path):
    explain = Explain(concepts={"cup": str(coffee)})
    read(folder).with_column("cam", explain(daft.col("bytes"))).select("path", "cam").write_parquet(str(tmp_path))
    found = by_name(daft.read_parquet(str(tmp_path)), "cam")
    originals = sorted(folder.glob("*.jpg"))
    one = network.explain(originals, {"cup": coffee})
    for place, path in enumerate(originals):
        row = found[path.name]
        assert np.array_equal(np.float32(row["map"]).reshape(row["map_shape"]), one.raw[place])
        assert np.array_equal(np.float32(row["scores"]), one.scores[place]) and row["error"] is None


def test_a_bad_image_spoils_no_other(cat, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    (tmp_path / "good.jpg").write_bytes(cat.read_bytes())
    found = by_name(read(tmp_path).with_column("e", Embed()(daft.col("bytes"))), "e")
    assert found["bad.jpg"]["embedding"] is None and "picture format" in found["bad.jpg"]["error"]
    assert len(found["good.jpg"]["embedding"]) == 1280 and found["good.jpg"]["error"] is None
