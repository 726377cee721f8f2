"""Small, seeded, random vision transformers in the folders that their libraries write, and what those libraries compute.

    python make_golden_vit.py [FOLDER] [NAME ...]
    python make_golden_vit.py FOLDER --large

writes into FOLDER (`../fixtures/transformers`) a folder for each network: `config.json`, the weights in half precision,
and `reference.safetensors`:

    input.HxW        bytes [1, 3, H, W]; the network's input is byte / 127.5 - 1
    embedding.HxW    what the library computes in f64 from the same half-precision weights
    vector           v of e.v
    gradient.LAYER   d(e.v)/d(output of the layer) at the first size

--large writes random networks of published sizes, for the test that is ignored unless CAM_TRANSFORMERS names FOLDER.

Every tensor is random, so that each matters: LayerScale, norms, positions, registers. NAME.memory is the same network
under the names that transformers 5 has in memory. Needs torch, transformers, timm and open_clip_torch.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "fixtures" / "transformers"


def randomise(model, seed):
    """Numbers of the size that trained networks have, rounded to half precision."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in list(model.named_parameters()):
            noise = torch.randn(tensor.shape, generator=generator)
            last = name.rsplit(".", 1)[-1]
            if "logit" in name:
                continue
            if last in ("lambda1", "gamma", "gamma_1", "gamma_2", "layer_scale_parameter"):
                value = 0.8 + 0.3 * noise
            elif tensor.ndim == 1 and last in ("weight", "bias") and "norm" in name.replace("ln_", "norm"):
                value = (1 if last == "weight" else 0) + 0.3 * noise
            elif tensor.ndim == 1 and last in ("bias", "in_proj_bias", "q_bias", "v_bias"):
                value = 0.2 * noise
            elif tensor.ndim == 2 and "position" not in name:
                value = 1.4 * noise / tensor.shape[1] ** 0.5
            elif tensor.ndim == 4 and "grn" not in name:
                value = 1.4 * noise / tensor[0].numel() ** 0.5
            else:
                value = 0.6 * noise
            tensor.copy_(value.half())
        for name, buffer in list(model.named_buffers()):
            last = name.rsplit(".", 1)[-1]
            if last in ("running_mean", "running_var"):
                noise = torch.randn(buffer.shape, generator=generator)
                buffer.copy_((0.3 * noise if last == "running_mean" else 0.5 + noise.abs()).half())
    return model.eval()


def images(sizes, seed):
    """Smooth random pictures, with noise: bytes."""
    random = np.random.default_rng(seed)
    for height, width in sizes:
        y, x = np.mgrid[0:height, 0:width] / 32
        waves = [np.sin(random.uniform(0.5, 2) * x + random.uniform(0.5, 2) * y + random.uniform(0, 6)) for _ in range(3)]
        picture = 127.5 + 70 * np.stack(waves) + random.normal(0, 25, (3, height, width))
        yield picture.round().clip(0, 255).astype(np.uint8)[None]


def reference(folder, model, embed, sizes, seed, layers=()):
    """Writes what a network computes in f64: embeddings, and gradients at named modules."""
    tensors = {}
    for index, picture in enumerate(images(sizes, seed)):
        size = "x".join(map(str, picture.shape[2:]))
        x = torch.from_numpy(picture).double() / 127.5 - 1
        kept = {}

        def keep(name):
            def hook(_, __, output):
                output = output[0] if isinstance(output, tuple) else output
                output.retain_grad()
                kept[name] = output
            return hook

        modules = dict(model.named_modules())
        hooks = [modules[module].register_forward_hook(keep(name)) for name, module in layers if index == 0]
        embedding = embed(model, x)
        tensors[f"input.{size}"] = picture
        tensors[f"embedding.{size}"] = embedding.detach().numpy().astype(np.float32)
        if hooks:
            vector = np.random.default_rng(seed + 1).normal(size=embedding.shape[1])
            (embedding * torch.from_numpy(vector)).sum().backward()
            tensors["vector"] = vector.astype(np.float32)
            for name, output in kept.items():
                tensors[f"gradient.{name}"] = output.grad.numpy().astype(np.float32)
        for hook in hooks:
            hook.remove()
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, folder / "reference.safetensors")


def fresh(name):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def trimmed(folder):
    """Without what says nothing about the network."""
    for extra in ("generation_config.json", "README.md"):
        (folder / extra).unlink(missing_ok=True)


