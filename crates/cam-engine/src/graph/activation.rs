/// What is done to every number. A NaN stays a NaN.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Activation {
    /// Nothing.
    #[default]
    Identity,
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
    /// min(max(x, low), high).
    Clip {
        /// The least that comes out; −∞ for no bound.
        low: f32,
        /// The most that comes out; ∞ for no bound.
        high: f32,
    },
    /// x where positive, else slope·x.
    LeakyRelu {
        /// Slope below zero.
        slope: f32,
    },
    /// x where positive, else slope·x (He et al. 2015).
    PRelu {
        /// A slope per channel.
        slope: Vec<f32>,
    },
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// x·σ(β·x): SiLU for β = 1.
    Swish {
        /// β.
        beta: f32,
    },
    /// x·min(max(x/6 + 1/2, 0), 1).
    HardSwish,
    /// min(max(slope·x + offset, 0), 1).
    HardSigmoid {
        /// Slope.
        slope: f32,
        /// Offset.
        offset: f32,
    },
    /// Hyperbolic tangent.
    Tanh,
    /// x·Φ(x), Φ being the normal distribution's (Hendrycks and Gimpel 2016).
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    GeluTanh,
}

impl Activation {
    /// Low and high, where it is min(max(x, low), high): such a one costs a convolution nothing.
    pub(crate) fn bounds(&self) -> Option<(f32, f32)> {
        match *self {
            Self::Identity => Some((f32::NEG_INFINITY, f32::INFINITY)),
            Self::Relu => Some((0.0, f32::INFINITY)),
            Self::Relu6 => Some((0.0, 6.0)),
            Self::Clip { low, high } => Some((low, high)),
            _ => None,
        }
    }

    /// Whether it does nothing.
    pub(crate) fn is_identity(&self) -> bool {
        self.bounds() == Some((f32::NEG_INFINITY, f32::INFINITY))
    }

    /// Whether its derivative can be told from what it gives; else from what it was given alone.
    pub(crate) fn is_known_by_its_output(&self) -> bool {
        match self {
            Self::Swish { .. } | Self::HardSwish | Self::Gelu | Self::GeluTanh => false,
            // A negative slope gives positive numbers on both sides of zero.
            Self::LeakyRelu { slope } => *slope >= 0.0,
            Self::PRelu { slope } => slope.iter().all(|&slope| slope >= 0.0),
            _ => true,
        }
    }

    /// The slopes that it takes from channel to channel.
    pub(crate) fn slopes(&self) -> &[f32] {
        match self {
            Self::PRelu { slope } => slope,
            _ => &[],
        }
    }
}
