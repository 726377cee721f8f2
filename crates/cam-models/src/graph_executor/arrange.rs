use burn::tensor::ops::PadMode;
use burn::tensor::{Int, Tensor, TensorData};
use cam_graph::Fill;

use super::Dense;
use super::around::Around;

/// Some of the indices along an axis, in a row.
pub(super) fn slice(axis: usize, start: usize, length: usize, x: Dense, shape: &[usize]) -> Dense {
    let images = x.images();
    let sides = Around::axis(x.shape(), axis).sides();
    Dense::of_images(x.at(sides).narrow(1, start, length), images, shape)
}

/// Any indices along an axis.
pub(super) fn gather(axis: usize, indices: &[usize], x: Dense, shape: &[usize]) -> Dense {
    let images = x.images();
    let sides = Around::axis(x.shape(), axis).sides();
    Dense::of_images(select(x.at(sides), 1, indices), images, shape)
}

/// Indices along an axis of a tensor.
pub(super) fn select(x: Tensor<3>, axis: usize, indices: &[usize]) -> Tensor<3> {
    let indices: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
    let length = indices.len();
    let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [length]), &x.device());
    x.select(axis, indices)
}

/// Numbers around the value, along one axis after the other.
pub(super) fn pad(before: &[usize], behind: &[usize], fill: Fill, mut x: Dense) -> Dense {
    let images = x.images();
    for (axis, (&before, &behind)) in before.iter().zip(behind).enumerate() {
        if (before, behind) == (0, 0) {
            continue;
        }
        let mut shape = x.of_one().to_vec();
        let around = Around::axis(x.shape(), axis);
        let padded = pad_run(x.at(around.sides()), before, behind, fill);
        shape[axis] += before + behind;
        x = Dense::of_images(padded, images, &shape);
    }
    x
}

fn pad_run(x: Tensor<3>, before: usize, behind: usize, fill: Fill) -> Tensor<3> {
    let [_, length, _] = x.dims();
    let places = (0..before + length + behind).map(|place| place as isize - before as isize);
    match fill {
        Fill::Constant(number) => {
            x.pad([(0, 0), (before, behind), (0, 0)], PadMode::Constant(number))
        }
        Fill::Edge => {
            let indices: Vec<usize> = places.map(|place| clamped(place, length)).collect();
            select(x, 1, &indices)
        }
        Fill::Reflect => {
            let indices: Vec<usize> = places.map(|place| mirrored(place, length)).collect();
            select(x, 1, &indices)
        }
    }
}

/// The index nearest to a place.
pub(super) fn clamped(place: isize, length: usize) -> usize {
    place.clamp(0, length as isize - 1) as usize
}

/// The index that a place is mirrored to at the outermost, as often as it takes.
fn mirrored(place: isize, length: usize) -> usize {
    let last = length as isize - 1;
    if last == 0 {
        return 0;
    }
    let folded = place.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}
