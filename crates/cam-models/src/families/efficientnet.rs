//! EfficientNet (Tan and Le, arXiv 1905.11946) and EfficientNetV2 (arXiv 2104.00298), as torchvision and timm have them.

use cam_graph::Function;

use super::Pixels;
use super::inverted::{Block, End, Kind, Network, Port, SILU, scaled};
use super::modules::Modules;
use crate::preprocessing::Filter::{self, Bicubic, Bilinear};
use crate::{Classifier, Description};

/// Blocks of a stage: kind, expansion, kernel, channels, how many, stride of the first.
type Stage = (Kind, usize, usize, usize, usize, usize);

const B0: [Stage; 7] = [
    (Kind::Separable, 1, 3, 16, 1, 1),
    (Kind::Inverted, 6, 3, 24, 2, 2),
    (Kind::Inverted, 6, 5, 40, 2, 2),
    (Kind::Inverted, 6, 3, 80, 3, 2),
    (Kind::Inverted, 6, 5, 112, 3, 1),
    (Kind::Inverted, 6, 5, 192, 4, 2),
    (Kind::Inverted, 6, 3, 320, 1, 1),
];

const V2_S: [Stage; 6] = [
    (Kind::Plain, 1, 3, 24, 2, 1),
    (Kind::Fused, 4, 3, 48, 4, 2),
    (Kind::Fused, 4, 3, 64, 4, 2),
    (Kind::Inverted, 4, 3, 128, 6, 2),
    (Kind::Inverted, 6, 3, 160, 9, 1),
    (Kind::Inverted, 6, 3, 256, 15, 2),
];

const V2_M: [Stage; 7] = [
    (Kind::Plain, 1, 3, 24, 3, 1),
    (Kind::Fused, 4, 3, 48, 5, 2),
    (Kind::Fused, 4, 3, 80, 5, 2),
    (Kind::Inverted, 4, 3, 160, 7, 2),
    (Kind::Inverted, 6, 3, 176, 14, 1),
    (Kind::Inverted, 6, 3, 304, 18, 2),
    (Kind::Inverted, 6, 3, 512, 5, 1),
];

const V2_L: [Stage; 7] = [
    (Kind::Plain, 1, 3, 32, 4, 1),
    (Kind::Fused, 4, 3, 64, 7, 2),
    (Kind::Fused, 4, 3, 96, 7, 2),
    (Kind::Inverted, 4, 3, 192, 10, 2),
    (Kind::Inverted, 6, 3, 224, 19, 1),
    (Kind::Inverted, 6, 3, 384, 25, 2),
    (Kind::Inverted, 6, 3, 640, 7, 1),
];

const V2_XL: [Stage; 7] = [
    (Kind::Plain, 1, 3, 32, 4, 1),
    (Kind::Fused, 4, 3, 64, 8, 2),
    (Kind::Fused, 4, 3, 96, 8, 2),
    (Kind::Inverted, 4, 3, 192, 16, 2),
    (Kind::Inverted, 6, 3, 256, 24, 1),
    (Kind::Inverted, 6, 3, 512, 32, 2),
    (Kind::Inverted, 6, 3, 640, 8, 1),
];

/// Width and depth of B0 to B7, times those of B0.
const SCALES: [(f64, f64); 8] = [
    (1.0, 1.0),
    (1.0, 1.1),
    (1.1, 1.2),
    (1.2, 1.4),
    (1.4, 1.8),
    (1.6, 2.2),
    (1.8, 2.6),
    (2.0, 3.1),
];

/// Which network of the family.
#[derive(Clone, Copy)]
enum Size {
    B(usize),
    S,
    M,
    L,
    XL,
}

