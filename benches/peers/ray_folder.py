#!/usr/bin/env python3
"""Times a folder of photographs: `cam batch` on all processors, and as many actors of Ray with one each.

    pip install cam_explain-*.whl "ray[data]" pyarrow pillow numpy
    python3 benches/peers/ray_folder.py --cam target/release/cam --weights resnet50.onnx --images 1000 --rounds 3

Both explain one concept and write tables. Of `cam` the whole process counts; of Ray the time from the first task to the last,
its actors' start and the loading of the network included, the start of Ray itself not.
"""
import argparse, os, shutil, statistics, subprocess, tempfile, time
from pathlib import Path

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}

PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "crates/cam-explain/photographs"


def photographs(folder, count):
    """JPEGs of 800×600."""
    import numpy as np
    from PIL import Image
    originals = [Image.open(path).convert("RGB") for path in sorted(PHOTOGRAPHS.glob("*.png"))]
    draw = np.random.default_rng(0).integers
    made = []
    for number in range(min(count, 100)):
        image = originals[number % len(originals)]
        width, height = image.size
        box = tuple(int(draw(side // 4)) for side in (width, height)) + (width, height)
        made.append(folder / f"{number:06}.jpg")
        image.crop(box).resize((800, 600)).save(made[-1], quality=90)
    for number in range(len(made), count):
        os.link(made[number % len(made)], folder / f"{number:06}.jpg")


def batch(arguments, images, concepts, out):
    start = time.perf_counter()
    command = [arguments.cam, "batch", images, "--weights", arguments.weights, "--concepts", concepts, "--out", out,
               "--parquet", "--as", "centroid", "--method", "grad-cam", "--threads", arguments.processors]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return time.perf_counter() - start


def actors(arguments, images, out):
    import ray
    from cam_explain.ray import Explain
    asked = {"model": str(arguments.weights), "concepts": {"cat": str(PHOTOGRAPHS / "cat.png")}, "method": "grad-cam"}
    start = time.perf_counter()
    ray.data.read_binary_files(str(images), include_paths=True, num_cpus=0.1).map_batches(
        Explain, fn_constructor_kwargs=asked, batch_size=16, num_cpus=0.9,
        compute=ray.data.ActorPoolStrategy(size=arguments.processors),
    ).write_parquet(str(out), ray_remote_args={"num_cpus": 0.1})
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cam", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processors", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    arguments.weights = Path(arguments.weights).resolve()
    import ray
    ray.init(num_cpus=arguments.processors, include_dashboard=False, object_store_memory=200 << 20, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    times = {"cam batch": [], "Ray": []}
    with tempfile.TemporaryDirectory() as folder:
        images, concepts = Path(folder) / "images", Path(folder) / "things.safetensors"
        images.mkdir()
        photographs(images, arguments.images)
        add = [arguments.cam, "concept", "add", concepts, "cat", PHOTOGRAPHS / "cat.png", "--weights", arguments.weights]
        subprocess.run(list(map(str, add)), check=True, capture_output=True)
        for number in range(arguments.rounds):
            for name, once in (("cam batch", lambda out: batch(arguments, images, concepts, out)),
                               ("Ray", lambda out: actors(arguments, images, out))):
                out = Path(folder) / f"out-{number}-{name.split()[0]}"
                times[name].append(arguments.images / once(out))
                shutil.rmtree(out)
    ratios = [ours / whole for ours, whole in zip(times["Ray"], times["cam batch"])]
    print("| | images/s | of cam batch |\n|---|---|---|")
    print(f"| cam batch, {arguments.processors} threads | {statistics.median(times['cam batch']):.1f} | 1.00 |")
    print(f"| Ray, {arguments.processors} actors of one thread | {statistics.median(times['Ray']):.1f} | "
          f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |")


if __name__ == "__main__":
    main()
