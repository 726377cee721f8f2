use serde::{Deserialize, Serialize};

use crate::{Binary, Function, Reduction, Shape, Window};

/// What a step does. Axes count from 0 for one image: the channels of `[c, h, w]` are axis 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Operation {
    /// A parameter as it is, the same for every image.
    Constant {
        /// Its name.
        parameter: String,
    },
    /// `[c, h, w]` and perhaps a residual.
    Convolution(Convolution),
    /// W·x + b over the last axis.
    Linear(Linear),
    /// scale·x + shift, a number of each for every index of an axis.
    ScaleShift {
        /// The axis, mostly the channels'.
        axis: usize,
        /// `[c]`.
        scale: String,
        /// `[c]`.
        shift: String,
    },
    /// (x − mean)/√(variance + ε) with known mean and variance, then scale and shift (Ioffe and Szegedy 2015), for every
    /// channel of `[c, …]`. Executors do not know it: it is folded into what comes before it.
    BatchNorm(BatchNorm),
    /// x where positive, else slope·x, a slope for every index of an axis (He et al. 2015).
    PRelu {
        /// The axis, mostly the channels'.
        axis: usize,
        /// `[c]` or `[1]`.
        slope: String,
    },
    /// (x − mean)/√(variance + ε) over axes, then scale and shift (Ba et al. 2016).
    LayerNorm(LayerNorm),
    /// (x − mean)/√(variance + ε) over a group of channels and all positions of `[c, …]` (Wu and He 2018).
    GroupNorm {
        /// As many groups; as many as channels normalise each by itself (instance norm).
        groups: usize,
        /// Added to the variance.
        epsilon: f32,
    },
    /// x/max(‖x‖, ε) along an axis.
    L2Normalize {
        /// The axis.
        axis: usize,
        /// ε.
        epsilon: f32,
    },
    /// The maximum of every window on `[…, h, w]`; the border never wins.
    MaxPool(Window),
    /// The mean of every window on `[…, h, w]`.
    AveragePool {
        /// The windows.
        window: Window,
        /// Whether the border counts as zeros.
        include_border: bool,
    },
    /// Numbers along axes become one.
    Reduce {
        /// How.
        reduction: Reduction,
        /// Along which axes, ascending.
        axes: Vec<usize>,
        /// Whether they stay, with length 1.
        keep: bool,
    },
    /// (mean max(x, ε)ᵖ)^(1/p) over the positions of `[c, h, w]`, which gives `[c]` (Radenović et al. 2018).
    GeneralizedMean {
        /// p, `[1]`.
        exponent: String,
        /// ε.
        epsilon: f32,
    },
    /// eˣ/Σeˣ along an axis.
    Softmax {
        /// The axis.
        axis: usize,
    },
    /// A function of every number.
    Map(Function),
    /// A function of two values, number by number.
    Combine(Binary),
    /// The second value where the first is 1, the third where it is 0; smaller ones are repeated as in `Combine`.
    Select,
    /// The matrix product over the last two axes; those in front are repeated where one side lacks them.
    MatMul,
    /// Axes in another order: axis i of the result is axis `order[i]` of what is read.
    Transpose {
        /// The order.
        order: Vec<usize>,
    },
    /// The same numbers under another shape.
    Reshape {
        /// The new shape.
        shape: Shape,
    },
    /// The same numbers repeated along axes of length 1 and new ones in front.
    Expand {
        /// The new shape.
        shape: Shape,
    },
    /// Values one behind another along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// Some of the indices along an axis, in a row.
    Slice {
        /// The axis.
        axis: usize,
        /// The first.
        start: usize,
        /// How many.
        length: usize,
    },
    /// Any indices along an axis.
    Gather {
        /// The axis.
        axis: usize,
        /// Which.
        indices: Vec<usize>,
    },
    /// Numbers around the value.
    Pad {
        /// In front, for every axis.
        before: Vec<usize>,
        /// Behind, for every axis.
        behind: Vec<usize>,
        /// Which numbers.
        fill: Fill,
    },
    /// `[…, h, w]` at another size.
    Resize {
        /// Output pixels per input pixel, `[down, across]`.
        #[serde(with = "crate::exact::pair")]
        scale: [f64; 2],
        /// How pixels in between are made.
        interpolation: Interpolation,
        /// Where output pixels lie on the input.
        coordinates: Coordinates,
    },
}

/// activation(weight ∗ x + bias + residual).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convolution {
    /// `[out, in / groups, h, w]`.
    pub weight: String,
    /// `[out]`.
    pub bias: Option<String>,
    /// Pixels from one window to the next, `[down, across]`.
    pub stride: [usize; 2],
    /// Pixels from one tap to the next, `[down, across]`.
    pub dilation: [usize; 2],
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// The border of zeros.
    pub padding: crate::Padding,
    /// What is done to the sum.
    pub activation: Option<Function>,
}

impl Convolution {
    /// A dense one that moves by one pixel, without border or activation.
    pub fn new(weight: impl Into<String>, bias: Option<String>) -> Self {
        Self {
            weight: weight.into(),
            bias,
            stride: [1, 1],
            dilation: [1, 1],
            groups: 1,
            padding: crate::Padding::Fixed(crate::Border::all(0)),
            activation: None,
        }
    }

