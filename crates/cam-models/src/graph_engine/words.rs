//! Windows, borders and functions in the engine's words.

use cam_engine as engine;
use cam_graph::{Coordinates, Function, Interpolation, Operation, Rounding};

pub(super) fn padding(padding: cam_graph::Padding) -> engine::Padding {
    match padding {
        cam_graph::Padding::Fixed(border) => {
            let cam_graph::Border { top, left, bottom, right } = border;
            // Equal sides have the faster kernels.
            match [left, bottom, right] == [top; 3] {
                true => engine::Padding::Each(top),
                false => engine::Padding::Fixed(engine::Border { top, left, bottom, right }),
            }
        }
        cam_graph::Padding::Same { lower: false } => engine::Padding::Same,
        cam_graph::Padding::Same { lower: true } => engine::Padding::SameLower,
    }
}

pub(super) fn windows(window: &cam_graph::Window) -> Option<engine::Window> {
    let found = engine::Window {
        stride: window.stride,
        padding: padding(window.padding),
        ceil: window.ceil,
        ..engine::Window::new(window.kernel)
    };
    (window.dilation == [1, 1]).then_some(found)
}

pub(super) fn activation(function: Function) -> Option<engine::Activation> {
    Some(match function {
        Function::Relu => engine::Activation::Relu,
        Function::Clip { low: 0.0, high: 6.0 } => engine::Activation::Relu6,
        Function::Clip { low, high } if low <= high => engine::Activation::Clip { low, high },
        Function::LeakyRelu { slope } => engine::Activation::LeakyRelu { slope },
        Function::Sigmoid => engine::Activation::Sigmoid,
        Function::Swish { beta } => engine::Activation::Swish { beta },
        Function::HardSwish => engine::Activation::HardSwish,
        Function::HardSigmoid { slope, offset } => {
            engine::Activation::HardSigmoid { slope, offset }
        }
        Function::Tanh => engine::Activation::Tanh,
        Function::Gelu => engine::Activation::Gelu,
        Function::GeluTanh => engine::Activation::GeluTanh,
        _ => return None,
    })
}

/// How often a resize repeats every pixel, where that is all it does.
pub(super) fn factors(operation: &Operation) -> Option<[usize; 2]> {
    let Operation::Resize { scale, interpolation: Interpolation::Nearest(rounding), coordinates } =
        operation
    else {
        return None;
    };
    let repeats = match coordinates {
        Coordinates::HalfPixel | Coordinates::PyTorchHalfPixel => {
            matches!(rounding, Rounding::HalfDown | Rounding::HalfUp)
        }
        Coordinates::Asymmetric => *rounding == Rounding::Floor,
        Coordinates::AlignCorners => false,
    };
    let is_whole = scale.iter().all(|scale| scale.fract() == 0.0 && (1.0..64.0).contains(scale));
    (repeats && is_whole).then(|| scale.map(|scale| scale as usize))
}
