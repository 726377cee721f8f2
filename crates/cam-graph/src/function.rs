use serde::{Deserialize, Serialize};

/// A function of one number, applied to every number of a value. A NaN stays a NaN.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Function {
    /// max(x, 0).
    Relu,
    /// x where positive, else slope · x.
    LeakyRelu {
        /// Slope below zero.
        slope: f32,
    },
    /// x where positive, else α·(eˣ − 1).
    Elu {
        /// α.
        alpha: f32,
    },
    /// γ·x where positive, else γ·α·(eˣ − 1).
    Selu {
        /// α.
        alpha: f32,
        /// γ.
        gamma: f32,
    },
    /// min(max(x, low), high).
    Clip {
        /// The least that comes out; −∞ for no bound.
        #[serde(with = "crate::exact::single")]
        low: f32,
        /// The most that comes out; ∞ for no bound.
        #[serde(with = "crate::exact::single")]
        high: f32,
    },
    /// x·Φ(x), Φ being the normal distribution's (Hendrycks and Gimpel 2016).
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    GeluTanh,
    /// x·σ(β·x): SiLU for β = 1, QuickGELU for β = 1.702.
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
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// ln(1 + eˣ).
    Softplus,
    /// x/(1 + |x|).
    Softsign,
    /// x·tanh(softplus(x)).
    Mish,
    /// The error function.
    Erf,
    /// eˣ.
    Exp,
    /// Natural logarithm.
    Log,
    /// Square root.
    Sqrt,
    /// 1/x.
    Reciprocal,
    /// |x|.
    Abs,
    /// −x.
    Negate,
    /// x to a power.
    Power {
        /// The power.
        exponent: f32,
    },
    /// Sine of x in radians.
    Sin,
    /// Cosine of x in radians.
    Cos,
    /// The next integer below.
    Floor,
    /// The next integer above.
    Ceil,
}

/// A function of two numbers, applied to two values, the smaller of which is repeated along its axes of length 1 and
/// those that it lacks in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Binary {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a·b.
    Multiply,
    /// a/b.
    Divide,
    /// a to the power of b.
    Power,
    /// The greater.
    Maximum,
    /// The lesser.
    Minimum,
    /// 1 where a < b, else 0.
    Less,
}

/// What becomes of the numbers along axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Reduction {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
    /// The greatest.
    Maximum,
    /// The least.
    Minimum,
    /// The root of the sum of their squares.
    L2,
    /// The sum of their absolute values.
    L1,
    /// The sum of their squares.
    SumSquare,
    /// Their product.
    Product,
}
