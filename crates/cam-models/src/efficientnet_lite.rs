//! EfficientNet-Lite (Tan and Le, *EfficientNet: Rethinking Model Scaling for Convolutional
//! Neural Networks*, arXiv 1905.11946, in the Lite form: no squeeze-and-excitation, ReLU6, stem
//! and head unscaled), with the key names of its PyTorch port.

use crate::description::{
    Activation, BatchNorm, Builder, Classifier, Convolution, Description, Padding, PoolingStep,
    Value,
};
use crate::preprocessing::{Filter, Preprocessing};

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
    /// Where it was trained, which its names and shapes do not tell.
    pub port: Port,
    /// Classes of `_fc`, where there is one.
    pub classes: Option<usize>,
}

/// Where an EfficientNet-Lite was trained: its border, the epsilon of its batch norms and its
/// normalisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Port {
    /// TensorFlow, by the authors: "same" borders, 1e-3, (value − 127) / 128.
    #[default]
    TensorFlow,
    /// PyTorch, as timm's `efficientnet_lite0`: borders alike on all sides, 1e-5, ImageNet's mean
    /// and deviation.
    PyTorch,
}

impl Port {
    fn epsilon(self) -> f64 {
        match self {
            Self::TensorFlow => 1e-3,
            Self::PyTorch => 1e-5,
        }
    }

    fn padding(self, kernel: usize) -> Padding {
        match self {
            Self::TensorFlow => Padding::Same,
            Self::PyTorch => Padding::Each(kernel / 2),
        }
    }

    fn preprocessing(self, side: usize) -> Preprocessing {
        match self {
            Self::TensorFlow => Preprocessing::efficientnet_lite(side),
            Self::PyTorch => Preprocessing {
                size: (side, side),
                filter: Filter::Bicubic,
                ..Preprocessing::imagenet()
            },
        }
    }
}

/// Name, side of the input in pixels, and blocks and output channels of the seven stages.
type Known = (&'static str, usize, [(usize, usize); 7]);

const KNOWN: [Known; 3] = [
    ("efficientnet-lite0", 224, [(1, 16), (2, 24), (2, 40), (3, 80), (3, 112), (4, 192), (1, 320)]),
    ("efficientnet-lite1", 240, [(1, 16), (3, 24), (3, 40), (4, 80), (4, 112), (5, 192), (1, 320)]),
    ("efficientnet-lite2", 260, [(1, 16), (3, 24), (3, 48), (4, 88), (4, 120), (5, 208), (1, 352)]),
];

/// timm's name of the one network of the family that it trained anew.
const TRAINED_IN_PYTORCH: &str = "efficientnet_lite0";

impl EfficientNetLite {
    /// The published network of that name, or of timm's name for it, with 1000 classes.
    pub fn named(name: &str) -> Option<Self> {
        let (name, port) = match name {
            TRAINED_IN_PYTORCH => (KNOWN[0].0.to_owned(), Port::PyTorch),
            name => (name.replace("tf_efficientnet_lite", "efficientnet-lite"), Port::TensorFlow),
        };
        let &(_, _, stages) = KNOWN.iter().find(|known| known.0 == name)?;
        Some(Self { stem: 32, stages, head: 1280, port, classes: Some(1000) })
    }

    /// The names [`named`](Self::named) knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.0)
    }

    fn name(&self) -> &'static str {
        match (self.port, self.known()) {
            (Port::TensorFlow, known) => known.map_or("efficientnet-lite", |known| known.0),
            (Port::PyTorch, Some(known)) if known.0 == KNOWN[0].0 => TRAINED_IN_PYTORCH,
            (Port::PyTorch, _) => "efficientnet-lite of PyTorch",
        }
    }

    fn known(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.2 == self.stages)
    }

    /// The network as data.
    pub fn describe(&self) -> Description {
        let mut builder = Builder::default();
        let stem =
            self.port.convolution("_conv_stem", "_bn0", (3, self.stem), 3, 2, Activation::Relu6);
        let mut x = builder.convolution(Value::INPUT, stem);
        builder.cut("stem", None);
        let mut inputs = self.stem;
        let mut index = 0;
        for (stage, &(blocks, outputs)) in self.stages.iter().enumerate() {
            for block in 0..blocks {
                let stride = if block == 0 { STRIDES[stage] } else { 1 };
                let expansion = if stage == 0 { 1 } else { EXPANSION };
                let shape = BlockShape {
                    inputs,
                    outputs,
                    expansion,
                    kernel: KERNELS[stage],
                    stride,
                    port: self.port,
                };
                x = shape.describe(&mut builder, x, index);
                let alias = (block + 1 == blocks).then(|| format!("stage{}", stage + 1));
                builder.cut(format!("block{index}"), alias);
                inputs = outputs;
                index += 1;
            }
        }
        let head = self.port.convolution(
            "_conv_head",
            "_bn1",
            (inputs, self.head),
            1,
            1,
            Activation::Relu6,
        );
        builder.convolution(x, head);
        builder.cut("head", None);
        let classes = self.classes;
        Description {
            name: self.name().to_owned(),
            steps: builder.steps,
            cuts: builder.cuts,
            pooling: PoolingStep::Average,
            necks: Vec::new(),
            classifier: classes.map(|classes| Classifier {
                key: "_fc".into(),
                inputs: self.head,
                classes,
            }),
            preprocessing: self.port.preprocessing(self.known().map_or(224, |known| known.1)),
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
    port: Port,
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
                self.port.convolution(keys.0, keys.1, (self.inputs, wide), 1, 1, Activation::Relu6),
            )
        };
        let keys = (key("_depthwise_conv"), key("_bn1"));
        let depthwise = self.port.convolution(
            keys.0,
            keys.1,
            (wide, wide),
            self.kernel,
            self.stride,
            Activation::Relu6,
        );
        let filtered = builder.convolution(widened, Convolution { groups: wide, ..depthwise });
        let keys = (key("_project_conv"), key("_bn2"));
        let project =
            self.port.convolution(keys.0, keys.1, (wide, self.outputs), 1, 1, Activation::Identity);
        let residual = (self.stride == 1 && self.inputs == self.outputs).then_some(x);
        builder.convolution(filtered, Convolution { residual, ..project })
    }
}

impl Port {
    fn convolution(
        self,
        key: impl Into<String>,
        norm: impl Into<String>,
        channels: (usize, usize),
        kernel: usize,
        stride: usize,
        activation: Activation,
    ) -> Convolution {
        let norm = BatchNorm { key: norm.into(), epsilon: self.epsilon() };
        let plain = Convolution::plain(key, norm, channels, kernel, stride);
        Convolution { padding: self.padding(kernel), activation, ..plain }
    }
}
