//! ConvNeXt (Liu et al., *A ConvNet for the 2020s*, arXiv 2201.03545), as torchvision and timm have it.

use cam_graph::{Function, Operation, Value};

use super::Pixels;
use crate::builder::{Builder, Moves, all};
use crate::preprocessing::Filter;
use crate::{Classifier, Description};

/// Of the layer norms.
const EPSILON: f32 = 1e-6;

/// Inside a block channels are widened by this.
const EXPANSION: usize = 4;

/// Name, blocks of the four stages, channels of the first; each stage doubles them.
type Known = (&'static str, [usize; 4], [usize; 4]);

const TORCHVISION: [Known; 4] = [
    ("convnext_tiny", [3, 3, 9, 3], [96, 192, 384, 768]),
    ("convnext_small", [3, 3, 27, 3], [96, 192, 384, 768]),
    ("convnext_base", [3, 3, 27, 3], [128, 256, 512, 1024]),
    ("convnext_large", [3, 3, 27, 3], [192, 384, 768, 1536]),
];

/// timm has one more.
const TIMM: [Known; 5] = [
    TORCHVISION[0],
    TORCHVISION[1],
    TORCHVISION[2],
    TORCHVISION[3],
    ("convnext_xlarge", [3, 3, 27, 3], [256, 512, 1024, 2048]),
];

/// Whose names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Torchvision,
    Timm,
}

pub(super) fn torchvision_names() -> Vec<&'static str> {
    TORCHVISION.map(|known| known.0).into()
}

pub(super) fn torchvision(name: &str) -> Option<Description> {
    let known = TORCHVISION.iter().find(|known| known.0 == name)?;
    Some(described(known, Style::Torchvision, Pixels::imagenet(224, Filter::Bilinear)))
}

pub(super) fn timm_names() -> Vec<&'static str> {
    TIMM.map(|known| known.0).into()
}

pub(super) fn timm(name: &str) -> Option<Description> {
    let known = TIMM.iter().find(|known| known.0 == name)?;
    Some(described(known, Style::Timm, Pixels::imagenet(224, Filter::Bicubic)))
}

fn described(&(name, depths, widths): &Known, style: Style, pixels: Pixels) -> Description {
    let mut builder = Builder::new(pixels.size());
    let [conv, norm] = style.stem();
    let x = builder.biased(conv, Value::INPUT, [widths[0], 3, 4], patches(4));
    let mut x = builder.layer_norm(norm, x, (0, widths[0]), EPSILON);
    for (stage, (blocks, channels)) in depths.into_iter().zip(widths).enumerate() {
        if stage > 0 {
            let before = widths[stage - 1];
            let [norm, conv] = style.downsample(stage);
            x = builder.layer_norm(&norm, x, (0, before), EPSILON);
            x = builder.biased(&conv, x, [channels, before, 2], patches(2));
        }
        for index in 0..blocks {
            x = block(&mut builder, x, (style, &style.block(stage, index)), channels);
        }
    }
    let x = builder.pooled(x);
    let [norm, classifier] = style.head();
    let x = builder.layer_norm(norm, x, (0, widths[3]), EPSILON);
    Description {
        name: name.to_owned(),
        graph: builder.ending(x),
        classifier: Some(Classifier::named(classifier, 1000)),
        preprocessing: pixels.preprocessing(),
    }
}

/// Side by side.
fn patches(side: usize) -> Moves {
    Moves { stride: side, groups: 1, padding: all(0) }
}

/// Channels lie last between the two transpositions.
fn block(builder: &mut Builder, x: Value, (style, path): (Style, &str), channels: usize) -> Value {
    let [conv, there, norm, widen, gelu, narrow, back, scaled] =
        style.parts().map(|part| format!("{path}.{part}"));
    let (wide, depthwise) = (EXPANSION * channels, Moves::keeping(7).in_groups(channels));
    let y = builder.biased(&conv, x, [channels, channels, 7], depthwise);
    let y = builder.step(&there, &[y], Operation::Transpose { order: vec![1, 2, 0] });
    let y = builder.layer_norm(&norm, y, (2, channels), EPSILON);
    let y = builder.linear(&widen, y, [wide, channels]);
    let y = builder.map(&gelu, y, Function::Gelu);
    let y = builder.linear(&narrow, y, [channels, wide]);
    let to_channels_first = Operation::Transpose { order: vec![2, 0, 1] };
    let scale = |builder: &mut Builder, y, shape: &[usize]| {
        let parameter = builder.parameter(scaled.clone(), shape);
        let scale = builder.step(&scaled, &[], Operation::Constant { parameter });
        builder.multiply(&format!("{scaled}.scaled"), y, scale)
    };
    let y = match style {
        Style::Torchvision => {
            let y = builder.step(&back, &[y], to_channels_first);
            scale(builder, y, &[channels, 1, 1])
        }
        Style::Timm => {
            let y = scale(builder, y, &[channels]);
            builder.step(&back, &[y], to_channels_first)
        }
    };
    builder.add(path, y, x)
}

impl Style {
    /// The first convolution and its norm.
    fn stem(self) -> [&'static str; 2] {
        match self {
            Self::Torchvision => ["features.0.0", "features.0.1"],
            Self::Timm => ["stem.0", "stem.1"],
        }
    }

    /// Norm and convolution before a stage.
    fn downsample(self, stage: usize) -> [String; 2] {
        [0, 1].map(|part| match self {
            Self::Torchvision => format!("features.{}.{part}", 2 * stage),
            Self::Timm => format!("stages.{stage}.downsample.{part}"),
        })
    }

    fn block(self, stage: usize, index: usize) -> String {
        match self {
            Self::Torchvision => format!("features.{}.{index}", 2 * stage + 1),
            Self::Timm => format!("stages.{stage}.blocks.{index}"),
        }
    }

    /// Convolution, transposition, norm, linear layer, activation, linear layer, transposition and scale.
    fn parts(self) -> [&'static str; 8] {
        match self {
            Self::Torchvision => [
                "block.0",
                "block.1",
                "block.2",
                "block.3",
                "block.4",
                "block.5",
                "block.6",
                "layer_scale",
            ],
            Self::Timm => [
                "conv_dw",
                "permute",
                "norm",
                "mlp.fc1",
                "mlp.act",
                "mlp.fc2",
                "permute_1",
                "gamma",
            ],
        }
    }

    /// The norm behind the pooling, and the classifier.
    fn head(self) -> [&'static str; 2] {
        match self {
            Self::Torchvision => ["classifier.0", "classifier.2"],
            Self::Timm => ["head.norm", "head.fc"],
        }
    }
}
