//! A network written with burn's own modules, explained at each of its layers.
//!
//! ```text
//! cargo run --release -p cam-tests --example burn_module
//! ```

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Distribution, Tensor};
use cam_core::{Activations, Capture, Error, GradCam, Head, Layer, LayerInfo, Network, Pooling};
use cam_targets::{Concepts, CosineSimilarity};

// ANCHOR: module
/// Two stages of convolution, batch norm and ReLU, each of half the size, then the mean.
#[derive(Module, Debug)]
pub struct Stages {
    first: Conv2d,
    first_norm: BatchNorm,
    second: Conv2d,
    second_norm: BatchNorm,
}

impl Stages {
    /// With random weights; a real one is loaded, with burn-store for example.
    pub fn new(device: &Device) -> Self {
        let stage = |channels| {
            let convolution = Conv2dConfig::new(channels, [3, 3]).with_stride([2, 2]);
            convolution.with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1)).init(device)
        };
        Self {
            first: stage([3, 8]),
            first_norm: BatchNormConfig::new(8).init(device),
            second: stage([8, 16]),
            second_norm: BatchNormConfig::new(16).init(device),
        }
    }
}
// ANCHOR_END: module

// ANCHOR: network
/// The module, and what is known of its layers.
pub struct Explainable {
    stages: Stages,
    layers: [LayerInfo; 2],
    head: Head,
}

impl Explainable {
    /// Takes a network that has been trained.
    pub fn new(stages: Stages) -> Self {
        Self {
            // Batch norm must use what it has learnt, and not what it sees: never explain a network that
            // is in training.
            stages: stages.valid(),
            layers: [LayerInfo::new("first", 8, 2), LayerInfo::new("second", 16, 4)],
            head: Head::new(Pooling::Average, Vec::new()),
        }
    }

    fn second(&self, x: Tensor<4>) -> Tensor<4> {
        relu(self.stages.second_norm.forward(self.stages.second.forward(x)))
    }
}

impl Network for Explainable {
    fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    fn embedding_width(&self) -> usize {
        16
    }

    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations {
        let first = relu(self.stages.first_norm.forward(self.stages.first.forward(images)));
        let reached = if to.index() == 0 { first } else { self.second(first) };
        reached.into()
    }

    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2> {
        let reached = activations.grid;
        let last = if from.index() == 0 { self.second(reached) } else { reached };
        self.head.forward(last)
    }

    /// Behind the last layer there is nothing but the mean: its gradient has a closed form. Behind the
    /// first, burn's autodiff finds it.
    fn head(&self, at: Layer) -> Option<&Head> {
        (at.index() == 1).then_some(&self.head)
    }
}
// ANCHOR_END: network

// ANCHOR: use
/// At each layer, its name, its map's height and width, and the cosine that was explained.
pub fn explain(device: &Device) -> Result<Vec<(String, [usize; 2], f32)>, Error> {
    let network = Explainable::new(Stages::new(device));
    let image = Tensor::<4>::random([1, 3, 32, 48], Distribution::Uniform(-1.0, 1.0), device);
    let concept = Tensor::<4>::random([1, 3, 32, 48], Distribution::Uniform(-1.0, 1.0), device);
    let last = network.last_layer()?;
    let concept = network.forward_from(network.forward_to(concept, last), last);
    let target = CosineSimilarity::to(Concepts::from_embeddings(concept).expect("a concept"));

    let layers = [network.layer("first")?, network.layer("second")?];
    let explanation = Capture::new(&network, image, &layers)?.explain(&GradCam, &target)?;
    let cosine = explanation.scores.clone().into_scalar::<f32>();
    let maps = explanation.layers.iter().map(|found| {
        let [_, _, height, width] = found.maps.dims();
        (network.layers()[found.layer.index()].name.clone(), [height, width], cosine)
    });
    Ok(maps.collect())
}
// ANCHOR_END: use

fn main() -> Result<(), Error> {
    for (layer, [height, width], cosine) in explain(&Device::default())? {
        println!("cosine {cosine:.3}, explained at {layer} by a map of {height}×{width}");
    }
    Ok(())
}
