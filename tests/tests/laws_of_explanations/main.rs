//! What must hold of every explanation.

mod finishing;
mod many;
mod maps;
mod refusals;
mod scores;

use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, GradCam, Target};
use cam_tests::compare::values;
use cam_tests::device;
use cam_tests::embedded::{NETWORK, capture, concepts, images};

/// Sums of a thousand products that cancel, in f32.
const CANCELLATION: f32 = 1e-4;

fn raw(capture: &Capture<'_>, target: &dyn Target) -> Vec<f32> {
    values(&capture.explain(&GradCam, target).expect("explained").layers[0].maps)
}

fn map(values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}
