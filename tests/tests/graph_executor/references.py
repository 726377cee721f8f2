#!/usr/bin/env python3
"""What the steps in cases/ must give, by PyTorch, ONNX Runtime and NumPy, in f64 where they can.

    python3 references.py > references.json

Every case is named as in Rust. Values and parameters are `ramp`s, numbered in the order in which a case lists them:
values first, each of two images.
"""

import json

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper

IMAGES = 2


def ramp(shape, number, positive=False):
    count = int(np.prod(shape, dtype=int))
    values = ((7 * np.arange(count) + 3 + 5 * number) % 23) / 4 - 2.75
    return (values + (3 if positive else 0)).reshape(shape)


def values(*shapes, **options):
    return [ramp((IMAGES, *shape), number, **options) for number, shape in enumerate(shapes)]


def parameters(after, *shapes):
    return [ramp(shape, after + number) for number, shape in enumerate(shapes)]


def t(x):
    return torch.tensor(x, dtype=torch.float64)


def ort(kind, inputs, opset=22, extra=(), **attributes):
    """One node of ONNX; `extra` are inputs that are no values, None where left out."""
    given = {f"x{i}": np.asarray(x, np.float32) for i, x in enumerate(inputs)}
    names = list(given)
    for i, x in enumerate(extra):
        names.append("" if x is None else f"e{i}")
        if x is not None:
            given[f"e{i}"] = np.asarray(x)
    node = helper.make_node(kind, names, ["y"], **attributes)
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in given.items()
    ]
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "g", infos, [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, given)[0]


CASES = {}


def case(name, result):
    result = result.numpy() if isinstance(result, torch.Tensor) else np.asarray(result)
    assert name not in CASES and np.isfinite(result).all(), name
    CASES[name] = {
        "shape": list(result.shape),
        "values": [float(f"{v:.8g}") for v in result.astype(np.float64).ravel()],
    }


def convolutions():
    (x,) = values([4, 6, 5])
    w, b = parameters(1, [6, 2, 3, 2], [6])
    padded = F.pad(t(x), (2, 1, 1, 0))
    case("convolution grouped", F.conv2d(padded, t(w), t(b), (2, 1), (0, 0), (1, 2), 2))
    x, residual = values([2, 4, 4], [3, 4, 4])
    (w,) = parameters(2, [3, 2, 3, 3])
    case("convolution with residual", F.silu(F.conv2d(t(x), t(w), None, padding=1) + t(residual)))
    (x,) = values([2, 5, 6])
    w, b = parameters(1, [3, 2, 3, 2], [3])
    for pad in ["UPPER", "LOWER"]:
        y = ort("Conv", [x, w, b], auto_pad=f"SAME_{pad}", strides=[2, 2])
        case(f"convolution same {pad.lower()}", y)
    (x,) = values([3, 5, 5])
    (w,) = parameters(1, [3, 1, 3, 3])
    case("convolution depthwise", F.conv2d(t(x), t(w), None, 1, 1, 1, 3))


def pools():
    (x,) = values([2, 7, 6])
    shared = dict(kernel_shape=[3, 2], strides=[2, 2])
    plain = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for kind, word in [("MaxPool", "max"), ("AveragePool", "average")]:
        case(f"{word} pool", ort(kind, [x], **plain))
        case(f"{word} pool asymmetric", ort(kind, [x], pads=[0, 1, 1, 0], **shared))
        case(f"{word} pool ceil", ort(kind, [x], ceil_mode=1, kernel_shape=[2, 3], strides=[2, 2]))
        case(f"{word} pool same", ort(kind, [x], auto_pad="SAME_UPPER", kernel_shape=[3, 3], strides=[2, 2]))
        dilated = dict(kernel_shape=[2, 2], dilations=[2, 3], strides=[1, 1], pads=[1, 1, 1, 1])
        case(f"{word} pool dilated", ort(kind, [x], **dilated))
    case("average pool with border", ort("AveragePool", [x], count_include_pad=1, **plain))
    y = ort("AveragePool", [x], count_include_pad=1, pads=[0, 1, 1, 0], **shared)
    case("average pool asymmetric with border", y)
    y = F.avg_pool2d(t(x), [3, 3], [2, 2], [1, 1], ceil_mode=True, count_include_pad=True)
    case("average pool ceil with border", y)
    y = F.avg_pool2d(t(x), [3, 3], [2, 2], [1, 1], ceil_mode=True, count_include_pad=False)
    case("average pool ceil and border", y)
    y = F.max_pool2d(t(x), [3, 3], [2, 3], [1, 1], ceil_mode=True)
    case("max pool ceil and border", y)
    # The last window would begin behind the image.
    case("max pool ceil dropped", F.max_pool2d(t(x), [1, 1], [4, 4], [0, 0], ceil_mode=True))


