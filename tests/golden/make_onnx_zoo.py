#!/usr/bin/env python3
"""Write networks as ONNX files, and what they must compute: embeddings, activations and gradients of layers.

    python3 make_onnx_zoo.py OUT [--only NAME…] [--small]

Weights are random, from a seed that follows from the name of the network, and nothing in them is 0 or 1 by default: scales,
shifts, statistics, LayerScale and biases are all drawn. Statistics of batch norms lie around those of the input (as they
do after training), so that no signal dies or explodes on its way.

OUT gets for every network
    NAME.ts17.onnx    the TorchScript exporter, opset 17, any batch (ts11, ts14: those opsets, for a few)
    NAME.dy.onnx      the dynamo exporter, its default opset, batch 1 (NAME.dyn.onnx: any batch; NAME.dyx.onnx: the weights
                      lie in NAME.dyx.onnx.data; both for a few)
    NAME.safetensors  input [2, 3, h, w]; embedding [2, d] by PyTorch; onnxruntime.KIND [2, d] by ONNX Runtime for each
                      file, two runs of one image; vector [d], called v below; for each layer of `layers` in zoo.json
                      activations.LAYER, the output of that module of PyTorch in PyTorch's own order of axes, and
                      gradient.LAYER = d(sum(embedding · v)) / d(activations.LAYER).
                      Where the file's output is a classifier's, `embedding` is what its last linear layer reads, and the
                      output is there as logits [2, k] and onnxruntime_logits.KIND.
and zoo.json says what there is (networks[].files: opset, inputs, outputs and operators of each file):
    networks[].layers      the first is the last one that has positions and still reaches the embedding from all of them
    networks[].values      for LAYER and KIND, the names in that file of the values that equal the layer's output
                           (`permuted`: those that hold the same numbers in another order of axes)
    networks[].rounding    between PyTorch in f32 and in f64: the largest difference as a share of the largest magnitude, and
                           the length of the difference as a share of the length. For gradients the first is large, and the
                           second up to 0.01, where rounding moves a ReLU's input across 0
    networks[].agreement   the first of the two, between ONNX Runtime and PyTorch in f64
    networks[].failed      KIND: why that exporter could not write it

Expected values are computed in f64 and stored as f32 (`precision` says where that could not be done).
--small writes tiny networks for the test suite, their files without the exporter's notes other than scopes; without it,
networks as they are used, about seven gigabytes.
Networks already in zoo.json stay there when only others are made.

Made with Python 3.11 and
    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 onnx==1.23.2 onnxruntime==1.32.0 onnxscript==0.7.2 numpy==2.4.6
"""
import argparse, collections, contextlib, functools, gc, json, logging, os, sys, time, traceback, warnings, zlib
import numpy as np, torch, torchvision
import torch.nn.functional as F
from torch import nn
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

# ---- networks that no package has ---------------------------------------------------------------------------------------

