#!/usr/bin/env python3
"""A network's forward pass by ONNX Runtime and by cam-engine, interleaved in one run.

    cargo build --release -p cam-engine --example forward
    python3 onnxruntime_forward.py target/release/examples/forward resnet50 224 [THREADS [ROUNDS]]

Networks: resnet50 (torchvision), lite0 (efficientnet_lite_pytorch), both with made-up weights: speed
does not depend on them. Each round times all three and takes ratios within the round, for machines
are shared and noisy. Needs torch, torchvision, onnx, onnxruntime, numpy, efficientnet_lite_pytorch.
"""
import statistics, subprocess, sys, tempfile, time

import numpy as np
import onnxruntime
import torch

RUNS = {224: 20, 512: 8}


def export(network, size, path):
    if network == "resnet50":
        import torchvision
        model = torchvision.models.resnet50(weights=None)
        model.fc = torch.nn.Identity()
    else:
        from efficientnet_lite_pytorch import EfficientNet
        whole = EfficientNet.from_name("efficientnet-lite0")

        class Features(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.whole = whole

            def forward(self, x):
                return self.whole.extract_features(x).mean((2, 3))

        model = Features()
    example = torch.randn(1, 3, size, size)
    torch.onnx.export(model.eval(), (example,), path, input_names=["x"], dynamo=False)


def theirs(session, x, runs):
    session.run(None, {"x": x})
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        session.run(None, {"x": x})
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def ours(program, network, size, threads, runs, *more):
    command = [program, network, str(size), str(threads), str(runs), *more]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(printed.split("median ")[1].split()[0])


def main():
    program, network, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else 2
    rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 7
    runs = RUNS.get(size, 10)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/network.onnx"
        export(network, size, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((1, 3, size, size), dtype=np.float32)
    times = {"ONNX Runtime": [], "cam-engine, exact": [], "cam-engine": []}
    for _ in range(rounds):
        times["ONNX Runtime"].append(theirs(session, x, runs))
        times["cam-engine, exact"].append(ours(program, network, size, threads, runs, "exact"))
        times["cam-engine"].append(ours(program, network, size, threads, runs))
    base = times["ONNX Runtime"]
    print(f"{network}, {size}x{size}, {threads} threads, ONNX Runtime {onnxruntime.__version__}, {rounds} rounds of {runs}")
    for name, values in times.items():
        ratios = [value / reference for value, reference in zip(values, base)]
        print(f"{name:18} {statistics.median(values):7.1f} ms   {statistics.median(ratios):.2f} of ONNX Runtime "
              f"({min(ratios):.2f} to {max(ratios):.2f})")


main()
