use burn::tensor::Tensor;

use crate::Layer;

/// The raw maps at one layer.
#[derive(Debug, Clone)]
pub struct LayerMaps {
    /// Where.
    pub layer: Layer,
    /// Signed maps of the layer's size, `[n, k, h', w']`.
    pub maps: Tensor<4>,
}

/// What a target said of a capture's images, and where.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The scores, `[n, k]`.
    pub scores: Tensor<2>,
    /// The raw maps, one entry for each captured layer, in the order of computation.
    pub layers: Vec<LayerMaps>,
}

impl Explanation {
    /// The raw maps of every captured layer, as [`finish`](crate::finish) takes them.
    pub fn raw_maps(&self) -> Vec<Tensor<4>> {
        self.layers.iter().map(|layer| layer.maps.clone()).collect()
    }
}