class IBlock(nn.Module):
    """ArcFace's residual block: a batch norm in front of the first, padded convolution; nothing behind the sum."""
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.prelu = nn.PReLU(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
    def forward(self, x):
        y = self.prelu(self.bn2(self.conv1(self.bn1(x))))
        y = self.bn3(self.conv2(y))
        return y + (x if self.downsample is None else self.downsample(x))

class IResNet(nn.Module):
    """The face recognition network of ArcFace: its map is flattened, not pooled."""
    def __init__(self, blocks, widths, d, size):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1, self.prelu = nn.BatchNorm2d(widths[0]), nn.PReLU(widths[0])
        inputs = widths[0]
        for i, (n, w) in enumerate(zip(blocks, widths[1:]), 1):
            setattr(self, f"layer{i}", nn.Sequential(*[IBlock(inputs if j == 0 else w, w, 2 if j == 0 else 1) for j in range(n)]))
            inputs = w
        self.bn2, self.dropout = nn.BatchNorm2d(inputs), nn.Dropout(0.4)
        side = [-(-s // 2 ** len(blocks)) for s in size]
        self.fc = nn.Linear(inputs * side[0] * side[1], d)
        self.features = nn.BatchNorm1d(d)
        self.stages = len(blocks)
    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        for i in range(1, self.stages + 1):
            x = getattr(self, f"layer{i}")(x)
        x = self.dropout(self.bn2(x))
        return self.features(self.fc(torch.flatten(x, 1)))

class ConvUnit(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU() if relu else None
    def forward(self, x):
        x = self.bn(self.conv(x))
        return x if self.relu is None else self.relu(x)

class LightConv(nn.Module):
    """OSNet's 3 × 3 convolution: 1 × 1, then depthwise."""
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, groups=outputs, bias=False)
        self.bn, self.relu = nn.BatchNorm2d(outputs), nn.ReLU()
    def forward(self, x):
        return self.relu(self.bn(self.conv2(self.conv1(x))))

class ChannelGate(nn.Module):
    def __init__(self, width, reduction=16):
        super().__init__()
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(width, max(width // reduction, 1), 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(max(width // reduction, 1), width, 1)
        self.gate_activation = nn.Sigmoid()
    def forward(self, x):
        return x * self.gate_activation(self.fc2(self.relu(self.fc1(self.global_avgpool(x)))))

class OmniBlock(nn.Module):
    """Four streams of one to four light convolutions, one gate for all of them, summed."""
    def __init__(self, inputs, outputs):
        super().__init__()
        middle = max(outputs // 4, 1)
        self.conv1 = ConvUnit(inputs, middle, 1)
        for name, n in zip("abcd", range(1, 5)):
            setattr(self, "conv2" + name, nn.Sequential(*[LightConv(middle, middle) for _ in range(n)]))
        self.gate = ChannelGate(middle)
        self.conv3 = ConvUnit(middle, outputs, 1, relu=False)
        self.downsample = ConvUnit(inputs, outputs, 1, relu=False) if inputs != outputs else None
        self.relu = nn.ReLU()
    def forward(self, x):
        y = self.conv1(x)
        y = self.gate(self.conv2a(y)) + self.gate(self.conv2b(y)) + self.gate(self.conv2c(y)) + self.gate(self.conv2d(y))
        return self.relu(self.conv3(y) + (x if self.downsample is None else self.downsample(x)))

class OSNet(nn.Module):
    """The re-identification network OSNet."""
    def __init__(self, widths, d, blocks=2):
        super().__init__()
        self.conv1, self.maxpool = ConvUnit(3, widths[0], 7, 2, 3), nn.MaxPool2d(3, 2, 1)
        for i in range(3):
            stage = [OmniBlock(widths[i] if j == 0 else widths[i + 1], widths[i + 1]) for j in range(blocks)]
            if i < 2:
                stage.append(nn.Sequential(ConvUnit(widths[i + 1], widths[i + 1], 1), nn.AvgPool2d(2, 2)))
            setattr(self, f"conv{i + 2}", nn.Sequential(*stage))
        self.conv5 = ConvUnit(widths[3], widths[3], 1)
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(nn.Linear(widths[3], d), nn.BatchNorm1d(d), nn.ReLU())
    def forward(self, x):
        x = self.conv4(self.conv3(self.conv2(self.maxpool(self.conv1(x)))))
        x = self.global_avgpool(self.conv5(x))
        return self.fc(x.view(x.size(0), -1))

class ClipBottleneck(nn.Module):
    """CLIP's bottleneck: average pooling where others have strides."""
    def __init__(self, inputs, inner, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, inner, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = nn.Conv2d(inner, inner, 3, 1, 1, bias=False), nn.BatchNorm2d(inner)
        self.avgpool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.conv3, self.bn3 = nn.Conv2d(inner, 4 * inner, 1, bias=False), nn.BatchNorm2d(4 * inner)
        self.downsample = nn.Sequential(nn.AvgPool2d(stride), nn.Conv2d(inputs, 4 * inner, 1, bias=False), nn.BatchNorm2d(4 * inner))
    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.avgpool(F.relu(self.bn2(self.conv2(y))))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))

class AttentionPool(nn.Module):
    """CLIP's pooling: the mean is one more token, and the one that asks."""
    def __init__(self, tokens, width, heads, d):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.zeros(tokens + 1, width))
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, d)
        self.heads = heads
    def forward(self, x):
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x], 0) + self.positional_embedding[:, None, :]
        y, _ = F.multi_head_attention_forward(
            query=x[:1], key=x, value=x, embed_dim_to_check=x.shape[-1], num_heads=self.heads,
            q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight,
            in_proj_weight=None, in_proj_bias=torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]),
            bias_k=None, bias_v=None, add_zero_attn=False, dropout_p=0.0, out_proj_weight=self.c_proj.weight,
            out_proj_bias=self.c_proj.bias, use_separate_proj_weight=True, training=False, need_weights=False)
        return y.squeeze(0)

class ClipResNet(nn.Module):
    def __init__(self, width, d, size):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width // 2, 3, 2, 1, bias=False), nn.BatchNorm2d(width // 2)
        self.conv2, self.bn2 = nn.Conv2d(width // 2, width // 2, 3, 1, 1, bias=False), nn.BatchNorm2d(width // 2)
        self.conv3, self.bn3 = nn.Conv2d(width // 2, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.avgpool = nn.AvgPool2d(2)
        self.layer1 = ClipBottleneck(width, width, 1)
        self.layer2 = ClipBottleneck(4 * width, 2 * width, 2)
        self.attnpool = AttentionPool(size[0] // 8 * (size[1] // 8), 8 * width, 2, d)
    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn3(self.conv3(F.relu(self.bn2(self.conv2(x))))))
        return self.attnpool(self.layer2(self.layer1(self.avgpool(x))))

class Mixed(nn.Module):
    """An inception block: 1 × 1, a factored 1 × 5 and 5 × 1, a dilated 3 × 3, and a pooling that does not count its border."""
    def __init__(self, inputs, width):
        super().__init__()
        self.branch1 = ConvUnit(inputs, width, 1)
        self.branch2 = nn.Sequential(ConvUnit(inputs, width, 1), ConvUnit(width, width, (1, 5), 1, (0, 2)), ConvUnit(width, width, (5, 1), 1, (2, 0)))
        self.branch3 = nn.Sequential(nn.Conv2d(inputs, width, 3, 1, 2, dilation=2), nn.LeakyReLU(0.1))
        self.branch_pool = ConvUnit(inputs, width, 1)
    def forward(self, x):
        pooled = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch_pool(pooled)], 1)

