//! EfficientNet-Lite (Tan and Le, *EfficientNet: Rethinking Model Scaling for Convolutional
//! Neural Networks*, arXiv 1905.11946, in the Lite form: no squeeze-and-excitation, ReLU6, stem
//! and head unscaled), with the key names of its PyTorch port.

use crate::description::{
    Activation, BatchNorm, Builder, Classifier, Convolution, Description, Padding, Value,
};
use crate::preprocessing::Preprocessing;

/// TensorFlow's batch norm default, which the port keeps.
const EPSILON: f64 = 1e-3;

/// Stride of the first block of each stage.
const STRIDES: [usize; 7] = [1, 2, 2, 2, 1, 2, 1];

/// Kernel of the depthwise convolutions of each stage.
const KERNELS: [usize; 7] = [3, 3, 5, 3, 5, 5, 3];

/// Channels are widened by this inside a block, except in the first stage.
const EXPANSION: usize = 6;

/// What tells one network of the family from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EfficientNetLite {
    /// Channels behind the first convolution.
    pub stem: usize,
    /// Blocks and output channels of the seven stages.
    pub stages: [(usize, usize); 7],
    /// Channels behind the last convolution: the embedding's width.
    pub head: usize,
    /// Classes of `_fc`, where there is one.
    pub classes: Option<usize>,
}

/// Name, side of the input in pixels, and blocks and output channels of the seven stages.
type Known = (&'static str, usize, [(usize, usize); 7]);

const KNOWN: [Known; 3] = [
    ("efficientnet-lite0", 224, [(1, 16), (2, 24), (2, 40), (3, 80), (3, 112), (4, 192), (1, 320)]),
    ("efficientnet-lite1", 240, [(1, 16), (3, 24), (3, 40), (4, 80), (4, 112), (5, 192), (1, 320)]),
    ("efficientnet-lite2", 260, [(1, 16), (3, 24), (3, 48), (4, 88), (4, 120), (5, 208), (1, 352)]),
];

impl EfficientNetLite {
    /// The published network of that name, with 1000 classes.
    pub fn named(name: &str) -> Option<Self> {
        let &(_, _, stages) = KNOWN.iter().find(|known| known.0 == name)?;
        Some(Self { stem: 32, stages, head: 1280, classes: Some(1000) })
    }

    /// The names [`named`](Self::named) knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.0)
    }

    fn known(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.2 == self.stages)
    }

    /// The network as data.
    pub fn describe(&self) -> Description {
        let mut builder = Builder::default();
        let stem = convolution("_conv_stem", "_bn0", (3, self.stem), 3, 2, Activation::Relu6);
        let mut x = builder.convolution(Value::INPUT, stem);
        builder.cut("stem", None);
        let mut inputs = self.stem;
        let mut index = 0;
        for (stage, &(blocks, outputs)) in self.stages.iter().enumerate() {
            for block in 0..blocks {
                let stride = if block == 0 { STRIDES[stage] } else { 1 };
                let expansion = if stage == 0 { 1 } else { EXPANSION };
                let shape =
                    BlockShape { inputs, outputs, expansion, kernel: KERNELS[stage], stride };
                x = shape.describe(&mut builder, x, index);
                let alias = (block + 1 == blocks).then(|| format!("stage{}", stage + 1));
                builder.cut(format!("block{index}"), alias);
                inputs = outputs;
                index += 1;
            }
        }
        let head = convolution("_conv_head", "_bn1", (inputs, self.head), 1, 1, Activation::Relu6);
        builder.convolution(x, head);
        builder.cut("head", None);
        let classes = self.classes;
        Description {
            name: self.known().map_or("efficientnet-lite", |known| known.0).to_owned(),
            steps: builder.steps,
            cuts: builder.cuts,
            classifier: classes.map(|classes| Classifier {
                key: "_fc".into(),
                inputs: self.head,
                classes,
            }),
            preprocessing: Preprocessing::efficientnet_lite(
                self.known().map_or(224, |known| known.1),
            ),
        }
    }
}

/// An inverted bottleneck: widen, convolve each channel for itself, narrow, add where the shape
/// stays.
struct BlockShape {
    inputs: usize,
    outputs: usize,
    expansion: usize,
    kernel: usize,
    stride: usize,
}

impl BlockShape {
    fn describe(&self, builder: &mut Builder, x: Value, index: usize) -> Value {
        let key = |part: &str| format!("_blocks.{index}.{part}");
        let wide = self.inputs * self.expansion;
        let widened = if self.expansion == 1 {
            x
        } else {
            let keys = (key("_expand_conv"), key("_bn0"));
            builder.convolution(
                x,
                convolution(keys.0, keys.1, (self.inputs, wide), 1, 1, Activation::Relu6),
            )
        };
        let keys = (key("_depthwise_conv"), key("_bn1"));
        let depthwise =
            convolution(keys.0, keys.1, (wide, wide), self.kernel, self.stride, Activation::Relu6);
        let filtered = builder.convolution(widened, Convolution { groups: wide, ..depthwise });
        let keys = (key("_project_conv"), key("_bn2"));
        let project = convolution(keys.0, keys.1, (wide, self.outputs), 1, 1, Activation::Identity);
        let residual = (self.stride == 1 && self.inputs == self.outputs).then_some(x);
        builder.convolution(filtered, Convolution { residual, ..project })
    }
}

fn convolution(
    key: impl Into<String>,
    norm: impl Into<String>,
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
    activation: Activation,
) -> Convolution {
    let norm = BatchNorm { key: norm.into(), epsilon: EPSILON };
    let plain = Convolution::plain(key, norm, channels, kernel, stride);
    Convolution { padding: Padding::Same, activation, ..plain }
}
