//! A network without a trunk, to ask about activations that are given.

use burn::tensor::Tensor;
use cam_core::{Head, Layer, LayerInfo, Network, Pooling};

/// The average over the images' own channels: activations are the images, and NaN gets through.
pub struct Pooled {
    head: Head,
    layers: [LayerInfo; 1],
}

impl Pooled {
    /// For images of so many channels.
    pub fn new(channels: usize) -> Self {
        let layer = LayerInfo { name: "input".into(), alias: None, channels, stride: 1 };
        Self { head: Head::new(Pooling::Average, Vec::new()), layers: [layer] }
    }
}

impl Network for Pooled {
    fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    fn embedding_width(&self) -> usize {
        self.layers[0].channels
    }

    fn forward_to(&self, images: Tensor<4>, _: Layer) -> Tensor<4> {
        images
    }

    fn forward_from(&self, activations: Tensor<4>, _: Layer) -> Tensor<2> {
        self.head.forward(activations)
    }

    fn head(&self, _: Layer) -> Option<&Head> {
        Some(&self.head)
    }
}
