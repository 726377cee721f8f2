use burn::tensor::Tensor;
use cam_core::Target;

use crate::Concepts;

/// How near an embedding is to each concept: s = −‖e − c‖, at most 0.
///
/// ∂s/∂e = −(e − c)/‖e − c‖; where they coincide every direction leads away, and the gradient is
/// taken as zero.
#[derive(Debug, Clone, PartialEq)]
pub struct NegativeDistance {
    concepts: Concepts,
}

impl NegativeDistance {
    /// One question per concept.
    pub fn to(concepts: Concepts) -> Self {
        Self { concepts }
    }

    /// e − c, `[n, k, d]`, and its length, `[n, k, 1]`.
    fn differences(&self, embeddings: Tensor<2>) -> (Tensor<3>, Tensor<3>) {
        let concepts = self.concepts.tensor(&embeddings.device());
        let differences = embeddings.unsqueeze_dim::<3>(1) - concepts.unsqueeze_dim(0);
        let distances = differences.clone().square().sum_dim(2).sqrt();
        (differences, distances)
    }
}

impl Target for NegativeDistance {
    fn width(&self) -> usize {
        self.concepts.width()
    }

    fn questions(&self) -> usize {
        self.concepts.count()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let (_, distances) = self.differences(embeddings);
        distances.neg().squeeze_dim(2)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let (differences, distances) = self.differences(embeddings);
        Some(differences.neg() / distances.clamp_min(f32::MIN_POSITIVE))
    }
}
