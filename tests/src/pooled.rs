//! A network without a trunk, to ask about activations that are given.

use burn::tensor::Tensor;
use cam_core::{Activations, Head, Layer, LayerInfo, Network, Pooling};

/// The average over the images' own channels: activations are the images, and NaN gets through.
pub struct Pooled {
    head: Head,
    layers: [LayerInfo; 1],
}

impl Pooled {
    /// For images of so many channels.
    pub fn new(channels: usize) -> Self {
        let layer = LayerInfo::new("input", channels, 1);
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

    fn forward_to(&self, images: Tensor<4>, _: Layer) -> Activations {
        images.into()
    }

    fn forward_from(&self, activations: Activations, _: Layer) -> Tensor<2> {
        self.head.forward(activations.grid)
    }

    fn head(&self, _: Layer) -> Option<&Head> {
        Some(&self.head)
    }
}
