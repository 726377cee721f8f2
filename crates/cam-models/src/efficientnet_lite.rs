//! EfficientNet-Lite (Tan and Le, *EfficientNet: Rethinking Model Scaling for Convolutional
//! Neural Networks*, arXiv 1905.11946, in the Lite form: no squeeze-and-excitation, ReLU6, stem
//! and head unscaled), with the key names of its PyTorch port.

use cam_graph::{Function, Padding, Value};

use crate::builder::{Builder, Moves, all};
use crate::preprocessing::{Filter, Preprocessing};
use crate::{Classifier, Description};

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
            Self::TensorFlow => Padding::Same { lower: false },
            Self::PyTorch => all(kernel / 2),
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
        let preprocessing = self.port.preprocessing(self.known().map_or(224, |known| known.1));
        let mut builder = Builder::new(preprocessing.size);
        let (port, stem) = (self.port, ["_conv_stem", "_bn0"].map(str::to_owned));
        let mut x =
            port.normed(&mut builder, ("stem", stem), Value::INPUT, [self.stem, 3, 3], (2, 1));
        x = builder.map("stem", x, RELU6);
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
                if block + 1 == blocks {
                    builder.alias(x, format!("stage{}", stage + 1));
                }
                inputs = outputs;
                index += 1;
            }
        }
        let head = ["_conv_head", "_bn1"].map(str::to_owned);
        x = port.normed(&mut builder, ("head", head), x, [self.head, inputs, 1], (1, 1));
        x = builder.map("head", x, RELU6);
        Description {
            name: self.name().to_owned(),
            graph: builder.averaged(x),
            classifier: self.classes.map(|classes| Classifier::named("_fc", classes)),
            preprocessing,
        }
    }
}

/// min(max(x, 0), 6).
const RELU6: Function = Function::Clip { low: 0.0, high: 6.0 };

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
        let block = format!("block{index}");
        let module = |part: &str| format!("{block}.{part}");
        let key = |part: &str| format!("_blocks.{index}.{part}");
        let (port, wide) = (self.port, self.inputs * self.expansion);
        let mut y = x;
        if self.expansion != 1 {
            let expand = (&*module("expand"), ["_expand_conv", "_bn0"].map(key));
            y = port.normed(builder, expand, y, [wide, self.inputs, 1], (1, 1));
            y = builder.map(&module("expand"), y, RELU6);
        }
        let depthwise = (&*module("depthwise"), ["_depthwise_conv", "_bn1"].map(key));
        y = port.normed(builder, depthwise, y, [wide, wide, self.kernel], (self.stride, wide));
        y = builder.map(&module("depthwise"), y, RELU6);
        let project = (&*module("project"), ["_project_conv", "_bn2"].map(key));
        y = port.normed(builder, project, y, [self.outputs, wide, 1], (1, 1));
        let adds = self.stride == 1 && self.inputs == self.outputs;
        if adds { builder.add(&block, y, x) } else { y }
    }
}

impl Port {
    /// A convolution and its batch norm, by their names in the file, as parts of a module.
    fn normed(
        self,
        builder: &mut Builder,
        (module, [key, norm]): (&str, [String; 2]),
        x: Value,
        sides: [usize; 3],
        (stride, groups): (usize, usize),
    ) -> Value {
        let [outputs, _, kernel] = sides;
        let moves = Moves { stride, groups, padding: self.padding(kernel) };
        let y = builder.convolution((module, &key), x, sides, moves);
        builder.batch_norm((module, &norm), y, outputs, self.epsilon())
    }
}
