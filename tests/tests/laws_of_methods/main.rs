//! What must hold of every method, whatever it computes.

mod agreement;
mod degenerate;
mod factorization;
mod long;
mod neighbours;
mod sums;

use burn::tensor::{Tensor, TensorData};
use cam_core::methods::{CATALOGUE, MethodInfo, Need, Setting, Settings, info, method};
use cam_core::{Capture, Error, Explanation, Linear, Method, Network, Target};
use cam_targets::{ClassLogit, Concepts, CosineSimilarity};
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

/// Every method that the network without a trunk has everything for.
fn names() -> impl Iterator<Item = &'static str> {
    // What needs attention is tested on transformers.
    let lacks = [Need::GuidedGradients, Need::Biases, Need::Attention];
    let is_served = move |info: &&MethodInfo| !lacks.iter().any(|need| info.needs(*need));
    CATALOGUE.iter().filter(is_served).map(|info| info.name)
}

fn needs(name: &str, need: Need) -> bool {
    info(name).expect("it exists").needs(need)
}

/// A question that a method can answer: the cosine to each concept, or the logit of a class with the
/// concept as its weights, where the method needs a class.
fn about(name: &str, concepts: &Concepts) -> Box<dyn Target> {
    if !needs(name, Need::Class) {
        return Box::new(CosineSimilarity::to(concepts.clone()));
    }
    let (width, count) = (concepts.width(), concepts.count());
    let others = ["x", "y", "z"].map(|key| formula::unit(key, width));
    let rows: Vec<&[f32]> = concepts.iter().chain(others.iter().map(Vec::as_slice)).collect();
    let weight = tensor(rows.concat(), [rows.len(), width]);
    let classes = (0..count).collect();
    Box::new(ClassLogit::of(Linear { weight, bias: None }, classes).expect("they exist"))
}
