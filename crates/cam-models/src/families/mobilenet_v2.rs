//! MobileNetV2 (Sandler et al., arXiv 1801.04381), as torchvision and timm have it.

use cam_graph::Function;

use super::Pixels;
use super::inverted::{Block, End, Kind, Network, Port, RELU6, scaled};
use super::modules::Modules;
use crate::preprocessing::Filter;
use crate::{Classifier, Description};

/// Expansion, channels, blocks and stride of the seven stages.
const STAGES: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// torchvision's one.
const TORCHVISION: &str = "mobilenet_v2";

/// timm's: name, width, and depth; where there are more blocks, stem and head keep their width.
const TIMM: [(&str, f64, f64); 7] = [
    ("mobilenetv2_100", 1.0, 1.0),
    ("mobilenetv2_035", 0.35, 1.0),
    ("mobilenetv2_050", 0.5, 1.0),
    ("mobilenetv2_075", 0.75, 1.0),
    ("mobilenetv2_140", 1.4, 1.0),
    ("mobilenetv2_110d", 1.1, 1.2),
    ("mobilenetv2_120d", 1.2, 1.4),
];

pub(super) fn torchvision_names() -> Vec<&'static str> {
    vec![TORCHVISION]
}

pub(super) fn torchvision(name: &str) -> Option<Description> {
    (name == TORCHVISION).then(|| {
        let pixels = Pixels::imagenet(224, Filter::Bilinear);
        described(name, (1.0, 1.0), Modules::MobileNetV2, ("classifier.1", pixels))
    })
}

/// As it was published before torchvision took it up, in PyTorch too.
pub(super) fn flat(name: &str) -> Option<Description> {
    (name == TORCHVISION).then(|| {
        let pixels = Pixels::imagenet(224, Filter::Bilinear);
        described(name, (1.0, 1.0), Modules::Flat, ("classifier", pixels))
    })
}

pub(super) fn timm_names() -> Vec<&'static str> {
    TIMM.map(|known| known.0).into()
}

pub(super) fn timm(name: &str) -> Option<Description> {
    let &(_, width, depth) = TIMM.iter().find(|known| known.0 == name)?;
    let pixels = Pixels::imagenet(224, Filter::Bicubic);
    Some(described(name, (width, depth), Modules::Timm, ("classifier", pixels)))
}

fn described(
    name: &str,
    (width, depth): (f64, f64),
    modules: Modules,
    (classifier, pixels): (&str, Pixels),
) -> Description {
    let is_deeper = depth != 1.0;
    let stem = if is_deeper { 32 } else { scaled(32, width) };
    let mut inputs = stem;
    let last = STAGES.len() - 1;
    let stages =
        STAGES.iter().enumerate().map(|(index, &(expansion, channels, blocks, stride))| {
            let outputs = scaled(channels, width);
            let is_inner = (1..last).contains(&index);
            let blocks = if is_inner { (blocks as f64 * depth).ceil() as usize } else { blocks };
            let block = |index: usize| {
                let inputs = std::mem::replace(&mut inputs, outputs);
                Block {
                    kind: if expansion == 1 { Kind::Separable } else { Kind::Inverted },
                    inputs,
                    wide: inputs * expansion,
                    outputs,
                    kernel: 3,
                    stride: if index == 0 { stride } else { 1 },
                    squeeze: None,
                    activation: RELU6,
                }
            };
            (0..blocks).map(block).collect()
        });
    let network = Network {
        stem,
        stages: stages.collect(),
        end: End::Pooled(if is_deeper { 1280 } else { scaled(1280, width).max(1280) }),
        activation: RELU6,
        gate: [Function::Relu, Function::Sigmoid],
        port: Port::PYTORCH,
        modules,
    };
    Description {
        name: name.to_owned(),
        graph: network.graph(pixels.size()),
        classifier: Some(Classifier::named(classifier, 1000)),
        preprocessing: pixels.preprocessing(),
    }
}