class Inception(nn.Module):
    """With the input transform of torchvision's Inception and GoogLeNet, and poolings that round up."""
    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = ConvUnit(3, width, 3, 2)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.mixed1 = Mixed(width, width)
        self.avgpool1 = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
        self.mixed2 = Mixed(4 * width, width)
        self.dropout, self.fc = nn.Dropout(0.2), nn.Linear(4 * width, classes)
    def forward(self, x):
        a = torch.unsqueeze(x[:, 0], 1) * (0.229 / 0.5) + (0.485 - 0.5) / 0.5
        b = torch.unsqueeze(x[:, 1], 1) * (0.224 / 0.5) + (0.456 - 0.5) / 0.5
        c = torch.unsqueeze(x[:, 2], 1) * (0.225 / 0.5) + (0.406 - 0.5) / 0.5
        x = self.mixed1(self.maxpool1(self.conv1(torch.cat((a, b, c), 1))))
        x = F.adaptive_avg_pool2d(self.mixed2(self.avgpool1(x)), (1, 1))
        return self.fc(self.dropout(torch.flatten(x, 1)))

class Fuse(nn.Module):
    """A fine and a coarse map, brought to the fine one's size and summed, as HRNet and feature pyramids do."""
    def __init__(self, width, mode):
        super().__init__()
        self.down = ConvUnit(width, width, 3, 2, 1)
        self.up = ConvUnit(width, width, 1, relu=False)
        self.mode = mode
    def forward(self, x):
        y = self.up(self.down(x))
        return F.relu(x + F.interpolate(y, x.shape[2:], mode=self.mode, **({} if self.mode == "nearest" else dict(align_corners=False))))

class TwoScales(nn.Module):
    """Ends in a projection of unit length, as many embedders do."""
    def __init__(self, width):
        super().__init__()
        self.conv1 = ConvUnit(3, width, 3, 2, 1)
        self.fuse1, self.fuse2 = Fuse(width, "nearest"), Fuse(width, "bilinear")
        self.conv4 = ConvUnit(width, 2 * width, 3, 2, 1)
        self.project = nn.Linear(2 * width, 2 * width)
    def forward(self, x):
        x = self.conv4(self.fuse2(self.fuse1(self.conv1(x))))
        return F.normalize(self.project(x.amax((2, 3)) + x.mean((2, 3))))

# ---- the lists ----------------------------------------------------------------------------------------------------------

class Net:
    """`linear`: the path of the last linear layer, where the file's output is a classifier's."""
    def __init__(self, name, build, size, layers, linear=None, also=(), trace_names=True):
        self.name, self.build, self.size, self.layers, self.linear = name, build, size, layers, linear
        self.kinds = ["ts17", "dy", *also]
        self.named = trace_names

def tv(name, drop=None, **kw):
    """A network of torchvision; `drop`: the path of the layer that becomes an identity."""
    def build():
        m = getattr(torchvision.models, name)(weights=None, **kw)
        if drop:
            path, _, last = drop.rpartition(".")
            setattr(m.get_submodule(path), last, nn.Identity())
        return m
    return build

def tm(name, fused=True, **kw):
    """A network of timm; `fused`: whether attention is one call of PyTorch's or spelled out."""
    def build():
        import timm, timm.layers
        timm.layers.set_fused_attn(fused)
        return timm.create_model(name, pretrained=False, **kw)
    return build

