"""ResNet-18 with the weights of the project's references, which follow a closed formula (tests/golden/make_golden.py)."""

import math

import numpy as np

MASK = (1 << 64) - 1


def unit(key, count, salt=1):
    """Numbers in [0, 1): splitmix64 from the key's FNV-1a, the highest 24 bits."""
    start = 0xCBF29CE484222325
    for byte in key.encode():
        start = ((start ^ byte) * 0x100000001B3) & MASK
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        z = np.uint64(start) + np.uint64(salt) * golden
        z = z + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * golden
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


def tensor(key, shape):
    """A weight by its name and shape, of float32."""
    sign = np.float32(2) * unit(key, math.prod(shape)) - np.float32(1)
    if len(shape) == 4:
        values = sign * np.float32(math.sqrt(6.0 / math.prod(shape[1:])))
    elif len(shape) == 2:
        values = sign * np.float32(math.sqrt(1.0 / shape[1]))
    elif key.endswith("running_mean"):
        values = sign * np.float32(0.1)
    elif key.endswith("running_var"):
        values = np.float32(1) + sign * np.float32(0.5)
    elif key.endswith(".weight"):
        values = np.float32(0.7) * (np.float32(1) + sign * np.float32(0.25))
    else:
        values = sign * np.float32(0.1)
    return values.reshape(shape).astype(np.float32)


def image(name, height, width):
    """An input ``[1, 3, h, w]``: waves and noise."""
    y, x = np.meshgrid(np.arange(height) / height, np.arange(width) / width, indexing="ij")
    out = np.zeros((1, 3, height, width), np.float32)
    for channel in range(3):
        u = unit(f"{name}.wave{channel}", 4).astype(np.float64)
        wave = np.sin(2 * np.pi * ((1 + 3 * u[0]) * x + (1 + 3 * u[1]) * y + u[2]))
        noise = unit(f"{name}.noise{channel}", height * width).reshape(height, width).astype(np.float64)
        out[0, channel] = 1.2 * wave + 0.8 * (2 * noise - 1)
    return out


def resnet18():
    """torchvision's state dict of it."""
    shapes = {}

    def convolution(name, bn, to, of, kernel):
        shapes[f"{name}.weight"] = (to, of, kernel, kernel)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{bn}.{part}"] = (to,)

    convolution("conv1", "bn1", 64, 3, 7)
    channels = 64
    for stage, width in enumerate((64, 128, 256, 512), 1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            convolution(f"{name}.conv1", f"{name}.bn1", width, channels, 3)
            convolution(f"{name}.conv2", f"{name}.bn2", width, width, 3)
            if channels != width:
                convolution(f"{name}.downsample.0", f"{name}.downsample.1", width, channels, 1)
            channels = width
    shapes["fc.weight"], shapes["fc.bias"] = (1000, 512), (1000,)
    return {name: tensor(name, shape) for name, shape in shapes.items()}
