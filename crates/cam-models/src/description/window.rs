use super::Activation;

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

impl From<Padding> for cam_engine::Padding {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Each(pixels) => Self::Each(pixels),
            Padding::Same => Self::Same,
        }
    }
}

impl From<Activation> for cam_engine::Activation {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Identity => Self::Identity,
            Activation::Relu => Self::Relu,
            Activation::Relu6 => Self::Relu6,
        }
    }
}
