//! Choices among values, made on the device that has them.
//!
//! A [`Target`](cam_core::Target) cannot report that its device failed, so it reads nothing back: a failure
//! here surfaces as an error where its scores are read.

use burn::tensor::{Bool, Device, Int, Tensor};

/// Where the smallest value of each row is that is not `taken`, the first of equal ones: `[.., m]` to `[.., 1]`.
///
/// At least one value of each row must be free; of rows of NaN it is the first free one. Backends differ in which of
/// equal values their `argmin` takes, and some of them read the values back to sort them.
pub fn first_smallest<const D: usize>(values: Tensor<D>, taken: Tensor<D, Bool>) -> Tensor<D, Int> {
    let shape = values.dims();
    let count = shape[D - 1];
    let least = values.clone().mask_fill(taken.clone(), f32::INFINITY).min_dim(D - 1);
    let larger = values.clone().greater(least.expand(shape));
    let places = places::<D>(count, &values.device()).expand(shape);
    places.mask_fill(larger.bool_or(taken), count as i64).min_dim(D - 1)
}

/// 0, 1, .. along the last dimension: `[1, .., count]`.
pub fn places<const D: usize>(count: usize, device: &Device) -> Tensor<D, Int> {
    let mut shape = [1; D];
    shape[D - 1] = count;
    Tensor::<1, Int>::arange(0..count as i64, device).reshape(shape)
}
