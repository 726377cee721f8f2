//! RegNet (Radosavovic et al., *Designing Network Design Spaces*, arXiv 2003.13678), as torchvision and timm have it.

use cam_graph::{Function, Value};

use super::Pixels;
use crate::builder::{Builder, Moves};
use crate::preprocessing::Filter;
use crate::{Classifier, Description};

/// PyTorch's `BatchNorm2d` default.
const EPSILON: f64 = 1e-5;

/// Channels behind the first convolution.
const STEM: usize = 32;

/// torchvision's name, where it has the network, timm's, blocks and channels of the four stages, channels of a group.
type Known = (&'static str, &'static str, [usize; 4], [usize; 4], usize);

const KNOWN: [Known; 30] = [
    ("", "regnetx_002", [1, 1, 4, 7], [24, 56, 152, 368], 8),
    ("", "regnetx_004", [1, 2, 7, 12], [32, 64, 160, 384], 16),
    ("regnet_x_400mf", "regnetx_004_tv", [1, 2, 7, 12], [32, 64, 160, 400], 16),
    ("", "regnetx_006", [1, 3, 5, 7], [48, 96, 240, 528], 24),
    ("regnet_x_800mf", "regnetx_008", [1, 3, 7, 5], [64, 128, 288, 672], 16),
    ("regnet_x_1_6gf", "regnetx_016", [2, 4, 10, 2], [72, 168, 408, 912], 24),
    ("regnet_x_3_2gf", "regnetx_032", [2, 6, 15, 2], [96, 192, 432, 1008], 48),
    ("", "regnetx_040", [2, 5, 14, 2], [80, 240, 560, 1360], 40),
    ("", "regnetx_064", [2, 4, 10, 1], [168, 392, 784, 1624], 56),
    ("regnet_x_8gf", "regnetx_080", [2, 5, 15, 1], [80, 240, 720, 1920], 120),
    ("", "regnetx_120", [2, 5, 11, 1], [224, 448, 896, 2240], 112),
    ("regnet_x_16gf", "regnetx_160", [2, 6, 13, 1], [256, 512, 896, 2048], 128),
    ("regnet_x_32gf", "regnetx_320", [2, 7, 13, 1], [336, 672, 1344, 2520], 168),
    ("", "regnety_002", [1, 1, 4, 7], [24, 56, 152, 368], 8),
    ("regnet_y_400mf", "regnety_004", [1, 3, 6, 6], [48, 104, 208, 440], 8),
    ("", "regnety_006", [1, 3, 7, 4], [48, 112, 256, 608], 16),
    ("", "regnety_008", [1, 3, 8, 2], [64, 128, 320, 768], 16),
    ("regnet_y_800mf", "regnety_008_tv", [1, 3, 8, 2], [64, 144, 320, 784], 16),
    ("regnet_y_1_6gf", "regnety_016", [2, 6, 17, 2], [48, 120, 336, 888], 24),
    ("regnet_y_3_2gf", "regnety_032", [2, 5, 13, 1], [72, 216, 576, 1512], 24),
    ("", "regnety_040", [2, 6, 12, 2], [128, 192, 512, 1088], 64),
    ("", "regnety_064", [2, 7, 14, 2], [144, 288, 576, 1296], 72),
    ("", "regnety_080", [2, 4, 10, 1], [168, 448, 896, 2016], 56),
    ("regnet_y_8gf", "regnety_080_tv", [2, 4, 10, 1], [224, 448, 896, 2016], 56),
    ("", "regnety_120", [2, 5, 11, 1], [224, 448, 896, 2240], 112),
    ("regnet_y_16gf", "regnety_160", [2, 4, 11, 1], [224, 448, 1232, 3024], 112),
    ("regnet_y_32gf", "regnety_320", [2, 5, 12, 1], [232, 696, 1392, 3712], 232),
    ("", "regnety_640", [2, 5, 12, 1], [328, 984, 1968, 4920], 328),
    ("regnet_y_128gf", "regnety_1280", [2, 7, 17, 1], [528, 1056, 2904, 7392], 264),
    ("", "regnety_2560", [2, 7, 17, 1], [746, 1492, 4103, 10444], 373),
];

/// Whose names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Torchvision,
    Timm,
}

pub(super) fn torchvision_names() -> Vec<&'static str> {
    KNOWN.iter().map(|known| known.0).filter(|name| !name.is_empty()).collect()
}

pub(super) fn torchvision(name: &str) -> Option<Description> {
    let known = KNOWN.iter().find(|known| known.0 == name && !name.is_empty())?;
    let pixels = match name {
        // Its only weights are SWAG's.
        "regnet_y_128gf" => Pixels::imagenet(384, Filter::Bicubic),
        _ => Pixels::imagenet(224, Filter::Bilinear),
    };
    Some(described(name, known, Style::Torchvision, pixels))
}

pub(super) fn timm_names() -> Vec<&'static str> {
    KNOWN.map(|known| known.1).into()
}

pub(super) fn timm(name: &str) -> Option<Description> {
    let known = KNOWN.iter().find(|known| known.1 == name)?;
    let side = match name {
        "regnety_640" | "regnety_1280" | "regnety_2560" => 384,
        _ => 224,
    };
    Some(described(name, known, Style::Timm, Pixels::imagenet(side, Filter::Bicubic)))
}

