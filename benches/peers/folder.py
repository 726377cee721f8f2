"""A folder of photographs: `cam embed` and `cam batch` beside ONNX Runtime, Pillow and numpy.

Python is loaded already and has a thread for each core, each with a session of one thread, which is its fastest way here;
of `cam` the whole process counts, its start and the loading of the weights included.
"""
import shutil, statistics, subprocess, time
from concurrent.futures import ThreadPoolExecutor

import networks
from contest import child, judged, play, ratio
from photographs import SHIPPED, photographs, prepared

NETWORKS = ("ResNet50, 224×224", "EfficientNet-Lite0, 224×224", "ViT-B/16, 224×224")
BASE = "ONNX Runtime + Pillow + numpy"
GOAL = 1.3


def python(paths, sessions, size):
    """Milliseconds of each image."""
    def embed(part, session):
        name = session.get_inputs()[0].name
        for path in part:
            session.run(None, {name: prepared(path, size)})

    start, count = time.perf_counter(), len(sessions)
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(embed, [paths[i::count] for i in range(count)], sessions))
    return (time.perf_counter() - start) * 1e3 / len(paths)


def contestants(program, network, file, paths, images, folder, threads):
    sessions = [networks.onnx_session(file, 1) for _ in range(threads)]
    model = ["--weights", file, "--preprocess", "imagenet", "--threads", threads, "--quiet"]
    concepts = f"{folder}/{network.name}.safetensors"
    for name in ("coffee", "rocket"):
        add = [program, "concept", "add", concepts, name, SHIPPED / f"{name}.png", *model]
        subprocess.run([str(word) for word in add], check=True, stdout=subprocess.DEVNULL)

    def embed():
        return child([program, "embed", images, *model, "--out", f"{folder}/e.npy"])[0] / len(paths)

    def batch():
        shutil.rmtree(f"{folder}/results", ignore_errors=True)
        return child([program, "batch", images, *model, "--concepts", concepts, "--out", f"{folder}/results"])[0] / len(paths)
    return {BASE: lambda: python(paths, sessions, network.size), "cam embed": embed, "cam batch, two concepts": batch}


def tables(program, exported, folder, rounds, count, threads, only, write_table):
    images = f"{folder}/images"
    paths, rows = photographs(images, count), []
    for network in networks.NETWORKS:
        if network.title not in NETWORKS or only and not any(word in network.title for word in only):
            continue
        file = networks.exported(network, exported)
        times = play(rounds, contestants(program, network, file, paths, images, folder, threads))
        for name in times:
            faster, low, high = ratio(times, BASE, name)
            goal = None if name == BASE else GOAL
            rows.append([network.title, name, f"{1e3 / statistics.median(times[name]):.1f} images/s",
                         f"{faster:.2f} ({low:.2f} to {high:.2f})", *judged(faster, goal, True)])
    note = (f"With {threads} threads. Python is loaded already and has one session of one thread per core, each with its own "
            "decoding; of `cam` the whole process counts, its start and the loading of the weights included. `cam batch` "
            "explains, the others embed.")
    yield write_table(f"A folder of {count} JPEGs of 800×600", note, rows, ("", "", "speed", "times faster", "goal", "reached"))
