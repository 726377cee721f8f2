"""Vector databases read the tables that Ray and Daft write."""

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from cam_explain.ray import Explain


@pytest.fixture(scope="module")
def table(network, folder, coffee, tmp_path_factory):
    """What an actor gives for a batch, by way of a file."""
    import pyarrow.parquet as pq

    originals = sorted(folder.glob("*.jpg"))
    batch = {"bytes": [path.read_bytes() for path in originals], "path": [path.name for path in originals]}
    explained = Explain(network, {"cup": str(coffee)})(batch)
    file = tmp_path_factory.mktemp("table") / "explained.parquet"
    pq.write_table(explained, file)
    return pq.read_table(file)


def nearest(table, number):
    """By numpy, as the databases should find them."""
    vectors = np.float32(table.column("embedding").to_pylist())
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-(vectors @ vectors[number]), kind="stable")
    return [table.column("path")[int(place)].as_py() for place in order[:5]]


def test_lancedb_finds_the_nearest(table, tmp_path):
    lancedb = pytest.importorskip("lancedb", reason="LanceDB is not installed")
    width = len(table.column("embedding")[0])
    place = table.schema.get_field_index("embedding")
    vectors = table.column("embedding").cast(pa.list_(pa.float32(), width))
    images = lancedb.connect(tmp_path).create_table("images", table.set_column(place, "vector", vectors))
    query = table.column("embedding")[7].as_py()
    found = images.search(query).distance_type("cosine").limit(5).to_list()
    assert [row["path"] for row in found] == nearest(table, 7)
    assert found[0]["map_shape"] == [1, 7, 7] and len(found[0]["map"]) == 49


def test_qdrant_finds_the_nearest(table):
    qdrant_client = pytest.importorskip("qdrant_client", reason="Qdrant's client is not installed")
    from qdrant_client.models import Distance, PointStruct, VectorParams

    client = qdrant_client.QdrantClient(":memory:")
    width = len(table.column("embedding")[0])
    client.create_collection("images", vectors_config=VectorParams(size=width, distance=Distance.COSINE))
    rows = table.select(["path", "embedding", "scores"]).to_pylist()
    points = [
        PointStruct(id=number, vector=row["embedding"], payload={"path": row["path"], "score": row["scores"][0]})
        for number, row in enumerate(rows)
    ]
    client.upsert("images", points)
    found = client.query_points("images", query=rows[7]["embedding"], limit=5).points
    assert [point.payload["path"] for point in found] == nearest(table, 7)
