"""Networks of every kind: a whole explanation by `cam` beside ONNX Runtime's bare forward pass of the same file.

Files are exported once into a folder. Weights are made up: speed does not depend on them. Where the machine has AVX-512,
the same is repeated with AVX2 alone, beside OpenVINO, whose oneDNN can be held to it; ONNX Runtime cannot.

    python3 networks.py FILE SIZE THREADS RUNS     # OpenVINO's forward pass: least and median, in ms
"""
import json, os, statistics, subprocess, sys, time
from pathlib import Path

import numpy as np


class Network:
    """A network, the size of its images, and the goals for 1 and 2 threads."""
    def __init__(self, title, name, build, size, one, two):
        self.title, self.name, self.build, self.size, self.goals = title, name, build, size, {1: one, 2: two}


def torchvision_network(name, head):
    def build(_):
        import torch, torchvision
        model = getattr(torchvision.models, name)(weights=None)
        *path, last = head.split(".")
        parent = model
        for part in path:
            parent = getattr(parent, part)
        setattr(parent, last, torch.nn.Identity())
        return model
    return build


def timm_network(name, **options):
    def build(size):
        import timm
        return timm.create_model(name, pretrained=False, num_classes=0, **(dict(img_size=size, **options) if options else {}))
    return build


def clip(_):
    import timm
    return timm.create_model("vit_base_patch32_clip_224", pretrained=False, num_classes=512)


def mobilefacenet(_):
    """Chen et al. 2018, as face recognition uses it: 112×112 to 512 numbers."""
    from torch import nn

    def convolution(inputs, outputs, kernel, stride=1, groups=1, linear=False):
        layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if kernel < 7 else 0, groups=groups, bias=False),
                  nn.BatchNorm2d(outputs)]
        return nn.Sequential(*layers, *([] if linear else [nn.PReLU(outputs)]))

    class Bottleneck(nn.Module):
        def __init__(self, inputs, outputs, stride, expansion):
            super().__init__()
            inner, self.adds = inputs * expansion, stride == 1 and inputs == outputs
            self.body = nn.Sequential(convolution(inputs, inner, 1), convolution(inner, inner, 3, stride, inner),
                                      convolution(inner, outputs, 1, linear=True))

        def forward(self, x):
            return x + self.body(x) if self.adds else self.body(x)

    layers, width = [convolution(3, 64, 3, 2), convolution(64, 64, 3, groups=64)], 64
    for expansion, outputs, count, stride in ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)):
        for i in range(count):
            layers.append(Bottleneck(width, outputs, stride if i == 0 else 1, expansion))
            width = outputs
    layers += [convolution(128, 512, 1), convolution(512, 512, 7, groups=512, linear=True),
               convolution(512, 512, 1, linear=True), nn.Flatten()]
    return nn.Sequential(*layers)


NETWORKS = [
    Network("ResNet50, 224×224", "resnet50", torchvision_network("resnet50", "fc"), 224, 0.75, 0.75),
    Network("ResNet50, 512×512", "resnet50", torchvision_network("resnet50", "fc"), 512, 0.75, 0.75),
    Network("EfficientNet-Lite0, 224×224", "tf_efficientnet_lite0", timm_network("tf_efficientnet_lite0"), 224, 0.9, 0.9),
    Network("MobileNetV3-L, 224×224", "mobilenet_v3_large", torchvision_network("mobilenet_v3_large", "classifier"), 224, 0.9, 0.9),
    Network("EfficientNet-B0, 224×224", "efficientnet_b0", torchvision_network("efficientnet_b0", "classifier"), 224, 0.9, 0.9),
    Network("ConvNeXt-T, 224×224", "convnext_tiny", torchvision_network("convnext_tiny", "classifier.2"), 224, 0.75, 0.8),
    Network("ViT-B/16, 224×224", "vit_b_16", torchvision_network("vit_b_16", "heads.head"), 224, 0.85, 0.85),
    Network("CLIP ViT-B/32, 224×224", "clip_vit_b_32", clip, 224, 0.85, 0.85),
    Network("DINOv2-S/14, 224×224", "dinov2_s", timm_network("vit_small_patch14_dinov2", dynamic_img_size=False), 224, 0.85, 0.85),
    Network("DINOv2-S/14, 518×518", "dinov2_s", timm_network("vit_small_patch14_dinov2", dynamic_img_size=False), 518, 0.7, 0.7),
    Network("MobileFaceNet, 112×112", "mobilefacenet", mobilefacenet, 112, 0.9, 0.9),
    Network("DenseNet121, 224×224", "densenet121", torchvision_network("densenet121", "classifier"), 224, 0.9, 0.9),
]


