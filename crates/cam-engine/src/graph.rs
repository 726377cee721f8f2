//! What the engine runs: a network as data.

/// Steps in order, each of which gives one value.
///
/// Value 0 is the input; step i gives value i + 1. Whoever describes a network builds one of
/// these; [`Engine::new`](crate::Engine::new) checks it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// What is computed, in order.
    pub steps: Vec<Step>,
}

/// One operation and what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The value it reads; at most its own index.
    pub input: usize,
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

/// activation(convolution(input) + bias + residual).
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Side of the square kernel.
    pub kernel: usize,
    /// Pixels per step, along both sides.
    pub stride: usize,
    /// The border of zeros around the input.
    pub padding: Padding,
    /// Channel groups that do not see each other; divides `inputs` and `outputs`.
    pub groups: usize,
    /// `[outputs, inputs / groups, kernel, kernel]`, row-major.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
    /// The value added before the activation; of the output's shape.
    pub residual: Option<usize>,
    /// What is done to the sum.
    pub activation: Activation,
}

/// The maximum over square windows; the border never wins, and a NaN always does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// Side of the window.
    pub kernel: usize,
    /// Pixels per step.
    pub stride: usize,
    /// Border on every side; at most half the window.
    pub padding: usize,
}

/// The border of zeros around a convolution's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// As many pixels on every side.
    Each(usize),
    /// TensorFlow's "same": ⌈size / stride⌉ pixels come out, and an odd border pixel lies right
    /// and below.
    Same,
}

impl Padding {
    /// Pixels before and after, along one side of an input that is `size` long.
    pub fn before_and_after(self, size: usize, kernel: usize, stride: usize) -> (usize, usize) {
        match self {
            Self::Each(pixels) => (pixels, pixels),
            Self::Same => {
                let steps = size.div_ceil(stride).saturating_sub(1);
                let total = (steps * stride + kernel).saturating_sub(size);
                (total / 2, total - total / 2)
            }
        }
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

impl Activation {
    /// Every activation is min(max(x, low), high); these are low and high.
    pub(crate) fn bounds(self) -> (f32, f32) {
        match self {
            Self::Identity => (f32::NEG_INFINITY, f32::INFINITY),
            Self::Relu => (0.0, f32::INFINITY),
            Self::Relu6 => (0.0, 6.0),
        }
    }
}

impl Step {
    /// The value added before the activation, where there is one.
    pub(crate) fn residual(&self) -> Option<usize> {
        match &self.operation {
            Operation::Convolution(convolution) => convolution.residual,
            Operation::MaxPool(_) => None,
        }
    }
}
