"""Peak memory and whole cold processes, `cam explain` beside ONNX Runtime's bare forward pass in Python.

    python3 memory.py FILE SIZE THREADS IMAGE     # ONNX Runtime's process

Packed weights lie beside files in the cache: a copy of the network is put there, and the first run packs it.
"""
import os, shutil, statistics, sys
from pathlib import Path

import networks
from contest import child, judged, play
from photographs import SHIPPED, prepared

NETWORKS = ("ViT-B/16, 224×224", "DINOv2-S/14, 518×518")
BASE = "ONNX Runtime, bare forward"
SHARE, SECONDS = 0.5, {"ViT-B/16, 224×224": 0.4}


def contestants(program, network, file, folder, threads, peaks):
    environment = os.environ | {"CAM_CACHE_DIR": f"{folder}/cache"}
    cached = Path(f"{folder}/cache/weights/{Path(file).name}")
    os.makedirs(cached.parent, exist_ok=True)
    shutil.copy(file, cached)

    def watched(name, command):
        milliseconds, peak = child(command, environment)
        peaks.setdefault(name, []).append(peak)
        return milliseconds

    def cam(weights):
        return [program, "explain", SHIPPED / "cat.png", "--concept", SHIPPED / "coffee.png", "--weights", weights,
                "--preprocess", "imagenet", "--threads", threads, "--quiet",
                "--overlay", f"{folder}/cam.png"]
    python = [sys.executable, __file__, file, network.size, threads, SHIPPED / "cat.png"]
    return {
        BASE: lambda: watched(BASE, python),
        "cam, your own file": lambda: watched("cam, your own file", cam(file)),
        "cam, packed weights": lambda: watched("cam, packed weights", cam(cached)),
    }


def tables(program, exported, folder, rounds, threads, only, write_table):
    rows = []
    for network in networks.NETWORKS:
        if network.title not in NETWORKS or only and not any(word in network.title for word in only):
            continue
        peaks = {}
        runs = contestants(program, network, networks.exported(network, exported), folder, threads, peaks)
        # Files come into the file cache, and weights are packed.
        play(1, runs)
        peaks.clear()
        times = play(rounds, runs)
        for name in times:
            seconds, peak = statistics.median(times[name]) / 1e3, statistics.median(peaks[name])
            share = peak / statistics.median(peaks[BASE])
            slowest = SECONDS.get(network.title) if "packed" in name else None
            memory = judged(share, None if name == BASE else SHARE)
            rows.append([network.title, name, f"{seconds:.2f} s", *judged(seconds, slowest), f"{peak:.0f} MiB", f"{share:.2f}", *memory])
    note = (f"From start to end, with {threads} threads; files are in the file cache. ONNX Runtime's process decodes one photograph and "
            "runs the network once; `cam` embeds two photographs, explains one and writes an overlay. Wall time is the median of "
            "the rounds, memory the peak that is resident.")
    head = ("", "", "wall", "goal, s", "reached", "peak", "share", "goal", "reached")
    yield write_table("Cold processes and memory, transformers", note, rows, head)


if __name__ == "__main__":
    path, size, threads, photograph = sys.argv[1:]
    session = networks.onnx_session(path, int(threads))
    session.run(None, {session.get_inputs()[0].name: prepared(photograph, int(size))})
