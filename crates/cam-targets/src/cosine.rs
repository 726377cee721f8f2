use burn::tensor::Tensor;
use cam_core::{AlongEmbedding, Target, normalize};

use crate::Concepts;

/// PyTorch's guard against a division by zero: shorter embeddings count as this long.
pub const EPSILON: f32 = 1e-8;

/// A direction this near to the concept's is the concept's: ĉ − s·ê is then no longer than the
/// rounding of unit vectors in f32, and a map of it would be a map of noise.
pub const INDISTINGUISHABLE: f32 = 1e-6;

/// How similar an embedding's direction is to each concept's: the cosine, in −1..=1.
///
/// s = ⟨ê, ĉ⟩ and ∂s/∂e = (ĉ − s·ê) / ‖e‖, with ê = e/‖e‖ and ĉ = c/‖c‖. The scale of a concept
/// has no effect. Where the directions are equal or opposite to rounding, no change makes them more
/// so, and the gradient is zero. This is the target of pytorch-grad-cam's tutorial on concept
/// activation maps.
#[derive(Debug, Clone, PartialEq)]
pub struct CosineSimilarity {
    concepts: Concepts,
}

impl CosineSimilarity {
    /// How its scores change along the embedding.
    pub const ALONG_EMBEDDING: AlongEmbedding = AlongEmbedding::Constant;

    /// One question per concept.
    pub fn to(concepts: Concepts) -> Self {
        Self { concepts: concepts.into_unit() }
    }
}

impl Target for CosineSimilarity {
    fn width(&self) -> usize {
        self.concepts.width()
    }

    fn questions(&self) -> usize {
        self.concepts.count()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let concepts = self.concepts.tensor(&embeddings.device());
        let (unit, _) = normalize(embeddings, EPSILON);
        // Rounding may carry a cosine past one; nothing is more similar than equal.
        unit.matmul(concepts.transpose()).clamp(-1.0, 1.0)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let concepts = self.concepts.tensor(&embeddings.device());
        let (unit, norm) = normalize(embeddings, EPSILON);
        let cosines = unit.clone().matmul(concepts.clone().transpose());
        let along = cosines.unsqueeze_dim::<3>(2) * unit.unsqueeze_dim(1);
        Some(distinct(concepts.unsqueeze_dim::<3>(0) - along) / norm.unsqueeze_dim(1))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        Self::ALONG_EMBEDDING
    }
}

/// ĉ − s·ê of unit vectors, `[n, k, d]` and `[n, 1, d]`.
pub(crate) fn across(concepts: Tensor<3>, unit: Tensor<3>) -> Tensor<3> {
    let cosines = (concepts.clone() * unit.clone()).sum_dim(2);
    distinct(concepts - cosines * unit)
}

/// ĉ − s·ê, zero where it is nothing but rounding.
fn distinct(across: Tensor<3>) -> Tensor<3> {
    let length = across.clone().square().sum_dim(2).sqrt();
    let noise = length.lower_elem(INDISTINGUISHABLE).expand(across.dims());
    across.mask_fill(noise, 0.0)
}