def norms():
    (x,) = values([4, 3, 2])
    scale, shift = parameters(1, [3], [3])
    case("scale and shift", t(x) * t(scale)[:, None] + t(shift)[:, None])
    scale, shift = parameters(1, [2], [2])
    case("scale and shift last", t(x) * t(scale) + t(shift))
    (slope,) = parameters(1, [4])
    case("PReLU", F.prelu(t(x), t(slope)))
    (slope,) = parameters(1, [1])
    case("PReLU of one slope", F.prelu(t(x), t(slope)))
    scale, shift = parameters(1, [3, 2], [3, 2])
    case("layer norm last two", F.layer_norm(t(x), [3, 2], t(scale), t(shift), 1e-5))
    scale, shift = parameters(1, [2], [2])
    case("layer norm last", F.layer_norm(t(x), [2], t(scale), t(shift), 1e-3))
    case("layer norm bare", F.layer_norm(t(x), [4, 3, 2], None, None, 1e-5))
    scale, shift = parameters(1, [4], [4])
    first = F.layer_norm(t(x).permute(0, 2, 3, 1), [4], t(scale), t(shift), 1e-6)
    case("layer norm first", first.permute(0, 3, 1, 2))
    case("group norm", F.group_norm(t(x), 2, None, None, 1e-5))
    case("instance norm", F.instance_norm(t(x), eps=1e-5))
    case("L2 norm", F.normalize(t(x), dim=1, eps=1e-12))
    case("L2 norm last", F.normalize(t(x), dim=3, eps=2.5))
    for axis in range(3):
        case(f"softmax {axis}", t(x).softmax(axis + 1))


def reductions():
    (x,) = values([2, 3, 4, 2])
    kinds = {
        "mean": "ReduceMean",
        "sum": "ReduceSum",
        "maximum": "ReduceMax",
        "minimum": "ReduceMin",
        "L2": "ReduceL2",
        "L1": "ReduceL1",
        "sum of squares": "ReduceSumSquare",
        "product": "ReduceProd",
    }
    for name, kind in kinds.items():
        for axes, keep in [([1, 2], 0), ([0, 3], 1)]:
            shifted = np.asarray(axes, np.int64) + 1
            y = ort(kind, [x], extra=[shifted], keepdims=keep)
            case(f"reduce {name} {axes[0]}", y)


def functions():
    (x,) = values([23])
    (p,) = values([23], positive=True)
    x, p = t(x), t(p)
    case("function relu", F.relu(x))
    case("function leaky relu", F.leaky_relu(x, 0.1))
    case("function elu", F.elu(x, 0.7))
    case("function selu", F.selu(x))
    case("function clip", x.clamp(-1, 1.5))
    case("function clip below", x.clamp(min=-1))
    case("function clip above", x.clamp(max=1.5))
    case("function gelu", F.gelu(x))
    case("function gelu tanh", F.gelu(x, approximate="tanh"))
    case("function silu", F.silu(x))
    case("function quick gelu", x * torch.sigmoid(1.702 * x))
    case("function hard swish", F.hardswish(x))
    case("function hard sigmoid", (0.2 * x + 0.5).clamp(0, 1))
    case("function sigmoid", x.sigmoid())
    case("function tanh", x.tanh())
    case("function softplus", F.softplus(x))
    case("function softsign", F.softsign(x))
    case("function mish", F.mish(x))
    case("function erf", x.erf())
    case("function exp", x.exp())
    case("function log", p.log())
    case("function sqrt", p.sqrt())
    case("function reciprocal", p.reciprocal())
    case("function abs", x.abs())
    case("function negate", -x)
    case("function square", x**2)
    case("function cube", x**3)
    case("function fourth power", x**4)
    case("function power", p**1.3)
    case("function sine", x.sin())
    case("function cosine", x.cos())
    case("function floor", x.floor())
    case("function ceil", x.ceil())


