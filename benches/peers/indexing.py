"""`cam index` beside the same pipeline in Python (Pillow, ONNX Runtime, numpy), in one run.

    python3 benches/peers/indexing.py --cam target/release/cam [--images 500] [--rounds 3]

Both read JPEGs of 800x600, bring them to 224x224, run ResNet50 with random weights with both cores
busy, and keep embeddings (f32) and the last feature maps (f16). Python gets a thread per core, each
with a session of one thread, which is its fastest way here. Needs torch, torchvision, onnx,
onnxruntime, numpy, Pillow; prints a Markdown table.
"""

import argparse, os, shutil, statistics, subprocess, tempfile, time
from concurrent.futures import ThreadPoolExecutor

import numpy
import torch
import torchvision
from networks import onnx_session
from photographs import photographs, prepared

THREADS = os.cpu_count()


class Features(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.trunk = torch.nn.Sequential(*list(network.children())[:-2])

    def forward(self, x):
        maps = self.trunk(x)
        return maps, maps.mean((2, 3))


def python(paths, onnx, out):
    sessions = [onnx_session(onnx, 1) for _ in range(THREADS)]
    embeddings = numpy.lib.format.open_memmap(f"{out}/e.npy", "w+", numpy.float32, (len(paths), 2048))
    maps = numpy.lib.format.open_memmap(f"{out}/m.npy", "w+", numpy.float16, (len(paths), 2048, 7, 7))

    def run(part):
        for i in range(part, len(paths), THREADS):
            a, e = sessions[part].run(None, {"x": prepared(paths[i], 224)})
            embeddings[i], maps[i] = e[0], a[0]

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    embeddings.flush()
    maps.flush()
    return time.perf_counter() - start


def cam(program, folder, weights, out):
    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    subprocess.run([program, "index", folder, "--index", out, "--weights", weights, "-q"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cam", default="target/release/cam")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = photographs(f"{folder}/images", arguments.images)
        torch.manual_seed(0)
        network = torchvision.models.resnet50().eval()
        torch.save(network.state_dict(), f"{folder}/resnet50.pth")
        onnx = f"{folder}/resnet50.onnx"
        torch.onnx.export(Features(network), (torch.zeros(1, 3, 224, 224),), onnx, input_names=["x"], dynamo=False)
        times = {"cam index, whole process": [], "Pillow + ONNX Runtime + numpy, loaded": []}
        for _ in range(arguments.rounds):
            for name, once in zip(times, [
                lambda: cam(arguments.cam, f"{folder}/images", f"{folder}/resnet50.pth", f"{folder}/index"),
                lambda: python(paths, onnx, folder),
            ]):
                times[name].append(once())
        size = sum(os.path.getsize(f"{folder}/index/{name}") for name in os.listdir(f"{folder}/index"))
        base = statistics.median(times["Pillow + ONNX Runtime + numpy, loaded"])
        print(f"| {len(paths)} JPEGs, {THREADS} cores, {arguments.rounds} rounds | images/s | ratio |\n|---|---:|---:|")
        for name, seconds in times.items():
            median = statistics.median(seconds)
            print(f"| {name} | {len(paths) / median:.1f} | {base / median:.2f} |")
        print(f"\n{size / len(paths):.0f} bytes per image in the index.")


if __name__ == "__main__":
    main()