def full():
    s = (224, 224)
    return [
        Net("resnet50", tv("resnet50", "fc"), s, ["layer4", "layer3", "layer2.1"], also=("ts11", "dyx", "dyn")),
        Net("mobilenet_v3_large", tv("mobilenet_v3_large"), s, ["features.16", "features.12", "features.6"], "classifier.3"),
        Net("convnext_tiny", tv("convnext_tiny", "classifier.2"), s, ["features.7", "features.5", "features.3"], also=("dyn",)),
        Net("vit_b_16", tv("vit_b_16", "heads.head"), s, [f"encoder.layers.encoder_layer_{i}" for i in (10, 6, 2)]),
        Net("densenet121", tv("densenet121"), s, ["features", "features.transition3", "features.denseblock2"], "classifier"),
        Net("iresnet50", lambda: IResNet((3, 4, 14, 3), (64, 64, 128, 256, 512), 512, (112, 112)), (112, 112), ["bn2", "layer4", "layer3.12"], also=("ts11",)),
        Net("resnext50_32x4d", tv("resnext50_32x4d"), s, ["layer4", "layer3", "layer2"], "fc"),
        Net("mobilenet_v2", tv("mobilenet_v2", "classifier.1"), s, ["features.18", "features.13", "features.6"], trace_names=False),
        Net("efficientnet_b0", tv("efficientnet_b0", "classifier.1"), s, ["features.8", "features.5", "features.3"]),
        Net("efficientnet_v2_s", tv("efficientnet_v2_s"), s, ["features.7", "features.5", "features.3"], "classifier.1"),
        Net("regnet_y_400mf", tv("regnet_y_400mf", "fc"), s, ["trunk_output", "trunk_output.block3", "trunk_output.block2"]),
        Net("shufflenet_v2_x1_0", tv("shufflenet_v2_x1_0", "fc"), s, ["conv5", "stage4", "stage3"]),
        Net("squeezenet1_1", tv("squeezenet1_1"), s, ["classifier.2", "features", "features.7"]),
        Net("googlenet", tv("googlenet", "fc", aux_logits=False, init_weights=False, transform_input=True), s, ["inception5b", "inception4e", "inception3b"]),
        Net("inception_v3", tv("inception_v3", aux_logits=False, init_weights=False, transform_input=True), (299, 299), ["Mixed_7c", "Mixed_6e", "Mixed_5d"], "fc"),
        Net("vgg11_bn", tv("vgg11_bn"), s, ["features", "features.20", "features.13"], "classifier.6"),
        Net("mnasnet1_0", tv("mnasnet1_0", "classifier.1"), s, ["layers", "layers.13", "layers.11"]),
        Net("swin_t", tv("swin_t", "head"), s, ["norm", "features.5", "features.3"]),
        Net("resnet50d", tm("resnet50d", num_classes=0), s, ["layer4", "layer3", "layer2"]),
        Net("repvgg_a0", tm("repvgg_a0"), s, ["stages.3", "stages.2", "stages.1"], "head.fc"),
        Net("nf_resnet26", tm("nf_resnet26", num_classes=0), s, ["final_act", "stages.2", "stages.1"]),
        Net("hrnet_w18_small", tm("hrnet_w18_small", num_classes=0), s, ["final_layer", "layer1", "act2"]),
        Net("deit_small", tm("deit_small_patch16_224", fused=False), s, ["blocks.10", "blocks.6", "blocks.2"], "head", also=("dyn",)),
        Net("dinov2_small", tm("vit_small_patch14_dinov2", num_classes=0, img_size=224), s, ["blocks.10", "blocks.6", "blocks.2"]),
        Net("clip_rn50", tm("resnet50_clip"), s, ["stages.3", "stages.2", "stages.1"]),
        Net("levit_128", tm("levit_128", num_classes=0), s, ["stages.2", "stages.1", "stages.0"]),
        Net("fastvit_t8", tm("fastvit_t8", num_classes=0), (256, 256), ["final_conv", "stages.3", "stages.2"]),
        Net("mobilenetv4_conv_small", tm("mobilenetv4_conv_small", num_classes=0), s, ["blocks.4", "blocks.3", "blocks.2"]),
        Net("convnextv2_atto", tm("convnextv2_atto", num_classes=0), s, ["stages.3", "stages.2", "stages.1"]),
        Net("ghostnet_100", tm("ghostnet_100"), s, ["blocks.9", "blocks.6", "blocks.4"], "classifier"),
        Net("osnet_x0_25", lambda: OSNet((16, 64, 96, 128), 512), (256, 128), ["conv5", "conv4", "conv3"]),
        Net("maxvit_tiny", tm("maxvit_tiny_tf_224", num_classes=0), s, ["stages.3", "stages.2", "stages.1"]),
        Net("dm_nfnet_f0", tm("dm_nfnet_f0", num_classes=0), (192, 192), ["final_act", "stages.2", "stages.1"]),
    ]