    /// Its windows, for a weight of that shape.
    pub fn window(&self, weight: &[usize]) -> Window {
        Window {
            stride: self.stride,
            dilation: self.dilation,
            padding: self.padding,
            ..Window::new([weight[2], weight[3]])
        }
    }
}

/// W·x + b over the last axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: String,
    /// `[out]`.
    pub bias: Option<String>,
}

/// (x − mean)/√(variance + ε), then scale and shift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerNorm {
    /// The axes over which mean and variance are taken, ascending and in a row.
    pub axes: Vec<usize>,
    /// Added to the variance.
    pub epsilon: f32,
    /// Of the axes' shape.
    pub scale: Option<String>,
    /// Of the axes' shape.
    pub shift: Option<String>,
}

/// (x − mean)/√(variance + ε), then scale and shift, by the names of its parameters, each `[c]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchNorm {
    /// The running mean.
    pub mean: String,
    /// The running variance.
    pub variance: String,
    /// The scale; 1 where there is none.
    pub scale: Option<String>,
    /// The shift; 0 where there is none.
    pub shift: Option<String>,
    /// Added to the variance.
    pub epsilon: f64,
}

impl BatchNorm {
    /// A module of PyTorch's.
    pub fn named(module: &str, epsilon: f64) -> Self {
        let part = |part: &str| format!("{module}.{part}");
        Self {
            mean: part("running_mean"),
            variance: part("running_var"),
            scale: Some(part("weight")),
            shift: Some(part("bias")),
            epsilon,
        }
    }

    /// The names of its parameters: scale and shift, if it has them, then mean and variance.
    pub fn parameters(&self) -> Vec<&str> {
        let affine = self.scale.iter().chain(&self.shift);
        affine.chain([&self.mean, &self.variance]).map(String::as_str).collect()
    }
}

/// What surrounds a padded value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Fill {
    /// A number.
    Constant(f32),
    /// The outermost numbers, repeated.
    Edge,
    /// The numbers inside, mirrored at the outermost.
    Reflect,
}

/// How pixels in between are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Interpolation {
    /// The nearest pixel; how halves round is said.
    Nearest(Rounding),
    /// Of the four around it.
    Linear,
    /// Of the sixteen around it.
    Cubic {
        /// Keys's coefficient: −0.75 in PyTorch.
        a: f64,
    },
}

/// Which pixel is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rounding {
    /// The one below.
    Floor,
    /// The one above.
    Ceil,
    /// A half goes down.
    HalfDown,
    /// A half goes up.
    HalfUp,
}

/// Where output pixel i lies on the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coordinates {
    /// (i + ½)/scale − ½.
    HalfPixel,
    /// The same, but 0 where only one pixel comes out.
    PyTorchHalfPixel,
    /// i·(in − 1)/(out − 1).
    AlignCorners,
    /// i/scale.
    Asymmetric,
}

impl Operation {
    /// The names of the parameters that it reads.
    pub fn parameters(&self) -> Vec<&str> {
        match self {
            Self::Constant { parameter } => vec![parameter],
            Self::Convolution(Convolution { weight, bias, .. })
            | Self::Linear(Linear { weight, bias }) => {
                std::iter::once(weight).chain(bias).map(String::as_str).collect()
            }
            Self::ScaleShift { scale, shift, .. } => vec![scale, shift],
            Self::BatchNorm(norm) => norm.parameters(),
            Self::GeneralizedMean { exponent, .. } => vec![exponent],
            Self::PRelu { slope, .. } => vec![slope],
            Self::LayerNorm(norm) => {
                norm.scale.iter().chain(&norm.shift).map(String::as_str).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What it is called in a listing.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Constant { .. } => "constant",
            Self::Convolution(_) => "convolution",
            Self::Linear(_) => "linear",
            Self::ScaleShift { .. } => "scale and shift",
            Self::BatchNorm(_) => "batch norm",
            Self::GeneralizedMean { .. } => "generalised mean",
            Self::PRelu { .. } => "PReLU",
            Self::LayerNorm(_) => "layer norm",
            Self::GroupNorm { .. } => "group norm",
            Self::L2Normalize { .. } => "L2 norm",
            Self::MaxPool(_) => "max pool",
            Self::AveragePool { .. } => "average pool",
            Self::Reduce { reduction: Reduction::Mean, .. } => "mean",
            Self::Reduce { reduction: Reduction::Maximum, .. } => "maximum",
            Self::Reduce { .. } => "reduction",
            Self::Softmax { .. } => "softmax",
            Self::Map(_) => "function",
            Self::Combine(Binary::Add) => "add",
            Self::Combine(Binary::Multiply) => "multiply",
            Self::Combine(_) => "combine",
            Self::Select => "select",
            Self::MatMul => "matrix product",
            Self::Transpose { .. } => "transpose",
            Self::Reshape { .. } => "reshape",
            Self::Expand { .. } => "expand",
            Self::Concat { .. } => "concatenate",
            Self::Slice { .. } => "slice",
            Self::Gather { .. } => "gather",
            Self::Pad { .. } => "pad",
            Self::Resize { .. } => "resize",
        }
    }
}
