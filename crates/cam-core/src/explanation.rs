use burn::tensor::Tensor;
use cam_map::{Arithmetic, Fusion, Upsampling};

use crate::{Error, FinishedMaps, Layer, postprocess_fused};

/// What a method makes at one layer: maps, and what it says of the rest of the score.
#[derive(Debug, Clone)]
pub struct LayerExplanation {
    /// Signed maps, `[n, k, h', w']`.
    pub maps: Tensor<4>,
    /// Where a method splits the score, its parts; the maps' own sum is one of them.
    pub shares: Vec<Share>,
}

/// A part of the score: all shares of an explanation sum to it.
#[derive(Debug, Clone)]
pub struct Share {
    /// What gave it: `patches`, `prefix_tokens`, `mlps`.
    pub name: &'static str,
    /// How much, `[n, k]`.
    pub values: Tensor<2>,
}

impl Share {
    /// Of that name.
    pub fn new(name: &'static str, values: Tensor<2>) -> Self {
        Self { name, values }
    }
}

impl From<Tensor<4>> for LayerExplanation {
    /// Maps of a method that says nothing of the rest.
    fn from(maps: Tensor<4>) -> Self {
        Self { maps, shares: Vec::new() }
    }
}

/// The raw maps at one layer.
#[derive(Debug, Clone)]
pub struct LayerMaps {
    /// The layer.
    pub layer: Layer,
    /// Signed maps of the layer's size, `[n, k, h', w']`.
    pub maps: Tensor<4>,
    /// The parts of the score, where the method splits it.
    pub shares: Vec<Share>,
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
        let bilinear = &Upsampling::Bilinear;
        postprocess_fused(&self.raw_maps(), size, arithmetic, self.fusion, bilinear)
    }
}