fn described(name: &str, known: &Known, style: Style, pixels: Pixels) -> Description {
    let &(_, letter, depths, widths, group) = known;
    // Those of letter y have squeeze-and-excitation.
    let squeezes = letter.starts_with("regnety");
    let mut builder = Builder::new(pixels.size());
    let stem = ([STEM, 3, 3], Moves::keeping(3).by(2));
    let x = style.normed(&mut builder, "stem", Value::INPUT, stem);
    let mut x = builder.map(&style.activation("stem"), x, Function::Relu);
    let mut inputs = STEM;
    for (stage, (blocks, outputs)) in depths.into_iter().zip(widths).enumerate() {
        for index in 0..blocks {
            let block = Block {
                style,
                path: style.block(stage + 1, index),
                inputs,
                outputs,
                groups: outputs / group.min(outputs),
                stride: if index == 0 { 2 } else { 1 },
                squeezes,
            };
            x = block.describe(&mut builder, x);
            inputs = outputs;
        }
    }
    Description {
        name: name.to_owned(),
        graph: builder.averaged(x),
        classifier: Some(Classifier::named(style.classifier(), 1000)),
        preprocessing: pixels.preprocessing(),
    }
}

/// 1×1, 3×3 in groups, a gate, 1×1, and the shortcut.
struct Block {
    style: Style,
    path: String,
    inputs: usize,
    outputs: usize,
    groups: usize,
    stride: usize,
    squeezes: bool,
}

impl Block {
    fn describe(&self, builder: &mut Builder, x: Value) -> Value {
        let style = self.style;
        let part = |part: &str| format!("{}.{part}", self.path);
        let [shortcut, first, second, third, end] = style.parts().map(part);
        let (inputs, outputs) = (self.inputs, self.outputs);
        let beside = match self.stride != 1 || inputs != outputs {
            true => {
                let projection = ([outputs, inputs, 1], Moves::keeping(1).by(self.stride));
                style.normed(builder, &shortcut, x, projection)
            }
            false => x,
        };
        let y = style.normed(builder, &first, x, ([outputs, inputs, 1], Moves::keeping(1)));
        let y = builder.map(&style.activation(&first), y, Function::Relu);
        let moves = Moves::keeping(3).by(self.stride).in_groups(self.groups);
        let y = style.normed(builder, &second, y, ([outputs, outputs, 3], moves));
        let mut y = builder.map(&style.activation(&second), y, Function::Relu);
        if self.squeezes {
            y = self.excited(builder, y);
        }
        let y = style.normed(builder, &third, y, ([outputs, outputs, 1], Moves::keeping(1)));
        let y = builder.add(&self.path, y, beside);
        builder.map(&end, y, Function::Relu)
    }

    /// Channels multiplied by a gate that their means make (Hu et al., arXiv 1709.01507); its inner width follows that
    /// of the block's input.
    fn excited(&self, builder: &mut Builder, x: Value) -> Value {
        let [whole, pool, inner, gate] =
            self.style.gate().map(|part| format!("{}.{part}", self.path));
        let narrow = (self.inputs as f64 * 0.25).round_ties_even() as usize;
        let y = builder.squeeze(&pool, x);
        let key = format!("{whole}.fc1");
        let y = builder.biased(&key, y, [narrow, self.outputs, 1], Moves::keeping(1));
        let y = builder.map(&inner, y, Function::Relu);
        let key = format!("{whole}.fc2");
        let y = builder.biased(&key, y, [self.outputs, narrow, 1], Moves::keeping(1));
        let y = builder.map(&gate, y, Function::Sigmoid);
        builder.multiply(&whole, x, y)
    }
}

impl Style {
    fn block(self, stage: usize, index: usize) -> String {
        match self {
            Self::Torchvision => format!("trunk_output.block{stage}.block{stage}-{index}"),
            Self::Timm => format!("s{stage}.b{}", index + 1),
        }
    }

    /// Shortcut, the three convolutions and the last activation.
    fn parts(self) -> [&'static str; 5] {
        match self {
            Self::Torchvision => ["proj", "f.a", "f.b", "f.c", "activation"],
            Self::Timm => ["downsample", "conv1", "conv2", "conv3", "act3"],
        }
    }

    /// Squeeze-and-excitation, its mean, activation and gate.
    fn gate(self) -> [&'static str; 4] {
        match self {
            Self::Torchvision => {
                ["f.se", "f.se.avgpool", "f.se.activation", "f.se.scale_activation"]
            }
            Self::Timm => ["se", "se.mean", "se.act", "se.gate"],
        }
    }

    fn activation(self, module: &str) -> String {
        match self {
            Self::Torchvision => format!("{module}.2"),
            Self::Timm => format!("{module}.bn.act"),
        }
    }

    fn classifier(self) -> &'static str {
        match self {
            Self::Torchvision => "fc",
            Self::Timm => "head.fc",
        }
    }

    /// A convolution and its batch norm.
    fn normed(
        self,
        builder: &mut Builder,
        module: &str,
        x: Value,
        (sides, moves): ([usize; 3], Moves),
    ) -> Value {
        let [conv, norm] = match self {
            Self::Torchvision => ["0", "1"],
            Self::Timm => ["conv", "bn"],
        }
        .map(|part| format!("{module}.{part}"));
        let y = builder.convolution((&conv, &conv), x, sides, moves);
        builder.batch_norm((&norm, &norm), y, sides[0], EPSILON)
    }
}