# transformers ---------------------------------------------------------------------------------------------------------

SMALL = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4)


def hugging_face():
    import transformers as t

    vit = dict(SMALL, intermediate_size=48)
    text = dict(vocab_size=16, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
                max_position_embeddings=8, projection_dim=24, bos_token_id=0, eos_token_id=1, pad_token_id=1)
    dino_sizes = [(56, 56), (42, 70), (84, 84)]
    sizes = [(40, 40), (32, 48), (56, 64)]

    def pooled(model, x, **more):
        return model(pixel_values=x, **more).pooler_output

    def first(backbone):
        return lambda model, x: getattr(model, backbone)(pixel_values=x, interpolate_pos_encoding=True).last_hidden_state[:, 0]

    yield "dinov2", lambda: t.Dinov2Model(t.Dinov2Config(**SMALL, mlp_ratio=2, image_size=56)), pooled, dino_sizes, [
        ("encoder.layer.0", "encoder.layer.0"), ("encoder.layer.1.norm1", "encoder.layer.1.norm1")]
    yield "dinov2_giant", lambda: t.Dinov2Model(
        t.Dinov2Config(**SMALL, mlp_ratio=3, image_size=56, use_swiglu_ffn=True)), pooled, dino_sizes, []
    yield "dinov2_with_registers", lambda: t.Dinov2WithRegistersModel(
        t.Dinov2WithRegistersConfig(**SMALL, mlp_ratio=2, image_size=56, patch_size=14, num_register_tokens=3)), \
        pooled, dino_sizes, []
    yield "dinov3_vit", lambda: t.DINOv3ViTModel(
        t.DINOv3ViTConfig(**vit, patch_size=8, num_register_tokens=4, image_size=40)), pooled, sizes, [
        ("layer.0", "model.layer.0"), ("layer.1.norm1", "model.layer.1.norm1")]
    yield "dinov3_vit_gated", lambda: t.DINOv3ViTModel(
        t.DINOv3ViTConfig(**vit, patch_size=8, num_register_tokens=4, image_size=40, use_gated_mlp=True,
                          hidden_act="silu", key_bias=True, rope_theta=50.0)), pooled, sizes, []
    yield "vit", lambda: t.ViTForImageClassification(
        t.ViTConfig(**vit, patch_size=8, image_size=40, num_labels=5)), first("vit"), sizes, []
    yield "deit", lambda: t.DeiTForImageClassification(
        t.DeiTConfig(**vit, patch_size=8, image_size=40, num_labels=5)), first("deit"), sizes, []
    clip = dict(vit, patch_size=8, image_size=40, projection_dim=24)
    yield "clip", lambda: t.CLIPModel(t.CLIPConfig(text_config=text, vision_config=dict(clip), projection_dim=24)), \
        lambda model, x: model.visual_projection(
            model.vision_model(pixel_values=x, interpolate_pos_encoding=True).pooler_output), sizes, []
    yield "clip_vision_model", lambda: t.CLIPVisionModelWithProjection(
        t.CLIPVisionConfig(**clip, hidden_act="gelu")), \
        lambda model, x: model(pixel_values=x, interpolate_pos_encoding=True).image_embeds, sizes, []
    siglip = dict(vit, patch_size=8, image_size=40)
    yield "siglip", lambda: t.SiglipVisionModel(t.SiglipVisionConfig(**siglip)), \
        lambda model, x: pooled(model, x, interpolate_pos_encoding=True), sizes, [
        ("post_layernorm", "post_layernorm"), ("encoder.layers.1.layer_norm1", "encoder.layers.1.layer_norm1")]


    conv = dict(hidden_sizes=[12, 16], depths=[1, 2], image_size=64)
    conv_sizes = [(64, 64), (48, 80), (96, 96)]
    yield "convnext", lambda: t.ConvNextForImageClassification(
        t.ConvNextConfig(**conv, num_stages=2, num_labels=5)), \
        lambda model, x: pooled(model.convnext, x), conv_sizes, []
    yield "convnextv2", lambda: t.ConvNextV2Model(t.ConvNextV2Config(**conv, num_stages=2)), pooled, conv_sizes, []
    yield "dinov3_convnext", lambda: t.DINOv3ConvNextModel(t.DINOv3ConvNextConfig(**conv)), pooled, conv_sizes, []
    residual = dict(embedding_size=8, hidden_sizes=[16, 24], depths=[1, 2])
    flat = lambda model, x: pooled(model, x).flatten(1)
    yield "resnet", lambda: t.ResNetForImageClassification(
        t.ResNetConfig(**residual, downsample_in_bottleneck=True, num_labels=5)), \
        lambda model, x: flat(model.resnet, x), conv_sizes, []
    yield "resnet_basic", lambda: t.ResNetModel(
        t.ResNetConfig(**residual, layer_type="basic", hidden_act="gelu", downsample_in_first_stage=True)), \
        flat, conv_sizes, []
    yield "resnet_bottleneck", lambda: t.ResNetModel(t.ResNetConfig(**residual)), flat, conv_sizes, []


