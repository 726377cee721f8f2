"""Networks of PyTorch, by way of ONNX."""

import contextlib
import io
import os
import tempfile
import warnings

from ._errors import ModelError, UsageError


def from_torch(module, example, **keywords):
    """Loads a module of PyTorch: it is exported to ONNX, which is loaded.

    ``example`` is an input ``[1, 3, h, w]``, a tensor. The module is exported in the mode for inference and left as it was.
    Keywords are those of :func:`load`. Images are prepared as the weights need it, by ``preprocessing=`` (``"imagenet"``,
    ``"clip"``, ...), unless they come as floats that are prepared already.

    The network cannot be pickled, for its file is gone: export it to a file and ``load`` that.
    """
    import torch

    from ._native import load

    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"{type(module).__name__} is no torch.nn.Module: give a path to `load`")
    if getattr(example, "ndim", 0) != 4:
        raise UsageError("the example is an input of the module, a tensor [1, 3, h, w]")
    was_training = module.training
    with tempfile.TemporaryDirectory(prefix="cam-explain-") as folder:
        path = os.path.join(folder, f"{type(module).__name__}.onnx")
        module.eval()
        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                _export(torch, module, example, path)
        except Exception as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(f"PyTorch could not export {type(module).__name__}: {reason[0]}") from error
        finally:
            module.train(was_training)
        return load(path, **keywords)


def _export(torch, module, example, path):
    """By the exporter that needs no further package, or else by the newer one. What they print is not for our user."""
    names = {"input_names": ["image"], "output_names": ["embedding"]}
    axes = {"image": {0: "n"}, "embedding": {0: "n"}}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            torch.onnx.export(module, (example,), path, dynamo=False, dynamic_axes=axes, **names)
        except Exception as first:
            try:
                torch.onnx.export(module, (example,), path, dynamo=True, **names)
            except Exception:
                # The first exporter's words are the plainer ones, and the second may only lack its package.
                raise first from None
