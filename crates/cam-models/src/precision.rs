use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device, FloatDType, Tensor};
use cam_core::BiasGradients;

/// In which numbers burn's operations compute a network's convolutions.
///
/// Only these are computed so: what goes into a segment and what comes out of it is f32, and so are
/// pooling, scores, the sums over channels that make a map, and everything after them. An embedding
/// of 2048 numbers, or a map that is the difference of large ones, keeps its digits that way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 24 bits of significand.
    #[default]
    F32,
    /// 11 bits, up to 65504, subnormal below 6e-5.
    F16,
    /// 8 bits, with the range of f32.
    Bf16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Bf16];

    /// Whether a device computes in it.
    pub fn is_supported_by(self, device: &Device) -> bool {
        device.supports_dtype(self.dtype())
    }

    pub(crate) fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::F16 => FloatDType::F16,
            Self::Bf16 => FloatDType::BF16,
        }
    }

    /// What gradients are multiplied by on their way through the convolutions.
    ///
    /// The gradient of a cosine behind the pooling of 7×7 positions is about 1e-5 per activation,
    /// which f16 holds with a few bits only. A power of two costs no digit, and this one leaves a
    /// factor of 1e4 up to where f16 ends.
    fn gradient_scale(self) -> f32 {
        match self {
            Self::F32 | Self::Bf16 => 1.0,
            Self::F16 => 4096.0,
        }
    }

    /// What a segment is given, from f32.
    pub(crate) fn enter(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::F32 => x,
            _ => scale_gradient(x, self.gradient_scale().recip()).cast(self.dtype()),
        }
    }

    /// What a segment gives, to f32.
    pub(crate) fn leave(self, y: Tensor<4>) -> Tensor<4> {
        match self {
            Self::F32 => y,
            _ => scale_gradient(y.cast(FloatDType::F32), self.gradient_scale()),
        }
    }

    /// A bias and ∂s/∂ of what it is added to, as they are found inside of a segment, to f32.
    pub(crate) fn bias_gradients(self, bias: Tensor<1>, gradients: Tensor<4>) -> BiasGradients {
        match self {
            Self::F32 => BiasGradients { bias, gradients },
            _ => BiasGradients {
                bias: bias.cast(FloatDType::F32),
                gradients: gradients.cast(FloatDType::F32) / self.gradient_scale(),
            },
        }
    }
}

/// The tensor itself, whose gradient comes out multiplied.
fn scale_gradient(x: Tensor<4>, factor: f32) -> Tensor<4> {
    if factor == 1.0 || !x.is_autodiff() {
        return x;
    }
    let constant = x.clone().detach();
    (x - constant.clone()) * factor + constant
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

/// No precision has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no precision is called `{name}`; there are f32, f16, bf16")]
pub struct UnknownPrecision {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|precision| precision.to_string() == name);
        found.ok_or_else(|| UnknownPrecision { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_read_as_it_is_written() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse(), Ok(precision));
        }
        let error = "f8".parse::<Precision>().expect_err("no such precision");
        assert_eq!(error.to_string(), "no precision is called `f8`; there are f32, f16, bf16");
    }
}
