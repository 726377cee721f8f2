"""Models whose layers are found as PyTorch's are: ``model.layer4[-1]``."""

import sys

import numpy as np

from .. import Network, load
from .._errors import UsageError


class LayerPath:
    """The place of a layer in a network: ``layer4``, of which ``[-1]`` is the last block."""

    def __init__(self, names, path):
        self._names, self._path = names, path

    def __str__(self):
        return self._path

    def __repr__(self):
        return f"LayerPath({self._path!r})"

    def _under(self):
        """The names of what is directly below, in the order of computation."""
        front = f"{self._path}."
        rests = [name[len(front) :] for name in self._names if name.startswith(front)]
        return list(dict.fromkeys(rest.split(".")[0] for rest in rests))

    def __getitem__(self, place):
        blocks = [name for name in self._under() if name.isdigit()]
        if not blocks:
            # A network that names a stage alone has its end.
            if place in (-1, len(blocks) - 1):
                return self
            raise IndexError(f"{self._path} has no blocks")
        return LayerPath(self._names, f"{self._path}.{blocks[place]}")

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._under():
            raise AttributeError(f"{self._path} has no layer {name!r}")
        return LayerPath(self._names, f"{self._path}.{name}")


class Model:
    """A network that is called as a module of PyTorch: images ``[n, 3, h, w]`` to embeddings ``[n, d]``, or with
    ``output="logits"`` to what its classifier makes of them.

    Its layers are attributes. Tensors of PyTorch's give tensors, arrays give arrays. Targets that are a program's own functions
    see what the model gives.
    """

    def __init__(self, network=None, *, output="embedding", **keywords):
        self.network = network if isinstance(network, Network) else load(network, **keywords)
        self._classifier = self.network.classifier if output == "logits" else None
        if output not in ("embedding", "logits"):
            raise UsageError(f"output={output!r}: it is 'embedding' or 'logits'")
        if output == "logits" and self._classifier is None:
            raise UsageError(f"{self.network.name} has no classifier that gives logits")
        self._native = self.network.reading(size="native")
        layers = self.network.layers()
        self._names = [name for layer in layers for name in [layer.name, *layer.aliases]]

    def __call__(self, images):
        torch = sys.modules.get("torch")
        is_tensor = torch is not None and isinstance(images, torch.Tensor)
        array = images.detach().cpu().numpy() if is_tensor else np.asarray(images)
        given = self._native.embed(np.float32(array))
        if self._classifier is not None:
            weight, bias = self._classifier
            given = given @ weight.T + bias
        return torch.from_numpy(given) if is_tensor else given

    def eval(self):
        return self

    def to(self, *_, **__):
        return self

    cpu = eval

    def __getattr__(self, name):
        if not name.startswith("_"):
            if any(path == name or path.startswith(f"{name}.") for path in self._names):
                return LayerPath(self._names, name)
        raise AttributeError(f"the network has no layer {name!r}")

    def __repr__(self):
        return f"Model({self.network!r})"


def network_of(model, layers, example):
    """The network of a model, the names of layers of it, and whether the model gives a classifier's logits."""
    if isinstance(model, Model):
        return model.network, [str(layer) for layer in layers], model._classifier is not None
    if isinstance(model, Network):
        return model, [str(layer) for layer in layers], False
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return _of_module(model, layers, torch.as_tensor(example)[:1])
    raise UsageError(
        f"{type(model).__name__} is no model: give a Network, a Model around one, or a module of PyTorch's"
    )


def _of_module(module, layers, example):
    from .._torch import from_torch

    network = from_torch(module, example, size=tuple(example.shape[:1:-1]))
    known = {name for layer in network.layers() for name in [layer.name, *layer.aliases]}
    paths = list(module.named_modules(remove_duplicate=False))
    names = []
    for layer in layers:
        called = [path for path, part in paths if part is layer]
        # A wrapper stands in front of the names that the exporter gives its parts.
        ends = [".".join(path.split(".")[at:]) for path in called for at in range(path.count(".") + 1)]
        found = sorted((end for end in ends if end in known and not end.isdigit()), key=len, reverse=True)
        if not found:
            named = [layer.name for layer in network.layers()]
            shown = ", ".join(named[-12:])
            raise UsageError(
                f"the layer {' or '.join(called) or type(layer).__name__} is none of the network, whose last ones are {shown}: "
                "parts that the export merges into others, as norms, are none"
            )
        names.append(found[0])
    return network, names, False
