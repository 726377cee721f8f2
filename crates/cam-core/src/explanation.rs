use burn::tensor::Tensor;
use cam_map::{Arithmetic, Fusion};

use crate::{Error, FinishedMaps, Layer, postprocess_fused};

/// The raw maps at one layer.
#[derive(Debug, Clone)]
pub struct LayerMaps {
    /// The layer.
    pub layer: Layer,
    /// Signed maps of the layer's size, `[n, k, h', w']`.
    pub maps: Tensor<4>,
}

/// The scores of a target for a capture's images, and the maps behind them.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The scores, `[n, k]`.
    pub scores: Tensor<2>,
    /// The raw maps, one entry for each captured layer, in the order of computation.
    pub layers: Vec<LayerMaps>,
    /// How the method has the finished maps of several layers fused.
    pub fusion: Fusion,
}

impl Explanation {
    /// The raw maps of every captured layer, as [`postprocess`](crate::postprocess()) takes them.
    pub fn raw_maps(&self) -> Vec<Tensor<4>> {
        self.layers.iter().map(|layer| layer.maps.clone()).collect()
    }

    /// One finished map of `[height, width]` per image and question.
    ///
    /// # Errors
    /// As for [`postprocess`](crate::postprocess()).
    pub fn postprocess(
        &self,
        size: [usize; 2],
        arithmetic: Arithmetic,
    ) -> Result<FinishedMaps, Error> {
        postprocess_fused(&self.raw_maps(), size, arithmetic, self.fusion)
    }
}