def binaries():
    a, b = values([3, 4], [3, 4])
    case("add", a + b)
    case("subtract", a - b)
    case("multiply", a * b)
    case("maximum", np.maximum(a, b))
    case("minimum", np.minimum(a, b))
    a, b = values([3, 4], [3, 4], positive=True)
    case("divide", a / b)
    case("power", a**b)
    a, b = values([4, 3, 2], [4, 1, 1])
    case("multiply by channels", a * b)
    case("subtract from channels", b - a)
    a, b = values([3, 1, 2], [4, 1])
    case("add crosswise", a + b[:, None])
    a, b = values([1, 2, 1, 3, 1, 2, 1], [2, 1, 3, 1, 2, 1, 2])
    case("maximum along many axes", np.maximum(a, b))
    (a,) = values([3, 4])
    (b,) = parameters(1, [4])
    case("add a constant", a + b)
    case("subtract from a constant", b - a)
    (b,) = parameters(1, [2, 1, 4])
    case("add a larger constant", a[:, None] + b)


def matrices():
    (x,) = values([3, 4])
    w, b = parameters(1, [5, 4], [5])
    case("linear", F.linear(t(x), t(w), t(b)))
    (x,) = values([4])
    case("linear of a vector", F.linear(t(x), t(w)))
    a, b = values([2, 3, 4], [2, 4, 5])
    case("matrix product", a @ b)
    a, b = values([2, 3, 4], [4, 5])
    case("matrix product repeated right", a @ b[:, None])
    a, b = values([3, 4], [2, 4, 5])
    case("matrix product repeated left", a[:, None] @ b)
    (a,) = values([2, 3, 4])
    (b,) = parameters(1, [4, 5])
    case("matrix product with a constant", a @ b)
    (b,) = parameters(1, [2, 4, 5])
    case("matrix product with constants", a @ b)
    (a,) = values([4, 3])
    (b,) = parameters(1, [5, 4])
    case("matrix product of a constant", b @ a)
    a, b = values([1, 2, 3, 2], [3, 1, 2, 4])
    case("matrix product crosswise", a @ b)


def arrangements():
    (x,) = values([2, 3, 4])
    case("transpose", x.transpose(0, 3, 1, 2))
    case("transpose to the last", x.transpose(0, 2, 3, 1))
    (w,) = values([2, 2, 3, 2, 2])
    case("transpose of windows", w.transpose(0, 1, 3, 2, 5, 4))
    (w,) = values([2, 2, 2, 2, 2, 2, 2])
    case("transpose of many axes", w.transpose(0, 7, 6, 5, 4, 3, 2, 1))
    case("transpose of many axes in pairs", w.transpose(0, 2, 1, 4, 3, 6, 5, 7))
    case("reshape", x.reshape(IMAGES, 4, 6))
    (e,) = values([2, 1, 3])
    case("expand", np.broadcast_to(e[:, None], (IMAGES, 2, 2, 4, 3)))
    a, b = values([2, 3, 4], [2, 1, 4])
    case("concatenate", np.concatenate([a, b], 2))
    (c,) = parameters(1, [1, 3, 4])
    repeated = np.broadcast_to(c, (IMAGES, 1, 3, 4))
    case("concatenate with a constant", np.concatenate([repeated, a], 1))
    case("slice", x[:, :, 1:3])
    case("slice last", x[:, :, :, 2:3])
    case("gather", x[:, :, [2, 0, 0, 1]])
    border = [(0, 0), (1, 0), (0, 2), (2, 1)]
    case("pad", np.pad(x, border, constant_values=0.5))
    case("pad edge", np.pad(x, border, mode="edge"))
    case("pad reflect", np.pad(x, border, mode="reflect"))


def resizes():
    (x,) = values([2, 5, 4])

    def resized(scales, **attributes):
        scales = np.asarray([1, 1, *scales], np.float32)
        return ort("Resize", [x], opset=19, extra=[None, scales], **attributes)

    coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    for mode in coordinates:
        for scales, word in [((2, 1.5), "up"), ((0.5, 0.75), "down"), ((0.25, 0.25), "to one")]:
            for kind in ["linear", "cubic"]:
                y = resized(scales, mode=kind, coordinate_transformation_mode=mode, cubic_coeff_a=-0.75)
                case(f"resize {kind} {mode} {word}", y)
        for rounding in ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]:
            y = resized(
                (2, 0.75), mode="nearest", coordinate_transformation_mode=mode, nearest_mode=rounding
            )
            case(f"resize nearest {rounding} {mode}", y)
    y = F.interpolate(t(x), (10, 6), mode="bicubic", align_corners=False)
    case("resize like PyTorch's bicubic", y)
    y = F.interpolate(t(x), (3, 7), mode="bilinear", align_corners=False)
    case("resize like PyTorch's bilinear", y)


convolutions()
pools()
norms()
reductions()
functions()
binaries()
matrices()
arrangements()
resizes()
lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in CASES.items()]
print("{\n" + ",\n".join(lines) + "\n}")
