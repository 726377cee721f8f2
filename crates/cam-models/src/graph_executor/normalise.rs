use burn::tensor::module::layer_norm as norm_of_rows;
use burn::tensor::{FloatDType, Tensor, activation};
use cam_graph::LayerNorm;

use super::Dense;
use super::around::Around;
use super::dense::in_f32;
use super::parameters::Parameters;

/// scale·x + shift, a number of each for every index of an axis.
pub(super) fn scale_shift(axis: usize, scale: Tensor<1>, shift: Tensor<1>, x: Dense) -> Dense {
    let around = Around::axis(x.shape(), axis);
    over(around, x, |x, _| x * around.along(scale) + around.along(shift))
}

/// (x − mean)/√(variance + ε) over axes, then scale and shift.
pub(super) fn layer_norm(norm: &LayerNorm, x: Dense, parameters: &Parameters) -> Dense {
    let [scale, shift] = [&norm.scale, &norm.shift].map(|name| {
        let found = parameters.optional(name.as_ref());
        found.map(|numbers| numbers.cast(FloatDType::F32))
    });
    let Some(first) = norm.axes.first() else { return x };
    let around = Around::axes(x.shape(), *first, norm.axes.len());
    over(around, x, |x, axis| {
        in_f32(x, |x| match (axis, scale, shift) {
            // One pass on some backends.
            (2, Some(scale), shift) => norm_of_rows(x, scale, shift, f64::from(norm.epsilon)),
            (_, scale, shift) => {
                let y = standardise(x, axis, norm.epsilon);
                let y = match scale {
                    Some(scale) => y * around.along(scale),
                    None => y,
                };
                match shift {
                    Some(shift) => y + around.along(shift),
                    None => y,
                }
            }
        })
    })
}

/// (x − mean)/√(variance + ε) over a group of channels and all positions.
pub(super) fn group_norm(groups: usize, epsilon: f32, x: Dense) -> Dense {
    let rows = x.images() * groups;
    let numbers = x.shape().iter().product::<usize>();
    let around = Around { before: rows, run: numbers / rows, behind: 1 };
    over(around, x, |x, axis| in_f32(x, |x| standardise(x, axis, epsilon)))
}

/// x/max(‖x‖, ε) along an axis.
pub(super) fn l2_normalize(axis: usize, epsilon: f32, x: Dense) -> Dense {
    let around = Around::axis(x.shape(), axis);
    // Bounded before the root, whose gradient at 0 is infinite.
    let least = epsilon * epsilon;
    over(around, x, |x, axis| {
        in_f32(x, |x| {
            let squares = (x.clone() * x.clone()).sum_dim(axis);
            x / squares.clamp_min(least).sqrt()
        })
    })
}

/// eˣ/Σeˣ along an axis.
pub(super) fn softmax(axis: usize, x: Dense) -> Dense {
    let around = Around::axis(x.shape(), axis);
    over(around, x, |x, axis| in_f32(x, |x| activation::softmax(x, axis)))
}

/// What keeps the shape, computed at rank 3 along one axis of it.
fn over(around: Around, x: Dense, compute: impl FnOnce(Tensor<3>, usize) -> Tensor<3>) -> Dense {
    let (images, shape) = (x.images(), x.of_one().to_vec());
    let (sides, axis) = around.run_last();
    Dense::of_images(compute(x.at(sides), axis), images, &shape)
}

fn standardise(x: Tensor<3>, axis: usize, epsilon: f32) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(axis);
    let variance = (centred.clone() * centred.clone()).mean_dim(axis);
    centred / (variance + epsilon).sqrt()
}
