#!/usr/bin/env python3
"""What torchvision, timm and transformers make of a photograph, for the files in which they say what they do.

    python3 make_golden_preprocessing.py OUT_DIR

Needs: torch, torchvision, timm, transformers, pillow, safetensors. Of each result every STEP-th row and column is kept.
"""
import json, sys
import numpy as np, torch, torchvision.transforms as T
from PIL import Image
from safetensors.numpy import save_file
from timm.data import create_transform, resolve_data_config
from timm.data.transforms import CenterCropOrPad, ResizeKeepRatio
from transformers import AutoImageProcessor
import transformers.models as models

out = sys.argv[1]
STEP = 7
cat = Image.open(f"{out}/images/cat_full.png").convert("RGB")
# The whole photograph; a part whose rest after a crop is odd; the same upright.
odd = cat.crop((0, 0, 449, 300))
pictures = {"cat": cat, "odd": odd, "upright": odd.transpose(Image.TRANSPOSE)}
configs, arrays = {}, {}


def keep(name, config, run):
    configs[name] = config
    for picture, image in pictures.items():
        values = np.asarray(run(image), np.float32)
        assert values.shape[0] == 3, values.shape
        arrays[f"{name}.{picture}"] = np.ascontiguousarray(values[:, ::STEP, ::STEP])


# torchvision's own evaluation: a preset of ours.
mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
imagenet = T.Normalize(mean, std)
keep("torchvision", None, T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), imagenet]))

# timm, from its pretrained_cfg.
for name, cfg in {
    "default": {"input_size": [3, 224, 224]},
    "crop_pct": {"input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95},
    "bilinear": {"input_size": [3, 112, 112], "interpolation": "bilinear", "crop_pct": 0.9, "crop_mode": "center"},
    "squash": {"input_size": [3, 96, 128], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "squash"},
    "border": {"input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 1.0, "crop_mode": "border"},
    "lanczos": {"input_size": [3, 112, 112], "interpolation": "lanczos", "crop_pct": 0.875},
    "hamming": {"input_size": [3, 112, 112], "interpolation": "hamming", "crop_pct": 0.875},
    "nearest": {"input_size": [3, 112, 112], "interpolation": "nearest", "crop_pct": 0.875},
}.items():
    cfg = {"architecture": "vit_x", "num_classes": 0, "pretrained_cfg": {**cfg, "mean": mean, "std": std, "first_conv": "p"}}
    keep(f"timm.{name}", cfg, create_transform(**resolve_data_config(pretrained_cfg=cfg["pretrained_cfg"])))

# transformers, by the classes that resize with Pillow.
for name, module, fields in [
    ("dinov2", "bit.image_processing_pil_bit.BitImageProcessorPil",
     {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224},
      "resample": 3, "image_mean": mean, "image_std": std, "do_convert_rgb": True}),
    ("clip", "clip.image_processing_pil_clip.CLIPImageProcessorPil", {"image_processor_type": "CLIPImageProcessor"}),
    ("siglip", "siglip.image_processing_pil_siglip.SiglipImageProcessorPil",
     {"image_processor_type": "SiglipImageProcessor", "size": {"height": 128, "width": 96}}),
    ("vit", "vit.image_processing_pil_vit.ViTImageProcessorPil", {"image_processor_type": "ViTFeatureExtractor"}),
    ("deit", "deit.image_processing_pil_deit.DeiTImageProcessorPil", {"image_processor_type": "DeiTImageProcessor"}),
    ("convnext", "convnext.image_processing_pil_convnext.ConvNextImageProcessorPil",
     {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 224, "crop_pct": 0.875, "image_mean": mean, "image_std": std}),
    ("mobilevit", "mobilevit.image_processing_pil_mobilevit.MobileViTImageProcessorPil",
     {"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 144}, "crop_size": {"height": 128, "width": 128}}),
    ("unscaled", "vit.image_processing_pil_vit.ViTImageProcessorPil",
     {"image_processor_type": "ViTImageProcessor", "size": {"height": 64, "width": 64}, "do_rescale": False, "resample": 1,
      "image_mean": [100, 110, 120], "image_std": [2, 3, 4]}),
]:
    path, cls = module.rsplit(".", 1)
    __import__(f"transformers.models.{path}")
    processor = getattr(sys.modules[f"transformers.models.{path}"], cls)
    kwargs = {k: v for k, v in fields.items() if not k.endswith("_type")}
    processor = processor(**kwargs)
    keep(f"transformers.{name}", fields, lambda image: np.asarray(processor(image, return_tensors="np")["pixel_values"][0]))

# open_clip's image_transform, of torchvision's and timm's parts (it is not installed; open_clip/transform.py).
clip = T.Normalize([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
cubic = T.InterpolationMode.BICUBIC
keep("open_clip.shortest", {"model_cfg": {"embed_dim": 8, "vision_cfg": {"image_size": 112}}, "preprocess_cfg": {}},
     T.Compose([T.Resize(112, cubic), T.CenterCrop(112), T.ToTensor(), clip]))
keep("open_clip.longest", {"preprocess_cfg": {"size": 112, "resize_mode": "longest"}},
     T.Compose([ResizeKeepRatio(112, longest=1.0, interpolation="bicubic"), CenterCropOrPad(112, fill=0), T.ToTensor(), clip]))
keep("open_clip.squash", {"preprocess_cfg": {"size": [96, 128], "resize_mode": "squash", "interpolation": "bilinear"}},
     T.Compose([T.Resize((96, 128)), T.ToTensor(), clip]))

# Caffe's: blue first, less the mean, not divided. A preset of ours.
caffe = np.array([103.939, 116.779, 123.68], np.float32)
keep("caffe", None, lambda image: (
    np.asarray(image.resize((224, 224), Image.BILINEAR), np.float32)[:, :, ::-1] - caffe).transpose(2, 0, 1))

save_file(arrays, f"{out}/preprocessing.safetensors")
json.dump({"step": STEP, "configs": configs}, open(f"{out}/preprocessing.json", "w"), indent=1)
print(len(arrays), "arrays,", sum(a.nbytes for a in arrays.values()) >> 10, "KiB")
