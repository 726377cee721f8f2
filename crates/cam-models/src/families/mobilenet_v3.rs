//! MobileNetV3 (Howard et al., *Searching for MobileNetV3*, arXiv 1905.02244), as torchvision and timm have it.

use cam_graph::Function;

use super::Pixels;
use super::inverted::{Block, End, HARD_SIGMOID, Kind, Network, Port, scaled};
use super::modules::Modules;
use crate::preprocessing::Filter;
use crate::{Classifier, Description};

/// Stage, kernel, widened channels, channels, squeeze-and-excitation, hard swish (or ReLU) and stride of a block.
type Row = (usize, usize, usize, usize, bool, bool, usize);

const LARGE: [Row; 15] = [
    (0, 3, 16, 16, false, false, 1),
    (1, 3, 64, 24, false, false, 2),
    (1, 3, 72, 24, false, false, 1),
    (2, 5, 72, 40, true, false, 2),
    (2, 5, 120, 40, true, false, 1),
    (2, 5, 120, 40, true, false, 1),
    (3, 3, 240, 80, false, true, 2),
    (3, 3, 200, 80, false, true, 1),
    (3, 3, 184, 80, false, true, 1),
    (3, 3, 184, 80, false, true, 1),
    (4, 3, 480, 112, true, true, 1),
    (4, 3, 672, 112, true, true, 1),
    (5, 5, 672, 160, true, true, 2),
    (5, 5, 960, 160, true, true, 1),
    (5, 5, 960, 160, true, true, 1),
];

const SMALL: [Row; 11] = [
    (0, 3, 16, 16, true, false, 2),
    (1, 3, 72, 24, false, false, 2),
    (1, 3, 88, 24, false, false, 1),
    (2, 5, 96, 40, true, true, 2),
    (2, 5, 240, 40, true, true, 1),
    (2, 5, 240, 40, true, true, 1),
    (3, 5, 120, 48, true, true, 1),
    (3, 5, 144, 48, true, true, 1),
    (4, 5, 288, 96, true, true, 2),
    (4, 5, 576, 96, true, true, 1),
    (4, 5, 576, 96, true, true, 1),
];

/// Blocks, channels behind the last convolution and behind the linear layer.
#[derive(Clone, Copy)]
enum Size {
    Large,
    Small,
}

impl Size {
    fn blocks(self) -> (&'static [Row], [usize; 2]) {
        match self {
            Self::Large => (&LARGE, [960, 1280]),
            Self::Small => (&SMALL, [576, 1024]),
        }
    }
}

const TORCHVISION: [(&str, Size); 2] =
    [("mobilenet_v3_large", Size::Large), ("mobilenet_v3_small", Size::Small)];

/// timm's: name, size, where it was trained, and how its images were prepared. The first of those that have the same
/// names and shapes is taken unless told otherwise.
const TIMM: [(&str, Size, Port, Pixels); 4] = [
    ("mobilenetv3_large_100", Size::Large, Port::PYTORCH, Pixels::imagenet(224, Filter::Bicubic)),
    ("mobilenetv3_small_100", Size::Small, Port::PYTORCH, Pixels::imagenet(224, Filter::Bicubic)),
    (
        "tf_mobilenetv3_large_100",
        Size::Large,
        Port::TENSORFLOW,
        Pixels::half(224, Filter::Bilinear),
    ),
    (
        "tf_mobilenetv3_small_100",
        Size::Small,
        Port::TENSORFLOW,
        Pixels::half(224, Filter::Bilinear),
    ),
];

pub(super) fn torchvision_names() -> Vec<&'static str> {
    TORCHVISION.map(|known| known.0).into()
}

pub(super) fn torchvision(name: &str) -> Option<Description> {
    let &(_, size) = TORCHVISION.iter().find(|known| known.0 == name)?;
    let pixels = Pixels::imagenet(224, Filter::Bilinear);
    Some(described(
        name,
        size,
        (Modules::MobileNetV3, Port::WIDER_EPSILON),
        ("classifier.3", pixels),
    ))
}

pub(super) fn timm_names() -> Vec<&'static str> {
    TIMM.map(|known| known.0).into()
}

pub(super) fn timm(name: &str) -> Option<Description> {
    let &(_, size, port, pixels) = TIMM.iter().find(|known| known.0 == name)?;
    Some(described(name, size, (Modules::Timm, port), ("classifier", pixels)))
}

fn described(
    name: &str,
    size: Size,
    (modules, port): (Modules, Port),
    (classifier, pixels): (&str, Pixels),
) -> Description {
    let (rows, [wide, outputs]) = size.blocks();
    let mut inputs = 16;
    let mut stages: Vec<Vec<Block>> = Vec::new();
    for &(stage, kernel, wide, outputs, squeezes, is_swish, stride) in rows {
        let inputs = std::mem::replace(&mut inputs, outputs);
        let block = Block {
            kind: if wide == inputs { Kind::Separable } else { Kind::Inverted },
            inputs,
            wide,
            outputs,
            kernel,
            stride,
            squeeze: squeezes.then(|| scaled(wide / 4, 1.0)),
            activation: if is_swish { Function::HardSwish } else { Function::Relu },
        };
        stages.resize_with(stage + 1, Vec::new);
        stages[stage].push(block);
    }
    let network = Network {
        stem: 16,
        stages,
        end: End::Projected(wide, outputs),
        activation: Function::HardSwish,
        gate: [Function::Relu, HARD_SIGMOID],
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
