//! The steps of [`Map`](crate::Map) on tensors, for methods whose next step is on the device: masks that
//! the network is going to see, maps of its inner layers that are summed. Everybody else takes those of
//! [`Map`](crate::Map).
//!
//! All work on maps `[n, k, h, w]` (images, questions, height, width), each map for itself.

use burn::tensor::Tensor;
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};

/// Keeps what speaks for the target: max(x, 0).
pub fn relu(maps: Tensor<4>) -> Tensor<4> {
    burn::tensor::activation::relu(maps)
}

/// Stretches each map to 0..=1: (x − min) / (max − min). A constant map becomes zeros.
///
/// There is no epsilon: a map keeps its shape however small its values are.
pub fn min_max(maps: Tensor<4>) -> Tensor<4> {
    let (shifted, range) = above_minimum(maps);
    // A constant map is all zeros once its minimum is taken off; dividing it by one keeps that.
    let constant = range.clone().equal_scalar(0.0);
    shifted / range.mask_fill(constant, 1.0)
}

/// pytorch-grad-cam's `scale_cam_image`: (x − min) / (1e-7 + max(x − min)).
///
/// Its epsilon shrinks maps whose range is near 1e-7; see [`min_max`] for the form without.
pub fn min_max_with_epsilon(maps: Tensor<4>) -> Tensor<4> {
    const EPSILON: f32 = 1e-7;
    let (shifted, range) = above_minimum(maps);
    shifted / range.add_scalar(EPSILON)
}

/// Bilinear resize to `[height, width]` at half-pixel centres, edges clamped, no antialiasing.
///
/// Equal to OpenCV's `INTER_LINEAR` on f32 and to PyTorch's
/// `interpolate(mode="bilinear", align_corners=False)`.
pub fn resize(maps: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = maps.dims();
    if [height, width] == size {
        return maps;
    }
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size(size);
    interpolate(maps, options)
}

/// Each map with its minimum taken off, and what its maximum then is, `[n, k, 1, 1]`.
fn above_minimum(maps: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    let [n, k, h, w] = maps.dims();
    let flat = maps.reshape([n, k, h * w]);
    let shifted = flat.clone() - flat.min_dim(2);
    let range = shifted.clone().max_dim(2).reshape([n, k, 1, 1]);
    (shifted.reshape([n, k, h, w]), range)
}