SHARDED = {"deit"}
IN_MEMORY = {"dinov2_giant", "vit", "dinov3_vit"}


def from_transformers(names):
    for seed, (name, make, embed, sizes, layers) in enumerate(hugging_face()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        model = randomise(make(), 10 + seed)
        folder = fresh(name)
        shard = "30KB" if name in SHARDED else "1GB"
        # What is no parameter stays as exact as it was: DINOv3's frequencies.
        exact = {buffer: value.clone() for buffer, value in model.named_buffers() if value.is_floating_point()}
        model.half().save_pretrained(folder, max_shard_size=shard)
        trimmed(folder)
        if name in IN_MEMORY:
            memory = fresh(f"{name}.memory")
            torch.save(dict(model.state_dict()), memory / "pytorch_model.bin")
            shutil.copy(folder / "config.json", memory)
        model = model.double()
        for buffer, value in exact.items():
            model.get_buffer(buffer).copy_(value)
        reference(folder, model, embed, sizes, seed, layers)
        print(name, sum(file.stat().st_size for file in folder.iterdir()) // 1024, "KiB")


# timm -----------------------------------------------------------------------------------------------------------------

def from_timm(names):
    import timm
    from timm.models._hub import save_for_hf

    small = dict(embed_dim=32, depth=2, num_heads=4)
    networks = {
        "vit_small_patch14_reg4_dinov2": (dict(small, img_size=56), 0),
        "vit_giant_patch14_dinov2": (dict(small, img_size=56, mlp_ratio=3), 0),
        "vit_base_patch32_clip_quickgelu_224": (dict(small, img_size=40, patch_size=8), 5),
        "vit_base_patch32_siglip_256": (dict(small, img_size=40, patch_size=8), 0),
        "vit_medium_patch16_reg4_gap_256": (dict(small, img_size=40, patch_size=8), 5),
        "deit_tiny_distilled_patch16_224": (dict(small, img_size=40, patch_size=8), 5),
        "vit_small_plus_patch16_dinov3_qkvb": (dict(small, img_size=40, patch_size=8), 0),
        "test_vit": (dict(img_size=40, patch_size=8, depth=1), 0),
    }
    for seed, (name, (arguments, classes)) in enumerate(networks.items()):
        if names and f"timm_{name}" not in names:
            continue
        torch.manual_seed(seed)
        model = timm.create_model(name, num_classes=classes, dynamic_img_size=True, **arguments)
        model = randomise(model, 50 + seed)
        folder = fresh(f"timm_{name}")
        exact = {buffer: value.clone() for buffer, value in model.named_buffers() if value.is_floating_point()}
        save_for_hf(model.half(), folder, model_args=dict(arguments, dynamic_img_size=True), safe_serialization=True)
        trimmed(folder)
        model = model.double()
        for buffer, value in exact.items():
            model.get_buffer(buffer).copy_(value)
        model.reset_classifier(0) if not classes else None
        sizes = [(56, 56), (42, 70), (84, 84)] if arguments["img_size"] == 56 else [(40, 40), (32, 48), (56, 64)]
        reference(folder, model, lambda model, x: model.forward_head(model.forward_features(x), pre_logits=True), sizes, seed)
        print(folder.name, sum(file.stat().st_size for file in folder.iterdir()) // 1024, "KiB")


# open_clip ------------------------------------------------------------------------------------------------------------

def open_clip_state(model):
    return {key: value.half() for key, value in model.state_dict().items() if value.is_floating_point()}


def open_clip_folder(name, config, state, preprocess):
    folder = fresh(name)
    save_file({key: value.numpy() for key, value in state.items()}, folder / "open_clip_model.safetensors")
    settings = dict(model_cfg=config, preprocess_cfg=preprocess)
    (folder / "open_clip_config.json").write_text(json.dumps(settings, indent=1))
    return folder


TEXT = dict(context_length=8, vocab_size=16, width=16, heads=2, layers=1)


def from_open_clip(names):
    from open_clip.model import CLIP, resize_pos_embed

    def make(config, side):
        tower = dict(config["vision_cfg"], image_size=side)
        return CLIP(config["embed_dim"], tower, config["text_cfg"], quick_gelu=config.get("quick_gelu", False))

    vision = dict(image_size=40, layers=2, width=32, head_width=8, mlp_ratio=1.5, patch_size=8)
    networks = {
        "open_clip": dict(embed_dim=24, vision_cfg=vision, text_cfg=TEXT),
        "open_clip_quickgelu": dict(embed_dim=24, vision_cfg=dict(vision, ls_init_value=0.1), text_cfg=TEXT, quick_gelu=True),
    }
    for seed, (name, config) in enumerate(networks.items()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        state = open_clip_state(randomise(make(config, 40), 80 + seed))
        preprocess = dict(mean=[0.5] * 3, std=[0.25] * 3, interpolation="bicubic", resize_mode="shortest")
        folder = open_clip_folder(name, config, state, preprocess)
        whole = {}
        for side in (40, 32, 64):
            other = make(config, side)
            resized = {key: value.float() for key, value in state.items()}
            resize_pos_embed(resized, other)
            other.load_state_dict(resized, strict=False)
            other.eval().double()
            reference(folder, other, lambda model, x: model.encode_image(x), [(side, side)], seed + side)
            from safetensors.numpy import load_file
            whole |= load_file(folder / "reference.safetensors")
        save_file(whole, folder / "reference.safetensors")
        print(folder.name, sum(file.stat().st_size for file in folder.iterdir()) // 1024, "KiB")


# open_clip with networks of timm --------------------------------------------------------------------------------------

def with_trunk(config, arguments):
    """An open_clip network whose trunk has further arguments: open_clip itself passes timm but a name."""
    from unittest import mock

    import timm
    from open_clip.model import CLIP, CustomTextCLIP

    create = timm.create_model
    kind = CustomTextCLIP if config.get("custom_text") else CLIP
    with mock.patch.object(timm, "create_model", lambda name, **own: create(name, **own, **arguments)):
        return kind(config["embed_dim"], config["vision_cfg"], config["text_cfg"])


def from_open_clip_and_timm(names):
    small = dict(embed_dim=64, depth=2, mlp_ratio=1.5, patch_size=8, img_size=40, dynamic_img_size=True)
    # Of these names one head has 64 channels, of the others there are 16.
    single = dict(small, num_heads=1)
    conv = dict(dims=[12, 16, 20, 24], depths=[1, 1, 2, 1])

    def tower(name, pool, proj, **more):
        return dict(image_size=64 if "convnext" in name else 40, timm_model_name=name, timm_model_pretrained=False,
                    timm_pool=pool, timm_proj=proj, **more)

    # SigLIP 2, MobileCLIP 2, CLIP with ConvNeXts and the forms in between.
    networks = {
        "open_clip_siglip": (64, tower("vit_so400m_patch16_siglip_256", "map", "none"), small),
        "open_clip_vit_token": (24, tower("vit_large_patch14_clip_224", "token", None), single),
        "open_clip_vit_avg": (24, tower("vit_huge_patch14_clip_224", "avg", "linear", timm_proj_bias=True), small),
        "open_clip_vit_gap": (24, tower("vit_medium_patch16_gap_256", "", "linear"), single),
        "open_clip_convnext": (24, tower("convnext_base", "", "linear"), conv),
        "open_clip_convnext_mlp": (24, tower("convnext_xxlarge", "", "mlp"), conv),
    }
    for seed, (name, (width, vision, arguments)) in enumerate(networks.items()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        config = dict(embed_dim=width, vision_cfg=vision, text_cfg=TEXT)
        if "siglip" in name or "token" in name:
            config["custom_text"] = True
        model = randomise(with_trunk(config, arguments), 90 + seed)
        preprocess = dict(mean=[0.5] * 3, std=[0.5] * 3, interpolation="bicubic", resize_mode="squash")
        folder = open_clip_folder(name, config, open_clip_state(model), preprocess)
        sizes = [(64, 64), (48, 80), (96, 96)] if "convnext" in name else [(40, 40), (32, 48), (56, 64)]
        layers = {"open_clip_siglip": "visual.trunk.blocks.1", "open_clip_vit_avg": "visual.trunk.blocks.0"}
        layers = [(layers[name], layers[name])] if name in layers else []
        reference(folder, model.double(), lambda model, x: model.encode_image(x), sizes, seed, layers)
        print(folder.name, sum(file.stat().st_size for file in folder.iterdir()) // 1024, "KiB")


# Networks of the sizes that are published, random -----------------------------------------------------------------------

def large(names):
    import transformers as t

    def pooled(model, x, **more):
        return model(pixel_values=x, **more).pooler_output

    def projected(model, x):
        return model(pixel_values=x, interpolate_pos_encoding=True).image_embeds

    sizes = [(224, 224), (168, 280)]
    small = dict(hidden_size=384, num_attention_heads=6)
    networks = {
        "dinov2_small": (lambda: t.Dinov2Model(t.Dinov2Config(**small, image_size=518)), pooled, sizes),
        "clip_base_patch32": (lambda: t.CLIPVisionModelWithProjection(t.CLIPVisionConfig()), projected, [(224, 224), (192, 256)]),
        "siglip_base_patch16": (lambda: t.SiglipVisionModel(t.SiglipVisionConfig()),
                                lambda model, x: pooled(model, x, interpolate_pos_encoding=True), [(224, 224), (192, 256)]),
        "dinov3_small": (lambda: t.DINOv3ViTModel(t.DINOv3ViTConfig(num_register_tokens=4)), pooled, [(224, 224), (192, 256)]),
        "convnext_tiny": (lambda: t.ConvNextModel(t.ConvNextConfig()), pooled, [(224, 224), (192, 256)]),
        "resnet_50": (lambda: t.ResNetModel(t.ResNetConfig()),
                      lambda model, x: pooled(model, x).flatten(1), [(224, 224), (192, 256)]),
    }
    for seed, (name, (make, embed, sizes)) in enumerate(networks.items()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        folder = fresh(name)
        model = make().eval()
        with torch.no_grad():
            for key, tensor in model.named_parameters():
                # Deep networks with every tensor large would be ill-conditioned: those that are constant at first are drawn.
                if tensor.ndim == 1 or "token" in key or "position" in key or "probe" in key:
                    one = 1 if "norm" in key and key.endswith("weight") else 0
                    tensor.copy_(one + torch.randn_like(tensor) * 0.2)
        model.save_pretrained(folder)
        reference(folder, model.double(), embed, sizes, seed)
        print(name)
    large_open_clip(names)


def large_open_clip(names):
    import open_clip

    networks = {"ViT-B-16-SigLIP": [(224, 224)], "convnext_base_w": [(256, 256), (192, 320)]}
    for seed, (name, sizes) in enumerate(networks.items()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        config = open_clip.get_model_config(name)
        text = dict(width=64, heads=2, layers=1, vocab_size=64)
        # Nobody asks for texts here.
        model = with_trunk(dict(config, text_cfg=text), {}).eval()
        with torch.no_grad():
            for key, tensor in model.visual.named_parameters():
                if tensor.ndim == 1 or "pos_embed" in key or "latent" in key:
                    one = 1 if "norm" in key and key.endswith("weight") else 0
                    tensor.copy_(one + torch.randn_like(tensor) * 0.2)
        state = {key: value for key, value in model.state_dict().items() if value.is_floating_point()}
        preprocess = dict(mean=[0.5] * 3, std=[0.5] * 3, interpolation="bicubic", resize_mode="squash")
        folder = open_clip_folder(name, config, state, preprocess)
        reference(folder, model.double(), lambda model, x: model.encode_image(x), sizes, seed)
        print(name)


def main():
    global FOLDER
    arguments = sys.argv[1:]
    is_large = "--large" in arguments
    arguments = [argument for argument in arguments if argument != "--large"]
    if arguments and ("/" in arguments[0] or arguments[0] == "."):
        FOLDER = Path(arguments.pop(0))
    if is_large:
        return large(arguments)
    from_transformers(arguments)
    from_timm(arguments)
    from_open_clip(arguments)
    from_open_clip_and_timm(arguments)


if __name__ == "__main__":
    main()