def small():
    from timm.layers import set_fused_attn
    from timm.models import byobnet, convnext, efficientnet, eva, levit, nfnet, resnet, vision_transformer
    from timm.models._efficientnet_builder import decode_arch_def
    from torchvision.models import densenet, mobilenetv3, shufflenetv2, swin_transformer
    from torchvision.models import convnext as tv_convnext
    def vit(fused=True, **kw):
        def build():
            set_fused_attn(fused)
            return vision_transformer.VisionTransformer(**kw)
        return build
    def rep():
        blocks = tuple(byobnet.ByoBlockCfg(type="rep", d=d, c=c, s=2, gs=gs) for d, c, gs in ((1, 8, 0), (2, 16, 0), (2, 24, 8)))
        return byobnet.ByobNet(byobnet.ByoModelCfg(blocks=blocks, stem_type="rep", stem_chs=8), num_classes=6)
    def nf():
        cfg = nfnet.NfCfg(depths=(1, 1), channels=(24, 32), stem_type="3x3", stem_chs=12, group_size=8, bottle_ratio=0.5, extra_conv=True,
                          num_features=40, act_layer="gelu", attn_layer="se", attn_kwargs=dict(rd_ratio=0.5), skipinit=True)
        return nfnet.NormFreeNet(cfg, num_classes=0)
    def mobile():
        c = functools.partial(mobilenetv3.InvertedResidualConfig, dilation=1, width_mult=1.0)
        rows = [c(8, 3, 8, 8, True, "RE", 2), c(8, 3, 24, 16, False, "RE", 2), c(16, 5, 32, 16, True, "HS", 1), c(16, 5, 40, 16, True, "HS", 2)]
        return mobilenetv3.MobileNetV3(rows, 24, num_classes=9)
    def efficient():
        arch = [["ds_r1_k3_s1_e1_c8_se0.25"], ["ir_r2_k3_s2_e3_c12_se0.25"], ["ir_r1_k5_s2_e3_c16_se0.25"]]
        return efficientnet.EfficientNet(decode_arch_def(arch), num_classes=0, num_features=40, stem_size=8, pad_type="same", act_layer=nn.SiLU)
    def swin():
        return swin_transformer.SwinTransformer([4, 4], 8, [2, 1], [1, 2], [4, 4], num_classes=7)
    def conv():
        c = tv_convnext.CNBlockConfig
        m = tv_convnext.ConvNeXt([c(8, 12, 1), c(12, 16, 2), c(16, None, 1)], num_classes=1)
        m.classifier[2] = nn.Identity()
        return m
    return [
        Net("tiny_resnet_d", lambda: resnet.ResNet(resnet.BasicBlock, (1, 1, 1, 1), num_classes=0, stem_width=6, stem_type="deep", avg_down=True, channels=(8, 10, 12, 16)),
            (40, 56), ["layer4", "layer3", "layer2"], also=("dyx",)),
        Net("tiny_vit", vit(img_size=(24, 32), patch_size=8, embed_dim=16, depth=3, num_heads=2, mlp_ratio=2, num_classes=10), (24, 32),
            ["blocks.1", "blocks.0", "patch_embed"], "head", also=("dyn",)),
        Net("tiny_dinov2", vit(img_size=(21, 28), patch_size=7, embed_dim=16, depth=2, num_heads=2, num_classes=0, reg_tokens=4, no_embed_class=True, init_values=0.1),
            (21, 28), ["blocks.0", "blocks.0.attn", "patch_embed"], also=("ts14",)),
        Net("tiny_siglip", vit(fused=False, img_size=(24, 32), patch_size=8, embed_dim=16, depth=2, num_heads=2, num_classes=0, class_token=False, global_pool="map",
            act_layer="gelu_tanh"), (24, 32), ["blocks.1", "blocks.0", "patch_embed"]),
        Net("tiny_eva", lambda: eva.Eva(img_size=(24, 32), patch_size=8, embed_dim=16, depth=2, num_heads=2, num_classes=0, mlp_ratio=2, swiglu_mlp=True, qkv_fused=False,
            scale_mlp=True, use_rot_pos_emb=True, ref_feat_shape=(3, 4)), (24, 32), ["blocks.1", "blocks.0", "patch_embed"]),
        Net("tiny_convnext", conv, (32, 48), ["features.5", "features.3", "features.1"], also=("ts11",)),
        Net("tiny_convnextv2", lambda: convnext.ConvNeXt(depths=(1, 1, 1, 1), dims=(8, 8, 12, 16), num_classes=0, use_grn=True, ls_init_value=None, patch_size=1),
            (16, 24), ["stages.3", "stages.2", "stages.1"]),
        Net("tiny_efficientnet", efficient, (29, 36), ["blocks", "blocks.2", "blocks.1.0"]),
        Net("tiny_mobilenet_v3", mobile, (32, 40), ["features.5", "features.4", "features.2"], "classifier.3", also=("ts11",)),
        Net("tiny_repvgg", rep, (32, 40), ["stages.2", "stages.1", "stages.0"], "head.fc"),
        Net("tiny_clip_rn", lambda: ClipResNet(6, 20, (24, 32)), (24, 32), ["layer2", "layer1", "avgpool"]),
        Net("tiny_nfnet", nf, (24, 32), ["final_act", "stages.1", "stages.0"]),
        Net("tiny_iresnet", lambda: IResNet((1, 2, 1), (6, 6, 8, 12), 20, (36, 28)), (36, 28), ["bn2", "layer3", "layer2.0"], also=("ts11",)),
        Net("tiny_osnet", lambda: OSNet((8, 12, 16, 24), 20, 1), (48, 32), ["conv5", "conv4", "conv3"]),
        Net("tiny_densenet", lambda: densenet.DenseNet(6, (2, 2), 10, num_classes=8), (28, 36), ["features", "features.transition1", "features.denseblock1"], "classifier"),
        Net("tiny_shufflenet", lambda: nn.Sequential(collections.OrderedDict(model=shufflenetv2.ShuffleNetV2([2, 2, 1], [8, 12, 16, 24, 32], num_classes=6))),
            (48, 40), ["model.conv5", "model.stage4", "model.stage2"], "model.fc", trace_names=False),
        Net("tiny_swin", swin, (32, 40), ["norm", "features.3", "features.1"], "head"),
        Net("tiny_scales", lambda: TwoScales(8), (22, 28), ["conv4", "fuse2", "fuse1"]),
        Net("tiny_inception", lambda: Inception(6, 7), (27, 34), ["mixed2", "avgpool1", "mixed1"], "fc"),
        Net("tiny_levit", lambda: levit.Levit(img_size=32, embed_dim=(16, 24), key_dim=4, depth=(1, 1), num_heads=(2, 3), attn_ratio=2, mlp_ratio=2, stem_type="s8", num_classes=0),
            (32, 32), ["stages.1", "stages.0", "stem"]),
    ]

