//! A network that is data, run with burn's operations.

mod case;
mod cases;
mod gradients;
mod images;
mod precision;
mod references;
mod selections;
mod walks;

use burn::tensor::{Tensor, TensorData};
use cam_models::Dense;
use cam_tests::device;

fn flat(numbers: Vec<f32>) -> Tensor<1> {
    let length = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [length]), &device())
}

fn dense(numbers: Vec<f32>, shape: &[usize]) -> Dense {
    Dense::from_numbers(flat(numbers), shape).expect("as many numbers as the shape holds")
}

fn with_images(images: usize, shape: &[usize]) -> Vec<usize> {
    [&[images], shape].concat()
}
