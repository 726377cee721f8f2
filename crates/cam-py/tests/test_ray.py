"""Ray Data gives what one process gives, also where an actor is killed."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

ray = pytest.importorskip("ray", reason="Ray is not installed")
pq = pytest.importorskip("pyarrow.parquet")

import cam_explain
from cam_explain.ray import Embed, Explain

IMAGES = 2000


@pytest.fixture(scope="module")
def cluster():
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=200 << 20, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def many(folder, tmp_path_factory):
    """Two thousand files, and one that is no image."""
    many = tmp_path_factory.mktemp("many")
    originals = sorted(folder.glob("*.jpg"))
    for number in range(IMAGES):
        os.link(originals[number % len(originals)], many / f"{number:04}.jpg")
    (many / "none.jpg").write_bytes(b"no image")
    return many


def images(folder):
    # Reading takes a part of a processor, lest actors take all and nothing is read.
    return ray.data.read_binary_files(str(folder), include_paths=True, num_cpus=0.2)


def rows(folder):
    return {os.path.basename(row["path"]): row for row in pq.read_table(folder).to_pylist()}


def workers():
    """The processes of this cluster that run a class, by their titles."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            title = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::MapWorker"):
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_the_result_is_whole_and_equal_where_an_actor_is_killed(cluster, many, folder, network, coffee, tmp_path):
    explained = images(many).map_batches(
        Explain,
        fn_constructor_kwargs={"concepts": {"cup": str(coffee)}},
        batch_size=32,
        num_cpus=0.8,
        compute=ray.data.ActorPoolStrategy(size=2),
    )
    killed = []

    def kill():
        """One of the actors, once both are at work."""
        for _ in range(1200):
            at_work = workers()
            if len(at_work) == 2:
                time.sleep(1)
                os.kill(at_work[0], signal.SIGKILL)
                killed.append(at_work[0])
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    explained.write_parquet(str(tmp_path))
    killer.join()
    assert killed, "no actor was found"
    found = rows(tmp_path)
    assert len(found) == IMAGES + 1
    bad = found.pop("none.jpg")
    assert "not a known picture format" in bad["error"] and bad["map"] is None
    originals = sorted(folder.glob("*.jpg"))
    one = network.explain(originals, {"cup": coffee})
    for number in range(IMAGES):
        row, place = found[f"{number:04}.jpg"], number % len(originals)
        assert row["error"] is None
        assert np.array_equal(np.float32(row["embedding"]), one.embeddings[place])
        assert np.array_equal(np.float32(row["scores"]), one.scores[place])
        assert np.array_equal(np.float32(row["map"]).reshape(row["map_shape"]), one.raw[place])


def test_embeddings_are_those_of_one_process(cluster, folder, network, tmp_path):
    embedded = images(folder).map_batches(
        Embed, batch_size=8, num_cpus=0.8, compute=ray.data.ActorPoolStrategy(size=1)
    )
    embedded.write_parquet(str(tmp_path))
    found = rows(tmp_path)
    expected = network.embed(sorted(folder.glob("*.jpg")))
    given = np.float32([found[name]["embedding"] for name in sorted(found)])
    assert np.array_equal(given, expected)


def test_workers_of_one_processor_share_the_work(cluster, folder, network, coffee):
    """Three workers that hold nothing in common, as machines would."""

    @ray.remote(num_cpus=0.6)
    class Worker:
        def __init__(self):
            self.explain = Explain(concepts={"cup": str(coffee)})

        def threads(self):
            return self.explain.columns.network.threads

        def run(self, part):
            return self.explain({"bytes": [path.read_bytes() for path in part]})

    originals = sorted(folder.glob("*.jpg"))
    workers = [Worker.remote() for _ in range(3)]
    assert ray.get([worker.threads.remote() for worker in workers]) == [1, 1, 1]
    parts = [originals[number::3] for number in range(3)]
    tables = ray.get([worker.run.remote(part) for worker, part in zip(workers, parts)])
    for part, table in zip(parts, tables):
        expected = network.explain(part, {"cup": coffee}).raw
        given = np.float32(table.column("map").to_pylist()).reshape(expected.shape)
        assert np.array_equal(given, expected)


def test_batches_that_cannot_be_written_to_are_read(network, cat):
    batch = {"bytes": np.array([cat.read_bytes()] * 2, dtype=object)}
    batch["bytes"].setflags(write=False)
    table = Explain(cam_explain.load(threads=1))(batch)
    assert table.num_rows == 2 and table.column("path").null_count == 2
    assert Embed(network)({"bytes": []}).num_rows == 0
