//! The embedded network on the device under test, and photographs before it.

use std::sync::LazyLock;

use burn::tensor::Tensor;
use cam_core::{Capture, Network};
use cam_models::{ConvNet, load_embedded};
use cam_targets::Concepts;

use crate::{device, photographs};

/// EfficientNet-Lite0 with its pretrained weights.
pub static NETWORK: LazyLock<ConvNet> =
    LazyLock::new(|| load_embedded(&device()).expect("the embedded weights load").network);

/// Photographs as its input, `[n, 3, 224, 224]`.
pub fn images(names: &[&str]) -> Tensor<4> {
    let images: Vec<_> = names.iter().map(|name| photographs::open(name)).collect();
    NETWORK.preprocessing().tensor(&images, &device()).expect("there are images")
}

/// Their embeddings.
pub fn concepts(names: &[&str]) -> Concepts {
    Concepts::from_embeddings(NETWORK.embed(images(names))).expect("photographs make concepts")
}

/// Photographs, run up to a layer.
pub fn capture(names: &[&str], layer: &str) -> Capture<'static> {
    let layer = NETWORK.layer(layer).expect("the layer exists");
    Capture::new(&*NETWORK, images(names), &[layer]).expect("photographs can be captured")
}
