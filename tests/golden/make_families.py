#!/usr/bin/env python3
"""Write reference embeddings of torchvision's and timm's networks, for the families that are known by name.

Weights and images follow the closed formula of `make_golden.py`; kept are names, shapes, embeddings and what makes the
formula's norms fit their input (see `made`).

    python3 make_families.py OUT_DIR                     # families.json, families.safetensors
    python3 make_families.py OUT_DIR --all [NAME ...]    # LIBRARY.NAME.pth and a reference beside it, for all networks

Needs: torch, torchvision, timm, safetensors, numpy. Made with torchvision 0.29.2 and timm 1.0.31.
"""
import argparse, json, os, re
import numpy as np, timm, torch, torchvision
from safetensors.numpy import save_file
from torch import nn
from make_golden import formula, image

SALT, SIDES = 1, (96, 64)
# The smallest of each family in each library's names.
SUITE = [("torchvision", n) for n in ("mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "efficientnet_v2_s",
                                      "convnext_tiny", "densenet121", "regnet_y_400mf", "regnet_x_400mf")]
SUITE += [("timm", n) for n in ("mobilenetv2_050", "mobilenetv3_small_100", "tf_mobilenetv3_small_100",
                                "efficientnet_b0", "tf_efficientnet_b0", "tf_efficientnetv2_s", "convnext_tiny",
                                "regnety_002", "regnetx_002")]
# Networks whose gradients are kept: the modules that give the automatic layer and an earlier one.
GRADIENTS = {("torchvision", "efficientnet_b0"): ["features.8", "features.6"],
             ("timm", "mobilenetv3_small_100"): ["blocks.5", "blocks.3"]}

TORCHVISION = r"mobilenet_v[23]|efficientnet_|convnext_|regnet_|densenet"
TIMM = (r"mobilenetv2_(035|050|075|100|140|110d|120d)$|(tf_)?mobilenetv3_(large|small)_100$|(tf_)?efficientnet_b[0-7]$"
        r"|(tf_)?efficientnetv2_(s|m|l|xl)$|convnext_(tiny|small|base|large|xlarge)$|regnet[xy]_\d+(_tv)?$")

def networks():
    for name in torchvision.models.list_models(torchvision.models):
        if re.match(TORCHVISION, name): yield "torchvision", name
    for name in timm.list_models():
        if re.match(TIMM, name): yield "timm", name

def made(library, name, images):
    """A network by the formula; and what was changed in its norms, in the order of their names.

    Left alone, the formula's activations vanish or explode, for the formula knows no data. So each batch norm gets the
    mean of its own input, and its scale is divided by the size of what then comes out.
    """
    model = torchvision.models.get_model(name, weights=None) if library == "torchvision" else timm.create_model(name)
    state = model.state_dict()
    for key, tensor in state.items():
        if not key.endswith("num_batches_tracked"):
            state[key] = torch.from_numpy(formula(key, tuple(tensor.shape), SALT))
    model.load_state_dict(state)
    norms = {key: module for key, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    gains = {}
    def calibrate(key):
        def hook(module, given):
            x = given[0]
            module.running_mean.copy_(x.mean((0, 2, 3)))
            centred = (x - module.running_mean[:, None, None]) / (module.running_var + module.eps).sqrt()[:, None, None]
            gains[key] = 1 / (centred * module.weight[:, None, None]).square().mean().sqrt()
            module.weight.mul_(gains[key])
        return hook
    hooks = [module.register_forward_pre_hook(calibrate(key)) for key, module in norms.items()]
    model.eval()
    with torch.no_grad(): model(images)
    for hook in hooks: hook.remove()
    names = sorted(norms)
    changed = {} if not names else {"means": np.concatenate([norms[key].running_mean.numpy() for key in names]),
                                    "gains": np.array([float(gains[key]) for key in names], np.float32)}
    return model, changed

def embedding(model, x):
    """What the last linear layer reads."""
    last = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    read = []
    hook = last.register_forward_hook(lambda module, given, gives: read.append(given[0]))
    model(x)
    hook.remove()
    return read[0][0]

def gradient(model, module, x):
    """Of the sum of (i mod 7 - 3) * e_i, at what a module gives."""
    kept = []
    def keep(_, given, gives):
        gives = gives.detach().requires_grad_()
        kept.append(gives)
        return gives
    hook = model.get_submodule(module).register_forward_hook(keep)
    e = embedding(model, x)
    hook.remove()
    (e * (torch.arange(len(e)) % 7 - 3)).sum().backward()
    return kept[0].grad[0]

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out"); parser.add_argument("--all", nargs="*")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    x, y = (torch.from_numpy(image(name, *SIDES, SALT)) for name in ("query", "other"))
    if arguments.all is not None:
        for library, name in networks():
            if arguments.all and f"{library}.{name}" not in arguments.all: continue
            model, _ = made(library, name, torch.cat([x, y]))
            stem = f"{arguments.out}/{library}.{name}"
            torch.save(model.state_dict(), f"{stem}.pth")
            with torch.no_grad(): e, exact = embedding(model, x).double(), embedding(model.double(), x.double())
            rounding = ((e - exact).norm() / exact.norm()).float()[None]
            save_file({"embedding": exact.float().numpy(), "rounding": rounding.numpy()}, f"{stem}.reference")
            print(library, name, flush=True)
        return
    tensors, shapes = {}, {}
    for library, name in SUITE:
        (model, changed), key = made(library, name, torch.cat([x, y])), f"{library}.{name}"
        tensors |= {f"{key}.{what}": values for what, values in changed.items()}
        with torch.no_grad(): e, other = embedding(model, x), embedding(model, y)
        tensors[f"{key}.embedding"] = e.numpy()
        shapes[key] = {k: list(v.shape) for k, v in model.state_dict().items() if not k.endswith("tracked")}
        for module in GRADIENTS.get((library, name), []):
            tensors[f"{key}.gradient.{module}"] = gradient(model, module, x).numpy()
        print(key, "norm", float(e.norm()), "of two images", float((e - other).norm() / e.norm()), flush=True)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, f"{arguments.out}/families.safetensors")
    with open(f"{arguments.out}/families.json", "w") as file:
        json.dump(shapes, file, separators=(",", ":"), sort_keys=True)

if __name__ == "__main__":
    main()