# ---- weights ------------------------------------------------------------------------------------------------------------

def uniform(t, a, b, g):
    with torch.no_grad():
        t.copy_(torch.rand(t.shape, generator=g) * (b - a) + a)

def normal(t, s, g):
    with torch.no_grad():
        t.copy_(torch.randn(t.shape, generator=g) * s)

def randomise(model, g):
    """Every parameter anew, by its kind."""
    for path, m in model.named_modules():
        norm = "norm" in type(m).__name__.lower()
        for name, p in m.named_parameters(recurse=False):
            low = name.lower()
            if norm and name == "weight":
                # the end of a residual branch is small, as it is after training: else rounding grows from block to block
                uniform(p, *((0.15, 0.45) if path.endswith(("bn3", "proj.ln.bn", "ln2.bn")) else (0.5, 1.5)), g)
            elif norm and name == "bias":
                uniform(p, -0.5, 0.5, g)
            elif isinstance(m, nn.PReLU):
                uniform(p, 0.1, 0.4, g)
            elif "gamma" in low or "layer_scale" in low:
                uniform(p, 0.2, 0.8, g)
            elif "gain" in low:
                with torch.no_grad():
                    p.copy_((p.abs() + (p == 0)) * (torch.rand(p.shape, generator=g) + 0.5))
            elif "table" in low or "token" in low or "pos" in low or "latent" in low or "attention_bias" in low:
                normal(p, 0.4, g)
            elif p.ndim >= 2:
                relu = 2.0 if isinstance(m, nn.Conv2d) else 1.0
                normal(p, (relu / p[0].numel()) ** 0.5, g)
            else:
                uniform(p, -0.2, 0.2, g)

def settle(model, x, g):
    """Statistics of batch norms near those of what reaches them: mean ± 0.2 deviations, variance × 0.5 … 1.5."""
    def before(m, args):
        y = args[0].detach()
        axes = [i for i in range(y.ndim) if i != 1]
        v, u = torch.var_mean(y, axes, correction=0)
        if y.numel() // y.shape[1] < 16:
            v, u = torch.var_mean(y, correction=0)
            v, u = v.expand(y.shape[1]), u.expand(y.shape[1])
        v = v.clamp_min(0.05 * float(v.mean()) + 1e-6)
        m.running_mean.copy_(u + v.sqrt() * (torch.rand(u.shape, generator=g) * 0.4 - 0.2))
        m.running_var.copy_(v * (torch.rand(v.shape, generator=g) + 0.5))
    handles = [m.register_forward_pre_hook(before) for m in model.modules() if getattr(m, "running_var", None) is not None]
    with torch.no_grad():
        model(x)
    for h in handles:
        h.remove()

def pictures(h, w, g):
    """[2, 3, h, w]: smooth patterns and some noise."""
    coarse = torch.randn(2, 3, 4, 5, generator=g)
    fine = torch.randn(2, 3, h, w, generator=g)
    return (1.2 * F.interpolate(coarse, (h, w), mode="bicubic") + 0.4 * fine).contiguous()

# ---- what must come out -------------------------------------------------------------------------------------------------

def compute(model, net, x, v):
    """The golden tensors, in the precision of the model; without gradients where `v` is None."""
    kept, out = {}, {}
    def keep(name):
        def after(m, args, y):
            assert torch.is_tensor(y), f"{name} gives {type(y)}"
            y.retain_grad()
            kept[name] = y
            out["activations." + name] = y.detach().clone()
            return y.clone()                     # what follows may write into it
        return after
    handles = [model.get_submodule(n).register_forward_hook(keep(n)) for n in net.layers]
    embedding = []
    if net.linear:
        handles.append(model.get_submodule(net.linear).register_forward_pre_hook(lambda m, a: embedding.append(a[0])))
    for p in model.parameters():
        p.requires_grad_(False)
    y = model(x.detach().requires_grad_())       # so that each layer has a history
    for h in handles:
        h.remove()
    if net.linear:
        out["logits"] = y.detach().clone()
        e = embedding[0]
    else:
        e = y
    assert e.ndim == 2, f"embedding is {list(e.shape)}"
    out["embedding"] = e.detach().clone()
    if v is not None:
        (e * v).sum().backward()
        for n in net.layers:
            out["gradient." + n] = kept[n].grad.clone()
    return {k: t.double().numpy() for k, t in out.items()}

