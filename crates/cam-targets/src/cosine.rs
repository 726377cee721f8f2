use burn::tensor::Tensor;
use cam_core::Target;

use crate::Concepts;

/// PyTorch's guard against a division by zero: shorter embeddings count as this long.
const EPSILON: f32 = 1e-8;

/// How similar an embedding's direction is to each concept's: the cosine, in −1..=1.
///
/// s = ⟨ê, ĉ⟩ and ∂s/∂e = (ĉ − s·ê) / ‖e‖, with ê = e/‖e‖ and ĉ = c/‖c‖. The scale of a concept
/// has no effect. This is the target of pytorch-grad-cam's tutorial on concept activation maps.
#[derive(Debug, Clone, PartialEq)]
pub struct CosineSimilarity {
    concepts: Concepts,
}

impl CosineSimilarity {
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
        let (unit, _) = unit(embeddings);
        // Rounding may carry a cosine past one; nothing is more similar than equal.
        unit.matmul(concepts.transpose()).clamp(-1.0, 1.0)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let concepts = self.concepts.tensor(&embeddings.device());
        let (unit, norm) = unit(embeddings);
        let cosines = unit.clone().matmul(concepts.clone().transpose());
        let along = cosines.unsqueeze_dim::<3>(2) * unit.unsqueeze_dim(1);
        Some((concepts.unsqueeze_dim(0) - along) / norm.unsqueeze_dim(1))
    }
}

/// Embeddings at length one, and their lengths `[n, 1]`.
fn unit(embeddings: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let norm = embeddings.clone().square().sum_dim(1).sqrt().clamp_min(EPSILON);
    (embeddings / norm.clone(), norm)
}
