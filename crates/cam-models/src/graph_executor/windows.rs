use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use cam_graph::{Binary, Border, Convolution};

use super::parameters::Parameters;
use super::{Dense, broadcast, functions};

/// weight ∗ x + bias.
pub(super) fn convolve(
    convolution: &Convolution,
    x: Dense,
    shape: &[usize],
    parameters: &Parameters,
) -> Dense {
    let weight: Tensor<4> = parameters.tensor(&convolution.weight);
    let bias = parameters.optional(convolution.bias.as_ref());
    let images = x.images();
    let x = planes(x);
    let [_, _, height, width] = x.dims();
    let border = convolution.window(&weight.dims()).border([height, width]);
    let Convolution { stride, dilation, groups, .. } = *convolution;
    let options = ConvOptions::new_with_padding(stride, pairs(border), dilation, groups);
    Dense::of_images(conv2d(x, weight, bias, options), images, shape)
}

/// activation(y + residual), y being what a convolution sums up.
pub(super) fn finish(
    convolution: &Convolution,
    y: Dense,
    residual: Option<Dense>,
    shape: &[usize],
) -> Dense {
    let y = match residual {
        Some(residual) => broadcast::combine(Binary::Add, y, residual, shape),
        None => y,
    };
    match convolution.activation {
        Some(function) => y.map(|numbers| functions::apply(function, numbers)),
        None => y,
    }
}

/// A value `[images, …, c, h, w]` as images of channels.
pub(super) fn planes(x: Dense) -> Tensor<4> {
    let sides = match x.shape() {
        [front @ .., c, h, w] => [front.iter().product(), *c, *h, *w],
        // Rows and columns without channels.
        [front @ .., h, w] => [front.iter().product(), 1, *h, *w],
        _ => unreachable!("shapes were worked out before"),
    };
    x.at(sides)
}

/// A border as burn has it: before and behind, down and across.
pub(super) fn pairs(border: Border) -> [(usize, usize); 2] {
    [border.along(0), border.along(1)]
}
