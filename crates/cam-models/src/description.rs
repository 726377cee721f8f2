//! A network as data: what is computed, in which order, from which tensors of a weight file.

mod head;
mod window;

use cam_core::{HeadKind, Layer, LayerInfo};

pub use head::{HeadStep, PoolingStep};
pub use window::{MaxPool, Padding};

use crate::Preprocessing;

/// A convolutional network up to its last activations, what makes them an embedding, and the
/// classifier behind it.
///
/// Steps run in order and each gives one value. An executor walks them; nothing here computes.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The network's name (`resnet50`).
    pub name: String,
    /// What is computed, in order.
    pub steps: Vec<Step>,
    /// Where the network can be cut, in order.
    pub cuts: Vec<Cut>,
    /// How the positions of the last activations become one vector.
    pub pooling: PoolingStep,
    /// What follows the pooling, in order; the last gives the embedding.
    pub necks: Vec<HeadStep>,
    /// The fully connected layer behind the embedding, where the weights hold one.
    pub classifier: Option<Classifier>,
    /// How an image becomes the network's input.
    pub preprocessing: Preprocessing,
}

/// The result of a step, or the network's input.
///
/// [`Value::INPUT`] is the images; step i gives `Value::of_step(i)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(usize);

impl Value {
    /// The images, `[n, 3, h, w]`.
    pub const INPUT: Self = Self(0);

    /// What a step gives.
    pub fn of_step(step: usize) -> Self {
        Self(step + 1)
    }

    /// How many steps must have run for this value to exist. It is also where a segment that
    /// starts from this value starts.
    pub fn index(self) -> usize {
        self.0
    }
}

/// One operation and what it works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it reads.
    pub input: Value,
    /// What it does.
    pub operation: Operation,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// A convolution with everything that is fused to it.
    Convolution(Convolution),
    /// A maximum over windows.
    MaxPool(MaxPool),
}

/// activation(convolution(input) + bias + residual), the bias being the folded batch norm's.
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    /// Name of the weight in the file, without `.weight`.
    pub key: String,
    /// The batch norm that follows and is folded in at load.
    pub norm: BatchNorm,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Side of the square kernel.
    pub kernel: usize,
    /// Pixels per step, along both sides.
    pub stride: usize,
    /// Border.
    pub padding: Padding,
    /// Channel groups that do not see each other.
    pub groups: usize,
    /// What is added before the activation.
    pub residual: Option<Value>,
    /// What is done to the sum.
    pub activation: Activation,
}

impl Convolution {
    /// An ungrouped convolution that keeps the size at stride 1, without residual or activation.
    pub(crate) fn plain(
        key: impl Into<String>,
        norm: BatchNorm,
        (inputs, outputs): (usize, usize),
        kernel: usize,
        stride: usize,
    ) -> Self {
        Self {
            key: key.into(),
            norm,
            inputs,
            outputs,
            kernel,
            stride,
            padding: Padding::Each(kernel / 2),
            groups: 1,
            residual: None,
            activation: Activation::Identity,
        }
    }

    /// `[out, in / groups, k, k]`, as PyTorch stores it.
    pub fn weight_shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs / self.groups, self.kernel, self.kernel]
    }
}

/// What is done to a convolution's sum. A NaN stays a NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
}

/// Batch normalisation with running statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    /// Name in the file, without `.weight`, `.running_mean` and so on.
    pub key: String,
    /// What is added to the variance.
    pub epsilon: f64,
}

/// A place where one value is all that later steps need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The network's own name for it (`layer4.2`).
    pub name: String,
    /// What else it goes by: the stage whose last block this is (`layer4`).
    pub aliases: Vec<String>,
    /// What lies there.
    pub value: Value,
}

/// W·e + b over the embedding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classifier {
    /// Name in the file, without `.weight` and `.bias`.
    pub key: String,
    /// Width of the embedding.
    pub inputs: usize,
    /// Number of classes.
    pub classes: usize,
}

impl Description {
    /// The convolutions, in order.
    pub fn convolutions(&self) -> impl Iterator<Item = &Convolution> {
        self.steps.iter().filter_map(|step| match &step.operation {
            Operation::Convolution(convolution) => Some(convolution),
            Operation::MaxPool(_) => None,
        })
    }

    /// What the cuts offer to those who explain.
    pub fn layers(&self) -> Vec<LayerInfo> {
        let shapes = self.channels_and_strides();
        let layer = |cut: &Cut| {
            let (channels, stride) = shapes[cut.value.index()];
            let aliases = cut.aliases.clone();
            LayerInfo { aliases, ..LayerInfo::new(cut.name.clone(), channels, stride) }
        };
        self.cuts.iter().map(layer).collect()
    }

    /// What kind of head follows a layer, which does not depend on the weights.
    pub fn head_kind(&self, at: Layer) -> HeadKind {
        let is_last = self.cuts.get(at.index()).is_some_and(|cut| cut.value == self.output());
        match (&self.pooling, self.necks.as_slice()) {
            (PoolingStep::Average, []) if is_last => HeadKind::Average,
            (PoolingStep::Average, _) if is_last => HeadKind::ProjectedAverage,
            _ => HeadKind::Other,
        }
    }

    /// Width of the embedding, behind all [`necks`](Self::necks).
    pub fn embedding_width(&self) -> usize {
        self.necks.iter().fold(self.pooled_width(), |width, neck| neck.width_behind(width))
    }

    /// Width of the pooled vector: channels of the last value.
    pub fn pooled_width(&self) -> usize {
        self.channels_and_strides()[self.steps.len()].0
    }

    /// Input pixels per position of the last layer, along one side: an input whose sides are multiples of
    /// it has no positions that reach beyond its edge.
    pub fn stride(&self) -> usize {
        self.channels_and_strides()[self.steps.len()].1
    }

    /// Channels of every value, and input pixels per position along one side.
    fn channels_and_strides(&self) -> Vec<(usize, usize)> {
        let mut known = vec![(3, 1)];
        for step in &self.steps {
            let (channels, stride) = known[step.input.index()];
            known.push(match &step.operation {
                Operation::Convolution(step) => (step.outputs, stride * step.stride),
                Operation::MaxPool(pool) => (channels, stride * pool.stride),
            });
        }
        known
    }

    /// What the last step gives.
    pub fn output(&self) -> Value {
        Value(self.steps.len())
    }
}

/// Collects steps and cuts while a network is described.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) steps: Vec<Step>,
    pub(crate) cuts: Vec<Cut>,
}

impl Builder {
    /// The value of the last step so far.
    pub(crate) fn last(&self) -> Value {
        Value(self.steps.len())
    }

    pub(crate) fn convolution(&mut self, input: Value, convolution: Convolution) -> Value {
        self.step(input, Operation::Convolution(convolution))
    }

    pub(crate) fn max_pool(&mut self, input: Value, pool: MaxPool) -> Value {
        self.step(input, Operation::MaxPool(pool))
    }

    /// Names the last value as a place to cut at.
    pub(crate) fn cut(&mut self, name: impl Into<String>, alias: Option<String>) {
        let aliases = alias.into_iter().collect();
        self.cuts.push(Cut { name: name.into(), aliases, value: self.last() });
    }

    fn step(&mut self, input: Value, operation: Operation) -> Value {
        self.steps.push(Step { input, operation });
        self.last()
    }
}