def share(a, b):
    return float(np.abs(np.asarray(a, np.float64) - b).max() / max(np.abs(b).max(), 1e-30))

# ---- the files ----------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def quiet():
    """Neither Python nor what it calls prints."""
    sys.stdout.flush(); sys.stderr.flush()
    saved, null = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1); os.dup2(null, 2)
    try:
        yield
    finally:
        sys.stdout.flush(); sys.stderr.flush()
        os.dup2(saved[0], 1); os.dup2(saved[1], 2)
        for f in (*saved, null):
            os.close(f)

def export(model, net, x, kind, path):
    names = dict(input_names=["input"], output_names=["logits" if net.linear else "embedding"]) if net.named else {}
    with quiet():
        if kind.startswith("ts"):
            axes = dict(dynamic_axes={n: {0: "batch"} for n in names["input_names"] + names["output_names"]}) if net.named else {}
            torch.onnx.export(model, (x[:1],), path, dynamo=False, opset_version=int(kind[2:]), **names, **axes)
        else:
            shapes = dict(dynamic_shapes=({0: torch.export.Dim("batch")},)) if kind == "dyn" else {}
            torch.onnx.export(model, (x if kind == "dyn" else x[:1],), path, dynamo=True, external_data=kind == "dyx", verbose=False, **names, **shapes)

def strip(path):
    """Drops what holds the paths of the machine that exported, and repeats of other entries."""
    import onnx
    m = onnx.load(path, load_external_data=False)
    nodes = [m.graph, *m.graph.node, *m.graph.value_info, *m.graph.input, *m.graph.output, *m.graph.initializer, *m.functions]
    for f in m.functions:
        nodes.extend(f.node)
    for n in nodes:
        stay = [p for p in n.metadata_props if p.key in ("pkg.torch.onnx.name_scopes",)]
        del n.metadata_props[:]
        n.metadata_props.extend(stay)
        n.ClearField("doc_string")
    del m.metadata_props[:]
    with open(path, "wb") as f:
        f.write(m.SerializeToString())

def session(model):
    import onnxruntime as ort
    o = ort.SessionOptions()
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.log_severity_level = 3
    return ort.InferenceSession(model, o, providers=["CPUExecutionProvider"])

def penultimate(graph):
    """What the last Gemm or MatMul in front of the output reads."""
    maker = {o: n for n in graph.node for o in n.output}
    name = graph.output[0].name
    while True:
        n = maker[name]
        if n.op_type in ("Gemm", "MatMul"):
            return n.input[0]
        name = next(i for i in n.input if i in maker)

def equal_values(m, net, x, golden):
    """LAYER → names of the values that equal the layer's output for the first image."""
    import onnx
    m = onnx.ModelProto.FromString(m.SerializeToString())
    have = {o.name for o in m.graph.output}
    for n in m.graph.node:
        if n.op_type not in ("Constant", "Shape", "ConstantOfShape", "Range"):
            m.graph.output.extend(onnx.ValueInfoProto(name=o) for o in n.output if o and o not in have)
    s = session(m.SerializeToString())
    names = [o.name for o in s.get_outputs() if o.type == "tensor(float)"]
    got = dict(zip(names, s.run(names, {s.get_inputs()[0].name: x[:1]})))
    found = {}
    for layer in net.layers:
        want = golden["activations." + layer][:1]
        limit = 1e-3 * np.abs(want).max()
        same, other, order = [], [], None
        for n in names:
            y = got[n]
            if y.size != want.size:
                continue
            if y.shape == want.shape and np.abs(y - want).max() <= limit:
                same.append(n)
                continue
            if order is None:
                order = np.sort(want, axis=None)
            if np.abs(np.sort(y, axis=None) - order).max() <= limit:
                other.append(n)
        found[layer] = {"equal": same, "permuted": other}
    return found

def save(path, tensors, metadata):
    """A safetensors file, all f32; by hand, since the package writes metadata in an order that changes from run to run."""
    header, at, parts = {"__metadata__": metadata}, 0, []
    for k in sorted(tensors):
        t = np.ascontiguousarray(tensors[k], "<f4")
        header[k] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + t.nbytes]}
        at += t.nbytes
        parts.append(t.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + b"".join(parts))

