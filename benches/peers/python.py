#!/usr/bin/env python3
"""Times the Python package beside pytorch-grad-cam, torch-cam and captum: from the call to the array, in one process.

    pip install cam_explain-*.whl torch torchvision timm onnx grad-cam torchcam captum
    python3 benches/peers/python.py --rounds 5

All have the same weights, made at random, and the same input, prepared already; all explain the logit of a class by
Grad-CAM, on as many threads. A round runs all of them, each several times; the least of a round counts, and of the rounds the
median. Also: how long an import takes, and how much is installed.
"""
import argparse, importlib.metadata, os, re, statistics, subprocess, sys, time, warnings

import numpy as np

warnings.filterwarnings("ignore")

CLASS = 281


def networks():
    import timm, torch, torchvision
    torch.manual_seed(0)
    vit = timm.create_model("vit_base_patch16_224", pretrained=False, num_classes=1000).eval()
    # Their last norm's tokens as a grid, which pytorch-grad-cam recommends.
    return {
        "ResNet50, 224×224": (torchvision.models.resnet50(weights=None).eval(), lambda m: m.layer4[-1], None),
        "ViT-B/16, 224×224": (vit, lambda m: m.blocks[-1].norm1,
                              lambda t: t[:, 1:].reshape(len(t), 14, 14, -1).permute(0, 3, 1, 2)),
    }


def contestants(module, layer, grid, x):
    import cam_explain, torch
    from captum.attr import LayerGradCam
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    network = cam_explain.from_torch(module, x, threads=torch.get_num_threads())
    array, layer = x.numpy(), layer(module)
    # The module's output is the file's embedding: the logit of a class is a direction of it.
    logit = np.eye(1, network.width, CLASS, dtype=np.float32)
    made = {"cam_explain": lambda: network.explain(array, vectors=logit, score="dot", method="grad-cam").maps}
    theirs = GradCAM(model=module, target_layers=[layer], reshape_transform=grid)
    made["pytorch-grad-cam"] = lambda: theirs(input_tensor=x, targets=[ClassifierOutputTarget(CLASS)])
    if grid is None:
        captum = LayerGradCam(module, layer)
        made["captum, LayerGradCam"] = lambda: captum.attribute(x, target=CLASS).detach().numpy()

        def torchcam():
            # Its hooks are put on and taken off for every use, as its documentation does.
            from torchcam.methods import GradCAM as TorchCam
            with TorchCam(module, target_layer=layer) as extractor:
                return extractor(CLASS, module(x))[0].numpy()
        made["torch-cam"] = torchcam
    return made


def least(once, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        once()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def speed(rounds, runs):
    import torch
    torch.manual_seed(1)
    x = torch.randn(1, 3, 224, 224)
    for title, (module, layer, grid) in networks().items():
        made = contestants(module, layer, grid, x)
        times = {name: [] for name in made}
        for once in made.values():
            once()
        for number in range(rounds):
            print(f"\r{title}: round {number + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
            for name, once in made.items():
                times[name].append(least(once, runs))
        ours = times["cam_explain"]
        print(file=sys.stderr)
        print(f"\n| {title} | median of the least | times ours |\n|---|---|---|")
        for name, of in times.items():
            ratios = [theirs / own for theirs, own in zip(of, ours)]
            print(f"| {name} | {statistics.median(of):.1f} ms | {statistics.median(ratios):.2f} "
                  f"({min(ratios):.2f} to {max(ratios):.2f}) |")


def installed(package, seen):
    """Bytes of a distribution and of what it requires."""
    name = re.split(r"[^\w.-]", package)[0].lower().replace("_", "-")
    if name in seen:
        return 0
    seen.add(name)
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return 0
    files = (distribution.locate_file(file) for file in distribution.files or [])
    size = sum(os.path.getsize(file) for file in files if os.path.isfile(file))
    required = (r for r in distribution.requires or [] if "extra ==" not in r)
    return size + sum(installed(r, seen) for r in required)


def imports(rounds):
    def started(program):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
        return time.perf_counter() - start
    packages = {"cam_explain": "cam-explain", "pytorch_grad_cam": "grad-cam", "torchcam.methods": "torchcam", "captum.attr": "captum"}
    times = {module: [] for module in packages}
    for _ in range(rounds):
        bare = started("pass")
        for module in packages:
            times[module].append(started(f"import {module}") - bare)
    print("\n| import | seconds | installed with what it requires |\n|---|---|---|")
    for module, package in packages.items():
        size = installed(package, set()) / 2**20
        print(f"| {module} | {statistics.median(times[module]):.3f} | {size:.0f} MiB |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5, help="calls of each in a round")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    imports(arguments.rounds)
    import torch
    torch.set_num_threads(arguments.threads)
    speed(arguments.rounds, arguments.runs)


if __name__ == "__main__":
    main()