/// Name, size, where it was trained and how its images were prepared.
type Known = (&'static str, Size, Port, Pixels);

const fn imagenet(side: usize, filter: Filter) -> Pixels {
    Pixels::imagenet(side, filter)
}

const fn half(side: usize) -> Pixels {
    Pixels::half(side, Bicubic)
}

const TORCHVISION: [Known; 11] = [
    ("efficientnet_b0", Size::B(0), Port::PYTORCH, imagenet(224, Bicubic)),
    ("efficientnet_b1", Size::B(1), Port::PYTORCH, imagenet(240, Bicubic)),
    ("efficientnet_b2", Size::B(2), Port::PYTORCH, imagenet(288, Bicubic)),
    ("efficientnet_b3", Size::B(3), Port::PYTORCH, imagenet(300, Bicubic)),
    ("efficientnet_b4", Size::B(4), Port::PYTORCH, imagenet(380, Bicubic)),
    ("efficientnet_b5", Size::B(5), Port::WIDER_EPSILON, imagenet(456, Bicubic)),
    ("efficientnet_b6", Size::B(6), Port::WIDER_EPSILON, imagenet(528, Bicubic)),
    ("efficientnet_b7", Size::B(7), Port::WIDER_EPSILON, imagenet(600, Bicubic)),
    ("efficientnet_v2_s", Size::S, Port::WIDER_EPSILON, imagenet(384, Bilinear)),
    ("efficientnet_v2_m", Size::M, Port::WIDER_EPSILON, imagenet(480, Bilinear)),
    ("efficientnet_v2_l", Size::L, Port::WIDER_EPSILON, half(480)),
];

/// The first of those that have the same names and shapes is taken unless told otherwise: it is the one with weights.
const TIMM: [Known; 24] = [
    ("efficientnet_b0", Size::B(0), Port::PYTORCH, imagenet(224, Bicubic)),
    ("efficientnet_b1", Size::B(1), Port::PYTORCH, half(240)),
    ("efficientnet_b2", Size::B(2), Port::PYTORCH, imagenet(256, Bicubic)),
    ("efficientnet_b3", Size::B(3), Port::PYTORCH, imagenet(288, Bicubic)),
    ("efficientnet_b4", Size::B(4), Port::PYTORCH, imagenet(320, Bicubic)),
    ("tf_efficientnet_b5", Size::B(5), Port::TENSORFLOW, imagenet(456, Bicubic)),
    ("tf_efficientnet_b6", Size::B(6), Port::TENSORFLOW, imagenet(528, Bicubic)),
    ("tf_efficientnet_b7", Size::B(7), Port::TENSORFLOW, imagenet(600, Bicubic)),
    ("tf_efficientnetv2_s", Size::S, Port::TENSORFLOW, half(300)),
    ("tf_efficientnetv2_m", Size::M, Port::TENSORFLOW, half(384)),
    ("tf_efficientnetv2_l", Size::L, Port::TENSORFLOW, half(384)),
    ("tf_efficientnetv2_xl", Size::XL, Port::TENSORFLOW, half(384)),
    ("tf_efficientnet_b0", Size::B(0), Port::TENSORFLOW, imagenet(224, Bicubic)),
    ("tf_efficientnet_b1", Size::B(1), Port::TENSORFLOW, imagenet(240, Bicubic)),
    ("tf_efficientnet_b2", Size::B(2), Port::TENSORFLOW, imagenet(260, Bicubic)),
    ("tf_efficientnet_b3", Size::B(3), Port::TENSORFLOW, imagenet(300, Bicubic)),
    ("tf_efficientnet_b4", Size::B(4), Port::TENSORFLOW, imagenet(380, Bicubic)),
    ("efficientnet_b5", Size::B(5), Port::PYTORCH, imagenet(448, Bicubic)),
    ("efficientnet_b6", Size::B(6), Port::PYTORCH, imagenet(528, Bicubic)),
    ("efficientnet_b7", Size::B(7), Port::PYTORCH, imagenet(600, Bicubic)),
    ("efficientnetv2_s", Size::S, Port::PYTORCH, imagenet(288, Bicubic)),
    ("efficientnetv2_m", Size::M, Port::PYTORCH, imagenet(320, Bicubic)),
    ("efficientnetv2_l", Size::L, Port::PYTORCH, imagenet(384, Bicubic)),
    ("efficientnetv2_xl", Size::XL, Port::PYTORCH, imagenet(384, Bicubic)),
];

pub(super) fn torchvision_names() -> Vec<&'static str> {
    TORCHVISION.map(|known| known.0).into()
}

pub(super) fn torchvision(name: &str) -> Option<Description> {
    let known = TORCHVISION.iter().find(|known| known.0 == name)?;
    Some(described(known, Modules::EfficientNet, "classifier.1"))
}

pub(super) fn timm_names() -> Vec<&'static str> {
    TIMM.map(|known| known.0).into()
}

pub(super) fn timm(name: &str) -> Option<Description> {
    let known = TIMM.iter().find(|known| known.0 == name)?;
    Some(described(known, Modules::Timm, "classifier"))
}

impl Size {
    /// Stages, width and depth, channels behind the first convolution and the last.
    fn numbers(self) -> (&'static [Stage], (f64, f64), [usize; 2]) {
        match self {
            Self::B(index) => {
                let (width, depth) = SCALES[index];
                (&B0, (width, depth), [32, 1280].map(|channels| scaled(channels, width)))
            }
            Self::S => (&V2_S, (1.0, 1.0), [24, 1280]),
            Self::M => (&V2_M, (1.0, 1.0), [24, 1280]),
            Self::L => (&V2_L, (1.0, 1.0), [32, 1280]),
            Self::XL => (&V2_XL, (1.0, 1.0), [32, 1280]),
        }
    }
}

fn described(
    &(name, size, port, pixels): &Known,
    modules: Modules,
    classifier: &str,
) -> Description {
    let (stages, (width, depth), [stem, head]) = size.numbers();
    let mut inputs = stem;
    let stages = stages.iter().map(|&(kind, expansion, kernel, channels, blocks, stride)| {
        let outputs = scaled(channels, width);
        let block = |index: usize| {
            let inputs = std::mem::replace(&mut inputs, outputs);
            let squeezes = matches!(kind, Kind::Separable | Kind::Inverted);
            Block {
                kind,
                inputs,
                wide: inputs * expansion,
                outputs,
                kernel,
                stride: if index == 0 { stride } else { 1 },
                squeeze: squeezes.then_some(inputs / 4),
                activation: SILU,
            }
        };
        let blocks = (blocks as f64 * depth).ceil() as usize;
        (0..blocks).map(block).collect()
    });
    let network = Network {
        stem,
        stages: stages.collect(),
        end: End::Pooled(head),
        activation: SILU,
        gate: [SILU, Function::Sigmoid],
        port,
        modules,
    };
    Description {
        name: name.to_owned(),
        graph: network.graph(pixels.size()),
        classifier: Some(Classifier::named(classifier, 1000)),
        preprocessing: pixels.preprocessing(),
    }
}
