//! One table for each library. The first line that fits a name counts.

use super::rule::Rule;

/// torchvision 0.2 and later, timm's `resnet.py`: this crate's own names.
pub(super) const TORCHVISION: &[Rule] = &[
    Rule { from: "conv1", to: |_| "conv1".into() },
    Rule { from: "bn1", to: |_| "bn1".into() },
    Rule { from: "layer*", to: |n| format!("layer{}", n[0]) },
];

/// transformers' `modeling_resnet.py`, below `resnet.` where there is a classifier.
pub(super) const HUGGING_FACE: &[Rule] = &[
    Rule { from: "embedder.embedder.convolution", to: |_| "conv1".into() },
    Rule { from: "embedder.embedder.normalization", to: |_| "bn1".into() },
    Rule {
        from: "encoder.stages.*.layers.*.layer.*.convolution",
        to: |n| format!("layer{}.{}.conv{}", n[0] + 1, n[1], n[2] + 1),
    },
    Rule {
        from: "encoder.stages.*.layers.*.layer.*.normalization",
        to: |n| format!("layer{}.{}.bn{}", n[0] + 1, n[1], n[2] + 1),
    },
    Rule {
        from: "encoder.stages.*.layers.*.shortcut.convolution",
        to: |n| format!("layer{}.{}.downsample.0", n[0] + 1, n[1]),
    },
    Rule {
        from: "encoder.stages.*.layers.*.shortcut.normalization",
        to: |n| format!("layer{}.{}.downsample.1", n[0] + 1, n[1]),
    },
];

/// `nn.Sequential(*list(resnet.children())[:-2])`: 0 is the convolution, 1 its batch norm, 2 and 3
/// relu and pooling, which have no tensors.
pub(super) const NUMBERED: &[Rule] = &[
    Rule { from: "0", to: |_| "conv1".into() },
    Rule { from: "1", to: |_| "bn1".into() },
    Rule { from: "4.*", to: |n| format!("layer1.{}", n[0]) },
    Rule { from: "5.*", to: |n| format!("layer2.{}", n[0]) },
    Rule { from: "6.*", to: |n| format!("layer3.{}", n[0]) },
    Rule { from: "7.*", to: |n| format!("layer4.{}", n[0]) },
];

/// The PyTorch port of EfficientNet-Lite: this crate's own names.
pub(super) const EFFICIENTNET_PYTORCH: &[Rule] = &[
    Rule { from: "_conv_stem", to: |_| "_conv_stem".into() },
    Rule { from: "_bn0", to: |_| "_bn0".into() },
    Rule { from: "_blocks.*", to: |n| format!("_blocks.{}", n[0]) },
    Rule { from: "_conv_head", to: |_| "_conv_head".into() },
    Rule { from: "_bn1", to: |_| "_bn1".into() },
];

/// timm's `efficientnet.py`. Blocks of the first stage do not widen: there `conv_pw` narrows. Two
/// numbers, stage and block, have become one by then.
pub(super) const TIMM: &[Rule] = &[
    Rule { from: "conv_stem", to: |_| "_conv_stem".into() },
    Rule { from: "bn1", to: |_| "_bn0".into() },
    Rule { from: "conv_head", to: |_| "_conv_head".into() },
    Rule { from: "bn2", to: |_| "_bn1".into() },
    Rule { from: "blocks.0.*.conv_dw", to: |n| format!("_blocks.{}._depthwise_conv", n[0]) },
    Rule { from: "blocks.0.*.bn1", to: |n| format!("_blocks.{}._bn1", n[0]) },
    Rule { from: "blocks.0.*.conv_pw", to: |n| format!("_blocks.{}._project_conv", n[0]) },
    Rule { from: "blocks.0.*.bn2", to: |n| format!("_blocks.{}._bn2", n[0]) },
    Rule { from: "blocks.*.*.conv_pw", to: |n| format!("_blocks.{}._expand_conv", n[0]) },
    Rule { from: "blocks.*.*.bn1", to: |n| format!("_blocks.{}._bn0", n[0]) },
    Rule { from: "blocks.*.*.conv_dw", to: |n| format!("_blocks.{}._depthwise_conv", n[0]) },
    Rule { from: "blocks.*.*.bn2", to: |n| format!("_blocks.{}._bn1", n[0]) },
    Rule { from: "blocks.*.*.conv_pwl", to: |n| format!("_blocks.{}._project_conv", n[0]) },
    Rule { from: "blocks.*.*.bn3", to: |n| format!("_blocks.{}._bn2", n[0]) },
    // What other networks have in their blocks (`se`), so that it is named.
    Rule { from: "blocks.*.*", to: |n| format!("_blocks.{}", n[0]) },
];
