//! What the engine runs: a network as data.

mod activation;

pub use activation::Activation;

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
    /// A function of every number.
    Activation(Activation),
    /// The sum of two values of one shape.
    Add {
        /// The value that is added.
        other: usize,
    },
    /// The product of two values of one shape, or of each channel with a number.
    Multiply {
        /// The other factor, of the input's shape or `[n, c, 1, 1]`.
        other: usize,
    },
    /// scale·x + shift in every channel: a batch norm that no convolution can take up.
    ScaleShift(ScaleShift),
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

/// scale·x + shift.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleShift {
    /// A factor per channel.
    pub scale: Vec<f32>,
    /// What is added, per channel.
    pub shift: Vec<f32>,
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

impl Step {
    /// All values that it reads, its input first; one that it reads twice is there twice.
    pub(crate) fn reads(&self) -> Vec<usize> {
        std::iter::once(self.input).chain(self.operation.others()).collect()
    }
}

impl Operation {
    /// The convolution, where it is one.
    pub(crate) fn convolution(&self) -> Option<&Convolution> {
        match self {
            Self::Convolution(convolution) => Some(convolution),
            _ => None,
        }
    }

    /// What it reads besides the step's input.
    pub(crate) fn others(&self) -> Vec<usize> {
        match self {
            Self::Convolution(convolution) => convolution.residual.into_iter().collect(),
            Self::Add { other } | Self::Multiply { other } => vec![*other],
            _ => Vec::new(),
        }
    }

    /// What is done to each number in the end.
    pub(crate) fn activation(&self) -> &Activation {
        match self {
            Self::Convolution(Convolution { activation, .. }) | Self::Activation(activation) => {
                activation
            }
            _ => &Activation::Identity,
        }
    }

    /// Whether what it reads as that operand, 0 being the step's input, is only added to what it gives:
    /// then both have the same gradient.
    pub(crate) fn adds(&self, operand: usize) -> bool {
        match self {
            Self::Convolution(_) => operand == 1,
            Self::Activation(_) | Self::Add { .. } => true,
            _ => false,
        }
    }

    /// Whether what it gives can take the place of what it reads as that operand: each number then
    /// depends on the one that lay there, and on none beside it.
    pub(crate) fn replaces(&self, operand: usize) -> bool {
        match self {
            Self::Convolution(_) => operand == 1,
            Self::Activation(_) | Self::Add { .. } | Self::ScaleShift(_) => true,
            // The other factor may be one number for all positions.
            Self::Multiply { .. } => operand == 0,
            Self::MaxPool(_) => false,
        }
    }
}
