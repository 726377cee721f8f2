use burn::tensor::{Tensor, TensorData};
use cam_graph::{Coordinates, Interpolation};

use super::Dense;
use super::arrange::select;
use super::resample::Axis;

/// `[…, h, w]` at another size: rows and columns each by themselves, as indices or as a product of matrices, which
/// every backend has, and autodiff too.
pub(super) fn resize(
    scale: [f64; 2],
    interpolation: Interpolation,
    coordinates: Coordinates,
    x: Dense,
    shape: &[usize],
) -> Dense {
    let images = x.images();
    let [height, width] = last_two(x.shape());
    let [rows, columns] = last_two(shape);
    let planes = x.shape().iter().rev().skip(2).product();
    let down = Axis { inputs: height, outputs: rows, scale: scale[0], coordinates };
    let across = Axis { inputs: width, outputs: columns, scale: scale[1], coordinates };
    let x = x.at([planes, height, width]);
    let y = match interpolation {
        Interpolation::Nearest(rounding) => {
            let x = select(x, 1, &down.nearest(rounding));
            select(x, 2, &across.nearest(rounding))
        }
        _ => weigh_columns(&across, interpolation, weigh_rows(&down, interpolation, x)),
    };
    Dense::of_images(y, images, shape)
}

fn last_two(shape: &[usize]) -> [usize; 2] {
    *shape.last_chunk().expect("shapes were worked out before")
}

fn weigh_rows(down: &Axis, interpolation: Interpolation, x: Tensor<3>) -> Tensor<3> {
    if stays(down) {
        return x;
    }
    let weights = weights(down, interpolation, &x);
    weights.unsqueeze::<3>().matmul(x)
}

fn weigh_columns(across: &Axis, interpolation: Interpolation, x: Tensor<3>) -> Tensor<3> {
    if stays(across) {
        return x;
    }
    let weights = weights(across, interpolation, &x).transpose();
    let [planes, height, width] = x.dims();
    let y = x.reshape([planes * height, width]).matmul(weights);
    y.reshape([planes, height, across.outputs])
}

/// Whether every output pixel is the input's.
fn stays(axis: &Axis) -> bool {
    axis.scale == 1.0 && axis.inputs == axis.outputs
}

fn weights(axis: &Axis, interpolation: Interpolation, x: &Tensor<3>) -> Tensor<2> {
    let weights = TensorData::new(axis.weights(interpolation), [axis.outputs, axis.inputs]);
    Tensor::from_data(weights, (&x.device(), x.dtype()))
}
