use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions, PadMode};
use burn::tensor::{FloatDType, Tensor, TensorData};
use cam_graph::Window;

use super::Dense;
use super::dense::in_f32;
use super::windows::{pairs, planes};

/// The maximum of every window; the border never wins.
pub(super) fn max_pool(window: &Window, x: Dense, shape: &[usize]) -> Dense {
    let images = x.images();
    let x = planes(x);
    let options = MaxPoolOptions::new(window.kernel)
        .with_stride(window.stride)
        .with_dilation(window.dilation);
    let y = match plain_border(window, &x) {
        Some(border) => max_pool2d(x, options.with_padding(border)),
        None => max_pool2d(surrounded(window, x, f32::NEG_INFINITY), options),
    };
    Dense::of_images(y, images, shape)
}

/// (mean max(x, ε)ᵖ)^(1/p) over the positions of `[images, c, h, w]`.
pub(super) fn generalized_mean(
    exponent: Tensor<1>,
    epsilon: f32,
    x: Dense,
    shape: &[usize],
) -> Dense {
    let images = x.images();
    let [n, c, h, w] = planes(x.clone()).dims();
    let numbers = in_f32(x.numbers(), |numbers| {
        let exponent: Tensor<3> = exponent.cast(FloatDType::F32).reshape([1, 1, 1]);
        let exponent = if numbers.is_autodiff() { exponent.autodiff() } else { exponent };
        let powers =
            (numbers.reshape([n, c, h * w]).clamp_min(epsilon).log() * exponent.clone()).exp();
        (powers.mean_dim(2).log() / exponent).exp().reshape([n * c])
    });
    Dense::of_images(numbers, images, shape)
}

/// The mean of every window.
pub(super) fn average_pool(
    window: &Window,
    include_border: bool,
    x: Dense,
    shape: &[usize],
) -> Dense {
    let images = x.images();
    let x = planes(x);
    let border = plain_border(window, &x).filter(|_| window.dilation == [1, 1]);
    let options = AvgPoolOptions::new(window.kernel).with_stride(window.stride);
    let y = match border {
        Some(border) => {
            let options = options.with_padding(border).with_count_include_pad(include_border);
            avg_pool2d(x, options)
        }
        None => {
            let shares = shares(window, include_border, &x);
            let x = surrounded(window, x, 0.0);
            let means = if window.dilation == [1, 1] {
                avg_pool2d(x, options)
            } else {
                dilated_means(window, x)
            };
            means * shares
        }
    };
    Dense::of_images(y, images, shape)
}

/// The border, where burn makes it by itself and all windows lie on it and the image, each on a pixel of the latter.
fn plain_border(window: &Window, x: &Tensor<4>) -> Option<[usize; 2]> {
    let [down, across] = pairs(window.border(size(x)));
    let is_plain = down.0 == down.1 && across.0 == across.1 && !window.ceil;
    let is_narrow = 2 * down.0 <= window.kernel[0] && 2 * across.0 <= window.kernel[1];
    let is_dense = window.dilation == [1, 1] || (down.0, across.0) == (0, 0);
    (is_plain && is_narrow && is_dense).then_some([down.0, across.0])
}

fn size(x: &Tensor<4>) -> [usize; 2] {
    let [_, _, height, width] = x.dims();
    [height, width]
}

fn outputs(window: &Window, size: [usize; 2]) -> [usize; 2] {
    window.outputs(size).expect("shapes were worked out before")
}

/// x and so much of a border that all windows lie on the two, which need no rounding up then.
fn surrounded(window: &Window, x: Tensor<4>, fill: f32) -> Tensor<4> {
    let size = size(&x);
    let (outputs, reach) = (outputs(window, size), window.reach());
    let border = pairs(window.border(size));
    let border = [0, 1].map(|axis| {
        let covered = (outputs[axis] - 1) * window.stride[axis] + reach[axis];
        (border[axis].0, covered.saturating_sub(size[axis] + border[axis].0))
    });
    if border == [(0, 0); 2] { x } else { x.pad(border, PadMode::Constant(fill)) }
}

/// burn's average pooling knows no dilation; a convolution of single planes does.
fn dilated_means(window: &Window, x: Tensor<4>) -> Tensor<4> {
    let [images, channels, height, width] = x.dims();
    let [down, across] = window.kernel;
    let share = 1.0 / (down * across) as f32;
    let weight = Tensor::full([1, 1, down, across], share, (&x.device(), x.dtype()));
    let options = ConvOptions::new(window.stride, [0, 0], window.dilation, 1);
    let y = conv2d(x.reshape([images * channels, 1, height, width]), weight, None, options);
    let [_, _, height, width] = y.dims();
    y.reshape([images, channels, height, width])
}

/// What a mean over a whole window is multiplied by, so that taps beyond the border do not count, and those on the
/// border only where wanted. `[1, 1, h, w]`.
fn shares(window: &Window, include_border: bool, x: &Tensor<4>) -> Tensor<4> {
    let size = size(x);
    let [rows, columns] = [0, 1].map(|axis| shares_along(window, include_border, size, axis));
    let shares: Vec<f32> =
        rows.iter().flat_map(|row| columns.iter().map(move |column| row * column)).collect();
    let shares = TensorData::new(shares, [1, 1, rows.len(), columns.len()]);
    Tensor::from_data(shares, (&x.device(), x.dtype()))
}

fn shares_along(window: &Window, include_border: bool, size: [usize; 2], axis: usize) -> Vec<f32> {
    let (before, behind) = window.border(size).along(axis);
    let counted = match include_border {
        true => 0..before + size[axis] + behind,
        false => before..before + size[axis],
    };
    let share = |output: usize| {
        let taps = (0..window.kernel[axis])
            .map(|tap| output * window.stride[axis] + tap * window.dilation[axis]);
        let count = taps.filter(|place| counted.contains(place)).count();
        window.kernel[axis] as f32 / count.max(1) as f32
    };
    (0..outputs(window, size)[axis]).map(share).collect()
}
