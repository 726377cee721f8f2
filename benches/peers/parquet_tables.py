"""Whether pandas, pyarrow and DuckDB read what `cam embed` and `cam index export` write, and `cam explain` what they write.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install pandas pyarrow duckdb numpy
    /tmp/peers/bin/python benches/peers/parquet_tables.py target/release/cam crates/cam-explain/photographs/*.png

Every number is compared bit by bit with the .npy of the same images. Says nothing but what it compared.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def run(cam, *arguments):
    return subprocess.run([cam, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def same(what, got, wanted):
    got = np.stack([np.asarray(row) for row in got])
    assert got.dtype == np.float32 and got.shape == wanted.shape, (what, got.dtype, got.shape)
    assert (got.view(np.uint32) == wanted.view(np.uint32)).all(), what
    print(f"{what}: {got.shape[0]} x {got.shape[1]}, the same bits")


def main(cam, *images):
    cam, images = str(Path(cam).resolve()), [Path(image).resolve() for image in images]
    folder = Path(tempfile.mkdtemp())
    array, table, rows = folder / "e.npy", folder / "e.parquet", folder / "i.parquet"
    run(cam, "embed", *images, "--out", array)
    run(cam, "embed", *images, "--out", table)
    wanted = np.load(array)
    width = wanted.shape[1]

    frame = pd.read_parquet(table)
    assert list(frame.columns) == ["image", "embedding", "damaged"], frame.columns
    assert list(frame.image) == [str(image) for image in images] and frame.damaged.dtype == bool
    same("pandas", frame.embedding, wanted)

    arrow = pq.read_table(table)
    kept = {name.decode(): value.decode() for name, value in arrow.schema.metadata.items()}
    assert set(kept) == {"model", "weights_sha256", "weights_prefix"}, kept
    fixed = arrow["embedding"].combine_chunks().cast(pa.list_(pa.float32(), width))
    same(f"pyarrow, cast to {fixed.type}", fixed.flatten().to_numpy().reshape(wanted.shape), wanted)

    query = f"select embedding::float[{width}] as embedding from read_parquet(?)"
    found = duckdb.execute(query, [str(table)]).fetchnumpy()["embedding"]
    same(f"DuckDB, cast to FLOAT[{width}]", found, wanted)
    nearest = duckdb.execute(
        f"""select b.image from read_parquet(?) a, read_parquet(?) b where a.image = ?
        order by array_cosine_similarity(a.embedding::float[{width}], b.embedding::float[{width}]) desc limit 1""",
        [str(table), str(table), str(images[0])],
    ).fetchone()
    assert nearest == (str(images[0]),), nearest

    run(cam, "index", images[0].parent, "--index", folder / "index")
    run(cam, "index", "export", folder / "index", rows)
    indexed = pd.read_parquet(rows)
    assert list(indexed.columns) == ["path", "embedding", "width", "height", "sha256", "damaged"]
    of = {str(image): vector for image, vector in zip(images, wanted.astype(np.float64))}
    units = np.stack([of[str(images[0].parent / path)] for path in indexed.path])
    units = units / np.sqrt((units**2).sum(axis=1, keepdims=True))
    off = np.abs(np.stack(indexed.embedding) - units).max()
    assert off < 1e-7, off
    print(f"index export, pandas: {len(indexed)} rows, at most {off:.1e} from the array's at length one")
    count = duckdb.execute("select count(*), min(len(embedding)), max(len(embedding)) from read_parquet(?)", [str(rows)])
    assert count.fetchone() == (len(indexed), width, width)

    # And back, as each of them writes vectors.
    texts = pd.DataFrame({"text": ["first", "second"], "embedding": [wanted[1], wanted[0]]})
    texts.to_parquet(folder / "pandas.parquet")
    values = pa.array(wanted[[1, 0]].ravel())
    column = pa.FixedSizeListArray.from_arrays(values, width)
    pq.write_table(pa.table({"text": ["first", "second"], "embedding": column}), folder / "arrow.parquet")
    duckdb.execute(
        f"copy (select text, embedding::float[{width}] as embedding from texts) "
        f"to '{folder / 'duckdb.parquet'}' (format parquet)"
    )
    def cosine(*concept):
        document = json.loads(run(cam, "explain", images[0], *concept, "--json"))
        return document["queries"][0]["questions"][0]["cosine"]
    wanted_cosine = cosine("--concept", images[1])
    for name in ["pandas", "arrow", "duckdb"]:
        for row in ["0", "first"]:
            got = cosine("--vector", f"{folder / name}.parquet:{row}")
            assert got == wanted_cosine, (name, row, got, wanted_cosine)
        print(f"explain by a vector that {name} wrote: the cosine of its image, {got}")


if __name__ == "__main__":
    main(*sys.argv[1:])