def make(net, out, is_small):
    import onnx
    seed = zlib.crc32(net.name.encode())
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    model = net.build().eval()
    x = pictures(*net.size, g)
    randomise(model, g)
    settle(model, x, g)
    single = compute(model, net, x, None)
    v = torch.randn(single["embedding"].shape[1], generator=g)
    single = compute(model, net, x, v)
    precision = "f64"
    try:
        golden = compute(model.double(), net, x.double(), v.double())
    except RuntimeError as e:
        golden, precision = single, "f32: " + str(e).splitlines()[0]
    model.float()
    for k, t in golden.items():
        assert np.isfinite(t).all() and t.std() > 0, k
    entry = {"name": net.name, "input": list(net.size), "d": int(len(v)), "output": "logits" if net.linear else "embedding", "linear": net.linear,
             "parameters": sum(p.numel() for p in model.parameters()), "precision": precision, "layers": net.layers,
             "shapes": {n: list(golden["activations." + n].shape[1:]) for n in net.layers}, "files": {}, "values": {}, "agreement": {}, "failed": {},
             "rounding": {k: [share(single[k], golden[k]), float(np.linalg.norm(single[k] - golden[k]) / np.linalg.norm(golden[k]))] for k in golden},
             "largest": {k: float(np.abs(golden[k]).max()) for k in golden},
             "apart": share(golden["embedding"][0], golden["embedding"][1])}
    tensors = {"input": x.numpy(), "vector": v.numpy(), **golden}
    for kind in net.kinds:
        path = f"{out}/{net.name}.{kind}.onnx"
        try:
            with torch.no_grad():
                try:
                    export(model, net, x, kind, path)
                except Exception as e:
                    if "_native_multi_head_attention" not in str(e):
                        raise
                    entry["failed"][kind] = "_native_multi_head_attention; the file was written with torch.backends.mha.set_fastpath_enabled(False)"
                    torch.backends.mha.set_fastpath_enabled(False)
                    export(model, net, x, kind, path)
        except Exception as e:
            for p in (path, path + ".data"):
                if os.path.exists(p):
                    os.remove(p)
            entry["failed"][kind] = f"{type(e).__name__}: {' '.join(str(e).split())[:300]}"
            continue
        finally:
            torch.backends.mha.set_fastpath_enabled(True)
        if is_small:
            strip(path)
        m = onnx.load(path)
        ops = collections.Counter(f"{n.domain}::{n.op_type}" if n.domain else n.op_type for n in m.graph.node)
        entry["files"][kind] = {"file": os.path.basename(path), "bytes": os.path.getsize(path), "ir": m.ir_version,
                                "opset": {o.domain or "ai.onnx": o.version for o in m.opset_import},
                                "input": [i.name for i in m.graph.input], "output": [o.name for o in m.graph.output],
                                "nodes": len(m.graph.node), "initializers": len(m.graph.initializer), "functions": len(m.functions), "ops": dict(sorted(ops.items()))}
        if os.path.exists(path + ".data"):
            entry["files"][kind]["data"] = [os.path.basename(path) + ".data", os.path.getsize(path + ".data")]
        want = ["logits" if net.linear else "embedding"]
        if net.linear:
            m.graph.output.append(onnx.ValueInfoProto(name=penultimate(m.graph)))
            want.append("embedding")
        s = session(m.SerializeToString())
        rows = [s.run(None, {s.get_inputs()[0].name: x[i:i + 1].numpy()}) for i in range(2)]
        for i, k in enumerate(want):
            y = np.concatenate([r[i] for r in rows])
            assert y.shape == golden[k].shape, (kind, k, y.shape)
            tensors[("onnxruntime." if k == "embedding" else "onnxruntime_logits.") + kind] = y
            entry["agreement"][f"{kind}.{k}"] = share(y, golden[k])
        del s
        if kind != "dyx":
            entry["values"][kind] = equal_values(m, net, x.numpy(), golden)
        del m
        gc.collect()
    save(f"{out}/{net.name}.safetensors", tensors, {"output": entry["output"], "linear": net.linear or "", "precision": precision, "layers": ",".join(net.layers)})
    return entry

def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out"); ap.add_argument("--only", nargs="+"); ap.add_argument("--small", action="store_true")
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    index = f"{a.out}/zoo.json"
    nets = small() if a.small else full()
    known = [n.name for n in nets]
    for n in a.only or []:
        if n not in known:
            sys.exit(f"{n} is none of {', '.join(known)}")
    entries = {}
    if os.path.exists(index):
        entries = {e["name"]: e for e in json.load(open(index))["networks"]}
    import importlib.metadata as md
    made = {p: md.version(p) for p in ("torch", "torchvision", "timm", "onnx", "onnxruntime", "onnxscript", "numpy")}
    broken = []
    for net in nets:
        if a.only and net.name not in a.only:
            continue
        start = time.time()
        try:
            entries[net.name] = e = make(net, a.out, a.small)
        except Exception:
            traceback.print_exc()
            broken.append(net.name)
            continue
        print(f"{net.name}: {time.time() - start:.0f} s, d {e['d']}, {e['shapes']}, rounding {max(b for _, b in e['rounding'].values()):.1e}, apart {e['apart']:.2f}, "
              f"agreement { {k: float(f'{v:.1e}') for k, v in e['agreement'].items()} }, failed {e['failed']}", flush=True)
        rows = [entries[n] for n in [*known, *(k for k in entries if k not in known)] if n in entries]
        rows = ["{" + ",\n  ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in e.items()) + "}" for e in rows]
        with open(index, "w") as f:
            f.write('{"made_with": ' + json.dumps(made) + ',\n"networks": [\n ' + ",\n ".join(rows) + "\n]}\n")
    if broken:
        sys.exit(f"not made: {', '.join(broken)}")

if __name__ == "__main__":
    main()
