#!/usr/bin/env python3
"""Write what pytorch-grad-cam 1.5.7 measures, for cam-metrics to be held against.

    python3 make_golden.py metrics.json

Image, map and score follow closed formulas (see `image`, `heat`, `Score`), which the tests repeat.
Deletion and insertion, which the package lacks, are written here with numpy. Noise is switched off,
for it is seeded by nothing there. Needs: torch, grad-cam 1.5.7, scipy, numpy.
"""
import json, sys, time
import numpy as np, torch
from pytorch_grad_cam.metrics.arcc import Complexity, batch_pearson_coherency
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence
from pytorch_grad_cam.metrics.perturbation_confidence import RemoveLeastRelevantFirst, RemoveMostRelevantFirst
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from scipy.ndimage import gaussian_filter1d
from scipy.stats import spearmanr

H, W = 40, 56
PERCENTILES = [10, 20, 30, 40, 50, 60, 70, 80, 90]


def image():
    c, y, x = np.meshgrid(np.arange(3), np.arange(H), np.arange(W), indexing="ij")
    return np.float32(np.sin(0.37 * x + 0.5 * c) + np.cos(0.23 * y * (c + 1)) + 0.01 * x)


def heat(shift=0.0):
    y, x = np.meshgrid(np.arange(H), np.arange(W), indexing="ij")
    near = np.exp(-((x - 20.0 - shift) ** 2 / 180 + (y - 17.0) ** 2 / 90))
    # A slope, so that no two pixels are alike.
    values = near + 1e-3 * (y * W + x) / (H * W)
    return np.float32((values - values.min()) / (values.max() - values.min()))


class Score(torch.nn.Module):
    """tanh of a weighted sum that looks at the middle left."""

    def __init__(self):
        super().__init__()
        c, y, x = np.meshgrid(np.arange(3), np.arange(H), np.arange(W), indexing="ij")
        weight = np.exp(-((x - 18.0) ** 2 + (y - 20.0) ** 2) / 200) * (1 + 0.2 * c)
        self.weight = torch.from_numpy(np.float32(weight / weight.sum()))

    def forward(self, x):
        return torch.tanh((x * self.weight).sum((1, 2, 3)) * 2)[:, None]


def target(output):
    return output[0]


def score(pixels):
    with torch.no_grad():
        return float(Score()(torch.from_numpy(pixels)[None])[0, 0])


def exchange(start, end, cam, steps):
    order = np.argsort(-cam.ravel(), kind="stable")
    current, scores = start.reshape(3, -1).copy(), []
    for step in range(steps + 1):
        gone = order[: step * len(order) // steps]
        current[:, gone] = end.reshape(3, -1)[:, gone]
        scores.append(score(current.reshape(3, H, W)))
    area = sum((a + b) / 2 for a, b in zip(scores, scores[1:])) / steps
    return {"scores": scores, "area": area}


def main():
    pixels, cam = image(), heat()
    x, cams = torch.from_numpy(pixels)[None], cam[None]
    model, imputer = Score(), NoisyLinearImputer(noise=0)
    start = time.perf_counter()
    removed = {}
    for name, rule in (("most", RemoveMostRelevantFirst), ("least", RemoveLeastRelevantFirst)):
        removed[name] = [rule(p, imputer)(x[0], torch.from_numpy(cam)) for p in PERCENTILES]
    print(f"18 sparse solves of {H}x{W}: {time.perf_counter() - start:.3f} s")
    blurred = gaussian_filter1d(gaussian_filter1d(pixels, 5, axis=2, mode="nearest", truncate=3), 5, axis=1,
                                mode="nearest", truncate=3)
    other = heat(9.0)
    found = {
        "score": score(pixels),
        "image_corner": [float(v) for v in pixels[:, :2, :2].ravel()],
        "heat_corner": [float(v) for v in cam[:2, :2].ravel()],
        "most": [score(v.numpy()) for v in removed["most"]],
        "least": [score(v.numpy()) for v in removed["least"]],
        "filled_most_50": [float(v) for v in removed["most"][4].numpy()[:, ::7, ::9].ravel()],
        "drop": float(DropInConfidence()(x, cams, [target], model)[0]),
        "increase": float(IncreaseInConfidence()(x, cams, [target], model)[0]),
        "inverted_drop": float(DropInConfidence()(x, 1 - cams, [target], model)[0]),
        "complexity": float(Complexity()(cams)[0]),
        "coherency": float((batch_pearson_coherency(other[None], cams)[0] + 1) / 2),
        "spearman": float(spearmanr(cam.ravel(), other.ravel()).statistic),
        "deletion": exchange(pixels, np.zeros_like(pixels), cam, 20),
        "insertion": exchange(blurred, pixels, cam, 20),
    }
    json.dump(found, open(sys.argv[1], "w"), indent=1)


main()
