#!/usr/bin/env python3
"""Whole explanations by `cam` beside what others need for them, interleaved in one run.

    cargo build --release -p cam-cli && cargo build --release -p cam-engine --example forward
    python3 explanations.py [--cam target/release/cam] [--forward target/release/examples/forward]
                            [--only SECTION,..] [--rounds N] [--write docs/src/peers.md]
                            [--networks FOLDER] [--like WORD,..] [--images N] [--plot docs/src/images/growth.svg]

Sections: networks, explain, layers, concepts, avx2, batch, cold, methods, folder, memory, growth. Weights are made
up: speed does not depend on them. Every round times all contestants of a section one after the
other, and ratios are taken within the round, for machines are shared and noisy. Nothing else should
run meanwhile. `--write` puts the tables into a page of the book, `--plot` draws how costs grow.

Needs torch, torchvision, grad-cam, onnx, onnxruntime, openvino, numpy, Pillow,
timm, and GNU time.
"""
import argparse, json, os, platform, statistics, subprocess, sys, tempfile, warnings
from datetime import date
from importlib.metadata import version
from pathlib import Path

import folder as folders
import growth
import memory
import methods
import networks
import torch
import torchvision
from contest import child, play, ratio, row, table
from networks import image
from photographs import SHIPPED as PHOTOGRAPHS

warnings.filterwarnings("ignore")
THREADS = 2


# What is timed: functions without arguments that give milliseconds, the median of some runs.

def median_of(runs, once):
    return networks.timed(once, runs)[1]