def exported(network, folder, options=None):
    path = Path(folder) / f"{network.name}-{network.size}.onnx"
    if not path.exists():
        import torch
        torch.manual_seed(0)
        model = network.build(network.size).eval()
        example = torch.randn(1, 3, network.size, network.size)
        torch.onnx.export(model, (example,), f"{path}.part", input_names=["x"], opset_version=17, dynamo=False, **(options or {}))
        os.rename(f"{path}.part", path)
    return path


def image(size, count=1):
    return np.random.default_rng(0).standard_normal((count, 3, size, size), dtype=np.float32)


# What is timed: least and median of some runs, in milliseconds.

def timed(once, runs):
    once()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        once()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times), statistics.median(times)


def onnx_session(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def onnx_runtime(path, size, threads, images=1):
    session = onnx_session(path, threads)
    name, x = session.get_inputs()[0].name, image(size, images)
    return lambda: session.run(None, {name: x})


def openvino_infer(path, size, threads):
    import openvino
    hints = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(str(path), "CPU", hints).create_infer_request()
    x = image(size)
    return lambda: request.infer({0: x})


def held_openvino(path, size, threads, runs):
    """OpenVINO in a process of its own, with AVX2 alone."""
    held = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2"}
    command = [sys.executable, __file__, str(path), str(size), str(threads), str(runs)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=held).stdout
    least, median = printed.split()
    return float(least), float(median)


def bench(program, path, size, threads, runs, *more, instructions=None):
    """What `cam bench explain` measures of a file."""
    command = [program, "bench", "explain", "--weights", str(path), "--size", f"{size}x{size}", "--threads", str(threads),
               "--repeat", str(runs), "--json", *more]
    environment = os.environ | ({"CAM_INSTRUCTIONS": instructions} if instructions else {})
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def cam(program, path, size, threads, runs, instructions=None, *more):
    printed = bench(program, path, size, threads, runs, *more, instructions=instructions)
    return printed["total_min_ms"], printed["total_ms"]


def compare(program, path, network, threads, rounds, instructions):
    """Of every round the least and the median of both."""
    theirs = onnx_runtime(path, network.size, threads) if instructions is None else None
    if theirs:
        least, _ = timed(theirs, 2)
    else:
        least, _ = cam(program, path, network.size, threads, 2, instructions)
    runs = int(min(60, max(4, 1500 / least)))
    found = []
    for _ in range(rounds):
        if theirs:
            base = timed(theirs, runs)
        else:
            base = held_openvino(path, network.size, threads, runs)
        found.append((cam(program, path, network.size, threads, runs, instructions), base))
    return found


def tables(program, folder, rounds, only=(), write_table=None):
    has_avx512 = "avx512f" in Path("/proc/cpuinfo").read_text()
    for instructions in [None, "avx2"] if has_avx512 else [None]:
        rows = []
        for network in NETWORKS:
            if only and not any(word in network.title for word in only):
                continue
            path = exported(network, folder)
            for threads, goal in network.goals.items():
                found = compare(program, path, network, threads, rounds, instructions)
                ratios = [ours[0] / base[0] for ours, base in found]
                of_medians = statistics.median(ours[1] for ours, _ in found) / statistics.median(base[1] for _, base in found)
                least = statistics.median(ratios)
                is_reached = least <= goal and of_medians <= goal
                rows.append([network.title, str(threads), f"{min(base[0] for _, base in found):.1f} ms",
                             f"{min(ours[0] for ours, _ in found):.1f} ms", f"{least:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                             f"{of_medians:.2f}", f"≤ {goal:g}", "yes" if is_reached else "no"])
                print(" ".join(rows[-1]), file=sys.stderr, flush=True)
        base = "ONNX Runtime" if instructions is None else "OpenVINO, AVX2"
        title = "Networks of every kind" + ("" if instructions is None else ", AVX2 alone")
        note = (f"A whole explanation of one concept at the automatic layer beside {base}'s bare forward pass of the same file. "
                "The ratio is that of the least times of each round; the other that of the medians of all runs. Both count.")
        head = ("", "threads", f"{base}, least", "cam, least", "ratio", "of medians", "goal", "reached")
        yield write_table(title, note, rows, head)


if __name__ == "__main__":
    path, size, threads, runs = sys.argv[1:]
    print(*timed(openvino_infer(path, int(size), int(threads)), int(runs)))
