//! What the engine runs: a network as data.

mod activation;
mod tokens;
mod window;

pub use activation::Activation;
pub use tokens::{Attention, LayerNorm, Tokens};
pub use window::{Border, Padding, Window};

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
    /// The maximum of every window; the border never wins, and a NaN always does.
    MaxPool(Window),
    /// The mean of every window.
    AveragePool {
        /// The windows.
        window: Window,
        /// Whether the border counts as zeros.
        include_border: bool,
    },
    /// The maximum of each channel, `[n, c, 1, 1]`.
    GlobalMaximum,
    /// The mean of each channel, `[n, c, 1, 1]`.
    GlobalAverage,
    /// The channels of several values, one behind another; the input's come first.
    Concat {
        /// The values behind it, of the same height and width.
        others: Vec<usize>,
    },
    /// Some of the channels, in a row.
    Slice {
        /// The first.
        start: usize,
        /// How many.
        length: usize,
    },
    /// Channels `[groups, c / groups]` in the order `[c / groups, groups]` (ShuffleNet, Zhang et al. 2018).
    Shuffle {
        /// The groups; they divide the channels.
        groups: usize,
    },
    /// Every pixel repeated.
    Upsample {
        /// How often, `[down, across]`.
        factors: [usize; 2],
    },
    /// A norm over the channels of every pixel. A run over it cannot be recorded.
    LayerNorm(LayerNorm),
    /// Attention of all pixels to all. A run over it cannot be recorded.
    Attention(Attention),
    /// Pixels in one column, with constants. A run over it cannot be recorded.
    Tokens(Tokens),
}

/// activation(convolution(input) + bias + residual).
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Sides of the kernel, `[h, w]`.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next, `[down, across]`.
    pub stride: [usize; 2],
    /// Pixels from one tap to the next, `[down, across]`.
    pub dilation: [usize; 2],
    /// The border of zeros around the input.
    pub padding: Padding,
    /// Channel groups that do not see each other; divides `inputs` and `outputs`.
    pub groups: usize,
    /// `[outputs, inputs / groups, h, w]`, row-major.
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
            Self::Concat { others } => others.clone(),
            Self::Attention(attention) => vec![attention.keys.0, attention.values.0],
            _ => Vec::new(),
        }
    }

    /// What a gradient cannot be pulled back through, if it is such a one.
    pub(crate) fn one_way(&self) -> Option<&'static str> {
        match self {
            Self::LayerNorm(_) => Some("a layer norm"),
            Self::Attention(_) => Some("an attention"),
            Self::Tokens(_) => Some("tokens"),
            _ => None,
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
            _ => false,
        }
    }
}
