#!/usr/bin/env python3
"""Joint bilateral upsampling as the paper writes it, in f64, pixel by pixel.

    python3 make_golden_upsampling.py OUT_DIR

Kopf, Cohen, Lischinski, Uyttendaele, "Joint Bilateral Upsampling", SIGGRAPH 2007, equation 3:

    S_p = 1/k_p  sum over q in a window of  S_q f(|p - q|) g(|I_p - I_q|)

p and q are places on the coarse map, f and g are Gaussians, I is the guide, and k_p the sum of the weights. sigma is one
position and the window three of them either way, as the paper has windows of a few; tau is 0.1 of a colour in 0..=1.

Needs: numpy, pillow, safetensors.
"""
import sys
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

out = sys.argv[1]
SIGMA, REACH, TAU = 1.0, 3.0, 0.1


def bilinear(guide, y, x):
    """The guide's colour at a place between its pixels."""
    top, left = int(np.floor(y)), int(np.floor(x))
    bottom, right = min(top + 1, guide.shape[0] - 1), min(left + 1, guide.shape[1] - 1)
    down, across = y - top, x - left
    upper = guide[top, left] * (1 - across) + guide[top, right] * across
    lower = guide[bottom, left] * (1 - across) + guide[bottom, right] * across
    return upper * (1 - down) + lower * down


def upsample(coarse, guide):
    (rows, columns), (height, width, _) = coarse.shape, guide.shape
    middles = {(j, i): bilinear(guide, (j + 0.5) * height / rows - 0.5, (i + 0.5) * width / columns - 0.5)
               for j in range(rows) for i in range(columns)}
    fine = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            v, u = (y + 0.5) * rows / height - 0.5, (x + 0.5) * columns / width - 0.5
            total = weights = 0.0
            for (j, i), colour in middles.items():
                if abs(v - j) > REACH or abs(u - i) > REACH:
                    continue
                f = np.exp(-((v - j) ** 2 + (u - i) ** 2) / (2 * SIGMA**2))
                g = np.exp(-np.sum((guide[y, x] - colour) ** 2) / (2 * TAU**2))
                total, weights = total + coarse[j, i] * f * g, weights + f * g
            fine[y, x] = total / weights
    return fine


photograph = Image.open(f"{out}/../../crates/cam-explain/photographs/cat.png").convert("RGB")
random, arrays = np.random.default_rng(2007), {}
for name, (rows, columns), (width, height) in [
    ("coarse", (5, 6), (60, 40)),  # patches of 10 x 8 pixels
    ("fine", (15, 20), (60, 45)),  # of 3 x 3
    ("odd", (4, 7), (53, 31)),  # of no whole number of pixels
]:
    guide = np.asarray(photograph.resize((width, height), Image.Resampling.BILINEAR))
    coarse = random.normal(size=(rows, columns)).astype(np.float32)
    arrays[f"{name}.guide"], arrays[f"{name}.map"] = guide, coarse
    arrays[f"{name}.out"] = upsample(coarse.astype(np.float64), guide / 255.0).astype(np.float32)
save_file(arrays, f"{out}/upsampling.safetensors")