def ours(arguments, runs, *more):
    command = [arguments.cam, "bench", "explain", "--repeat", str(runs), "--json", *map(str, more)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(printed)["total_ms"]


def forward(arguments, runs, *more):
    command = [arguments.forward, *map(str, more[:1]), *map(str, more[1:3]), str(runs), *map(str, more[3:])]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    median = float(printed.split("median ")[1].split()[0])
    return median, float(printed.split("= ")[1].split()[0])


class Features(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.features = torch.nn.Sequential(*list(model.children())[:-1])

    def forward(self, x):
        return self.features(x)[:, :, 0, 0]


def onnx_session(model, size, threads, folder):
    path = f"{folder}/{type(model).__name__}-{size}.onnx"
    if not Path(path).exists():
        example = torch.randn(1, 3, size, size)
        torch.onnx.export(model.eval(), (example,), path, input_names=["x"], dynamo=False)
    return networks.onnx_session(path, threads), path


def onnx_forward(model, size, threads, runs, folder):
    session, _ = onnx_session(model, size, threads, folder)
    x = image(size)
    return lambda: median_of(runs, lambda: session.run(None, {"x": x}))


def openvino_forward(model, size, threads, runs, folder):
    _, path = onnx_session(model, size, threads, folder)
    infer = networks.openvino_infer(path, size, threads)
    return lambda: median_of(runs, infer)


def frozen_forward(model, size, runs):
    x = torch.from_numpy(image(size))
    with torch.no_grad():
        frozen = torch.jit.freeze(torch.jit.trace(model.eval(), x))
        frozen = torch.jit.optimize_for_inference(frozen)

    def once():
        with torch.no_grad():
            frozen(x)
    return lambda: median_of(runs, once)


class Similarity:
    def __init__(self, concept):
        self.concept = concept

    def __call__(self, output):
        return torch.nn.CosineSimilarity(dim=0)(output, self.concept)


def grad_cam(resnet, layer, size, runs):
    """pytorch-grad-cam as its tutorial on concept activation maps uses it."""
    from pytorch_grad_cam import GradCAM
    model, x = Features(resnet).eval(), torch.from_numpy(image(size))
    with torch.no_grad():
        concept = model(torch.from_numpy(image(size)[:, ::-1].copy()))[0]
    cam = GradCAM(model=model, target_layers=[getattr(resnet, layer)[-1]])
    return lambda: median_of(runs, lambda: cam(input_tensor=x, targets=[Similarity(concept)]))


def grad_cam_of_tokens(size, runs):
    """pytorch-grad-cam on ViT-B/16 as its documentation has it: the last block's first norm, tokens as a grid."""
    import timm
    from pytorch_grad_cam import GradCAM
    model = timm.create_model("vit_base_patch16_224", pretrained=False, num_classes=0).eval()
    x = torch.from_numpy(image(size))
    with torch.no_grad():
        concept = model(torch.from_numpy(image(size)[:, ::-1].copy()))[0]

    def grid(tokens):
        side = size // 16
        return tokens[:, 1:].reshape(len(tokens), side, side, -1).permute(0, 3, 1, 2)
    cam = GradCAM(model=model, target_layers=[model.blocks[-1].norm1], reshape_transform=grid)
    return lambda: median_of(runs, lambda: cam(input_tensor=x, targets=[Similarity(concept)]))


# Sections.

def explain(arguments, folder):
    resnet, tables = torchvision.models.resnet50(weights=None), []
    for size, runs, peer_runs, slower in ((224, 20, 10, 7.0), (512, 10, 4, 7.0)):
        model = Features(resnet).eval()
        contestants = {
            "ONNX Runtime, bare forward": onnx_forward(model, size, THREADS, peer_runs, folder),
            "cam, explanation": lambda: ours(arguments, runs, "--model", "resnet50", "--size", f"{size}x{size}"),
            "OpenVINO, bare forward": openvino_forward(model, size, THREADS, peer_runs, folder),
            "PyTorch frozen, bare forward": frozen_forward(model, size, peer_runs),
            "pytorch-grad-cam, explanation": grad_cam(resnet, "layer4", size, max(2, peer_runs // 2)),
        }
        times = play(arguments.rounds, contestants)
        base = "ONNX Runtime, bare forward"
        goals = {"cam, explanation": 0.75}
        rows = [row(times, name, base, goals.get(name)) for name in contestants]
        against = row(times, "pytorch-grad-cam, explanation", "cam, explanation", slower, True)
        rows.append(["pytorch-grad-cam over cam", ""] + against[2:])
        tables.append(table(f"One concept, ResNet50, layer4, {size}×{size}",
                            "Ratios to ONNX Runtime's forward pass, which explains nothing.", rows))
    return tables + [explain_tokens(arguments, folder)]


def explain_tokens(arguments, folder):
    vit = next(network for network in networks.NETWORKS if network.name == "vit_b_16")
    file, runs = networks.exported(vit, arguments.networks or folder), 5
    session = networks.onnx_runtime(file, vit.size, THREADS)

    def cam(*more):
        return lambda: networks.cam(arguments.cam, file, vit.size, THREADS, runs, None, *more)[1]
    base, usual, theirs = "ONNX Runtime, bare forward", "cam, token contributions", "pytorch-grad-cam, explanation"
    times = play(arguments.rounds, {
        base: lambda: median_of(runs, session),
        usual: cam(),
        "cam, Grad-CAM at the automatic layer": cam("--method", "grad-cam"),
        theirs: grad_cam_of_tokens(vit.size, 3),
    })
    rows = [row(times, name, base, 0.85 if name == usual else None) for name in times]
    rows.append(["pytorch-grad-cam over cam, token contributions", "", *row(times, theirs, usual, 5.0, True)[2:]])
    note = ("Ratios to ONNX Runtime's forward pass, which explains nothing. pytorch-grad-cam runs Grad-CAM at the layer it "
            "recommends, the first norm of the last block; `cam` its default for transformers.")
    return table("One concept, ViT-B/16, 224×224", note, rows)


def layers(arguments, folder):
    resnet = torchvision.models.resnet50(weights=None)
    names = ("layer4", "layer3", "layer2")
    contestants = {f"cam, {name}": (lambda name=name: ours(arguments, 20, "--model", "resnet50", "--layer", name))
                   for name in names}
    contestants |= {f"pytorch-grad-cam, {name}": grad_cam(resnet, name, 224, 4) for name in names}
    times = play(arguments.rounds, contestants)
    goals = {"cam, layer3": 1.6, "cam, layer2": 2.3}
    rows = [row(times, name, name.split(",")[0] + ", layer4", goals.get(name)) for name in contestants]
    return [table("Earlier layers, ResNet50, 224×224", "Ratios to the same program's layer4.", rows)]


def concepts(arguments, folder):
    tables = []
    for size, runs in ((224, 20), (512, 10)):
        times = play(arguments.rounds, {
            f"{count} concepts": (lambda count=count: ours(
                arguments, runs, "--model", "resnet50", "--size", f"{size}x{size}", "--concepts", count))
            for count in (1, 100, 1000)})
        goals = {"100 concepts": 1.1}
        rows = [row(times, name, "1 concepts", goals.get(name)) for name in times]
        tables.append(table(f"Many concepts, ResNet50, layer4, {size}×{size}",
                            "Every concept's map finished at the input's size.", rows))
    return tables


def avx2(arguments, folder):
    """ONNX Runtime cannot be held to AVX2; PyTorch's oneDNN can."""
    program = f"{folder}/avx2.py"
    Path(program).write_text(
        "import sys; sys.path.insert(0, sys.argv[1]); import explanations as e, torchvision, torch\n"
        "torch.set_num_threads(e.THREADS)\n"
        "print(e.frozen_forward(e.Features(torchvision.models.resnet50(weights=None)), 224, 10)())\n")
    held = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}

    def pytorch():
        command = [sys.executable, program, str(Path(__file__).parent)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True, env=held).stdout)
    speeds = []

    def engine(*more):
        milliseconds, gigaflops = forward(arguments, 15, "resnet50", 224, THREADS, *more)
        speeds.append((more, gigaflops))
        return milliseconds
    times = play(arguments.rounds, {
        "PyTorch frozen, AVX2 only": pytorch,
        "cam-engine, AVX2": lambda: engine("avx2"),
        "cam-engine, AVX2, exact": lambda: engine("avx2", "exact"),
    })
    share = statistics.median(speed for more, speed in speeds if "exact" in more)
    rows = [row(times, name, "PyTorch frozen, AVX2 only") for name in times]
    note = ("Bare forward passes. ONNX Runtime cannot be restricted to AVX2, PyTorch's oneDNN can. The exact engine "
            f"runs at {share:.0f} GFLOP/s here.")
    return [table("AVX2, ResNet50, 224×224", note, rows)]


def batch(arguments, folder):
    def per_image(images):
        return forward(arguments, 8, "resnet50", 224, THREADS, f"batch={images}")[0] / images
    times = play(arguments.rounds, {"batch 1": lambda: per_image(1), "batch 8, per image": lambda: per_image(8)})
    rows = [row(times, name, "batch 1", 1.0 if "8" in name else None) for name in times]
    return [table("A batch, ResNet50, 224×224", "Bare forward passes of the engine, per image.", rows)]


COLD = """
import cv2, numpy as np, sys, torch, torchvision
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import preprocess_image, show_cam_on_image
sys.path.insert(0, sys.argv[1])
weights, query, concept, out = sys.argv[2:]
torch.set_num_threads(2)
class Features(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.features = torch.nn.Sequential(*list(model.children())[:-1])
    def forward(self, x):
        return self.features(x)[:, :, 0, 0]
class Similarity:
    def __init__(self, concept):
        self.concept = concept
    def __call__(self, output):
        return torch.nn.CosineSimilarity(dim=0)(output, self.concept)
def load(path):
    scaled = np.float32(cv2.resize(np.array(Image.open(path).convert("RGB")), (224, 224))) / 255
    return scaled, preprocess_image(scaled, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
resnet = torchvision.models.resnet50(weights=None)
resnet.load_state_dict(torch.load(weights))
model = Features(resnet.eval())
with torch.no_grad():
    reference = model(load(concept)[1])[0]
scaled, tensor = load(query)
with GradCAM(model=model, target_layers=[resnet.layer4[-1]]) as cam:
    mask = cam(input_tensor=tensor, targets=[Similarity(reference)])[0]
Image.fromarray(show_cam_on_image(scaled, mask, use_rgb=True)).save(out)
"""


def cold(arguments, folder):
    cache = f"{folder}/cache/weights"
    os.makedirs(cache, exist_ok=True)
    weights, fetched = f"{folder}/resnet50.pth", f"{cache}/resnet50.pth"
    torch.save(torchvision.models.resnet50(weights=None).state_dict(), weights)
    Path(fetched).write_bytes(Path(weights).read_bytes())
    Path(f"{folder}/cold.py").write_text(COLD)
    query, concept = str(PHOTOGRAPHS / "cat.png"), str(PHOTOGRAPHS / "coffee.png")
    environment = os.environ | {"CAM_CACHE_DIR": f"{folder}/cache"}
    memory = {}

    def timed(name, command):
        milliseconds, peak = child(command, environment)
        memory.setdefault(name, []).append(peak)
        return milliseconds

    def cam(file):
        return [arguments.cam, "explain", query, "--concept", concept, "--weights", file, "--overlay", f"{folder}/cam.png"]
    python = [sys.executable, f"{folder}/cold.py", folder, weights, query, concept, f"{folder}/python.png"]
    contestants = {
        "pytorch-grad-cam": lambda: timed("pytorch-grad-cam", python),
        "cam, your own .pth": lambda: timed("cam, your own .pth", cam(weights)),
        "cam, fetched weights": lambda: timed("cam, fetched weights", cam(fetched)),
    }
    for contestant in contestants.values():
        contestant()
    memory.clear()
    times = play(arguments.rounds, contestants)
    rows = []
    for name in contestants:
        peak = statistics.median(memory[name])
        faster, low, high = ratio(times, "pytorch-grad-cam", name)
        share = peak / statistics.median(memory["pytorch-grad-cam"])
        is_ours = name.startswith("cam")
        rows.append([name, f"{statistics.median(times[name]):.0f} ms", f"{faster:.1f} ({low:.1f} to {high:.1f})",
                     f"{peak:.0f} MiB", f"{share:.2f}", "≥ 15, ≤ 0.2" if is_ours else "",
                     ("yes" if faster >= 15 and share <= 0.2 else "no") if is_ours else ""])
    return [table("A cold process, ResNet50, one photograph, one concept, 224×224",
                  "Start, load a weight file of 98 MB that is in the file cache, write one overlay.",
                  rows, ("", "wall", "times faster", "peak memory", "share", "goal", "reached"))]


def selected(arguments, folder):
    """Where exported networks are kept, and words of their titles."""
    return arguments.networks or folder, [word for word in (arguments.like or "").split(",") if word]


def networks_of_every_kind(arguments, folder):
    kept, only = selected(arguments, folder)
    return networks.tables(arguments.cam, kept, arguments.rounds, only, table)


def methods_beside_the_forward(arguments, folder):
    kept, only = selected(arguments, folder)
    return methods.tables(arguments.cam, kept, arguments.rounds, THREADS, only, table)


def folder_of_images(arguments, folder):
    kept, only = selected(arguments, folder)
    return folders.tables(arguments.cam, kept, folder, arguments.rounds, arguments.images, THREADS, only, table)


def memory_and_cold_processes(arguments, folder):
    kept, only = selected(arguments, folder)
    return memory.tables(arguments.cam, kept, folder, arguments.rounds, THREADS, only, table)


def growing(arguments, folder):
    return growth.tables(arguments.cam, arguments.networks or folder, arguments.rounds, THREADS, arguments.plot, table)


SECTIONS = {"networks": networks_of_every_kind, "explain": explain, "layers": layers, "concepts": concepts, "avx2": avx2,
            "batch": batch, "cold": cold, "methods": methods_beside_the_forward, "folder": folder_of_images,
            "memory": memory_and_cold_processes, "growth": growing}


def machine(arguments):
    described = json.loads(subprocess.run([arguments.cam, "bench", "explain", "--repeat", "1", "--json"],
                                          check=True, capture_output=True, text=True).stdout)
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor())
    packages = ["torch", "torchvision", "grad-cam", "onnxruntime", "openvino", "numpy", "Pillow"]
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return (f"{date.today()}, {cpu} ({platform.machine()}, {platform.system()}), "
            f"{os.cpu_count()} processors, {THREADS} threads, {described['instructions']}; "
            f"Python {platform.python_version()}, {versions}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cam", default="target/release/cam")
    parser.add_argument("--forward", default="target/release/examples/forward")
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--plot", help="an .svg of how costs grow")
    parser.add_argument("--networks", help="where the exported networks are kept")
    parser.add_argument("--like", help="of these networks those whose titles hold one of the words")
    parser.add_argument("--write")
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only.split(","):
            print(name, file=sys.stderr)
            for text in SECTIONS[name](arguments, folder):
                print(text)
                tables.append(text)
    page = "\n".join(["# Compared with others", "", "Made by `benches/peers/explanations.py`, all contestants of a table in turns. Medians, and the "
                      f"median, smallest and largest ratio of the rounds ({arguments.rounds} rounds).", "", machine(arguments), "", *tables])
    if arguments.write:
        Path(arguments.write).write_text(page)


if __name__ == "__main__":
    main()
