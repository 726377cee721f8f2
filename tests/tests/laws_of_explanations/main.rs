//! What must hold of every explanation.

mod finishing;
mod many;
mod maps;
mod refusals;
mod scores;

use std::sync::LazyLock;

use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, GradCam, Network, Target};
use cam_models::{ConvNet, load_embedded};
use cam_targets::Concepts;
use cam_tests::compare::values;
use cam_tests::{device, photographs};

static NETWORK: LazyLock<ConvNet> =
    LazyLock::new(|| load_embedded(&device()).expect("the embedded weights load").network);

/// Sums of a thousand products that cancel, in f32.
const CANCELLATION: f32 = 1e-4;

fn images(names: &[&str]) -> Tensor<4> {
    let images: Vec<_> = names.iter().map(|name| photographs::open(name)).collect();
    NETWORK.preprocessing().tensor(&images, &device()).expect("there are images")
}

fn concepts(names: &[&str]) -> Concepts {
    Concepts::from_embeddings(NETWORK.embed(images(names))).expect("photographs make concepts")
}

fn capture(names: &[&str], layer: &str) -> Capture<'static> {
    let layer = NETWORK.layer(layer).expect("the layer exists");
    Capture::new(&*NETWORK, images(names), &[layer]).expect("photographs can be captured")
}

fn raw(capture: &Capture<'_>, target: &dyn Target) -> Vec<f32> {
    values(&capture.explain(&GradCam, target).expect("explained").layers[0].maps)
}

fn map(values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}
