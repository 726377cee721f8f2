//! What must hold of every method, whatever it computes.

mod agreement;
mod degenerate;
mod factorization;
mod neighbours;
mod sums;

use burn::tensor::{Tensor, TensorData};
use cam_core::methods::{CATALOGUE, Settings, method};
use cam_core::{Capture, Error, Explanation, Method, Network, Target};
use cam_targets::Concepts;
use cam_tests::compare::values;
use cam_tests::embedded::{NETWORK, capture, concepts};
use cam_tests::pooled::Pooled;
use cam_tests::{device, formula};

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

/// Activations as after a ReLU, about a third of them zero.
fn activations(key: &str, shape: [usize; 4]) -> Tensor<4> {
    let values = formula::unit(key, shape.iter().product());
    tensor(values.into_iter().map(|u| (1.5 * u - 0.5).max(0.0)).collect(), shape)
}

fn concept(key: &str, width: usize) -> Concepts {
    Concepts::new(width, vec![formula::unit(key, width)]).expect("sound")
}

/// Methods that run in a moment on a network of a few numbers.
fn quick(name: &str) -> Box<dyn Method> {
    method(name, Settings { samples: Some(5), ..Settings::default() }).expect("it exists")
}

/// Of a network whose activations are its images.
fn explain_pooled(
    method: &dyn Method,
    images: Tensor<4>,
    target: &dyn Target,
) -> Result<Explanation, Error> {
    let network = Pooled::new(images.dims()[1]);
    let layer = network.last_layer()?;
    Capture::new(&network, images, &[layer])?.explain(method, target)
}

fn raw(explanation: &Explanation) -> Vec<f32> {
    values(&explanation.layers[0].maps)
}

/// What only some networks give: guided gradients, biases.
fn needs_more_of_the_network(name: &str) -> bool {
    ["guided-backprop", "guided-grad-cam", "full-grad"].contains(&name)
}

/// Every method but those.
fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|info| info.name).filter(|name| !needs_more_of_the_network(name))
}
