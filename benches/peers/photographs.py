"""JPEGs cut from the photographs that ship with the program, each at another place and scale."""
import os
from pathlib import Path

import numpy as np
from PIL import Image

SHIPPED = Path(__file__).resolve().parents[2] / "crates/cam-explain/photographs"
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)


def photographs(folder, count):
    """So many of 800×600 pixels, in a folder; their paths."""
    random, sources = np.random.default_rng(0), sorted(SHIPPED.glob("*.png"))
    os.makedirs(folder, exist_ok=True)
    paths = []
    for i in range(count):
        source = Image.open(sources[i % len(sources)]).convert("RGB")
        side = int(min(source.size) * random.uniform(0.5, 1.0))
        x, y = (int(random.integers(0, extent - side + 1)) for extent in source.size)
        picture = source.crop((x, y, x + side, y + side)).resize((800, 600), Image.Resampling.BICUBIC)
        paths.append(f"{folder}/{i:05}.jpg")
        picture.save(paths[-1], quality=90)
    return paths


def prepared(path, size):
    """An image as Python brings it to a network, `[1, 3, size, size]`."""
    picture = Image.open(path).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    pixels = (np.asarray(picture, np.float32) / 255 - MEAN) / DEVIATION
    return pixels.transpose(2, 0, 1)[None].copy()
