use burn::tensor::Tensor;
use cam_core::{AlongEmbedding, Target, normalize};

use crate::Concepts;

/// Nearer than this fraction of the concept's length, e − c is rounding.
const INDISTINGUISHABLE: f32 = 1e-6;

/// How near an embedding is to each concept: s = −‖e − c‖, at most 0.
///
/// ∂s/∂e = −(e − c)/‖e − c‖; where they coincide to rounding every direction leads away, and the
/// gradient is taken as zero.
#[derive(Debug, Clone, PartialEq)]
pub struct NegativeDistance {
    concepts: Concepts,
}

impl NegativeDistance {
    /// How its scores change along the embedding.
    pub const ALONG_EMBEDDING: AlongEmbedding = AlongEmbedding::Curved;

    /// One question per concept.
    pub fn to(concepts: Concepts) -> Self {
        Self { concepts }
    }

    /// (e − c)/‖e − c‖, `[n, k, d]`, and ‖e − c‖, `[n, k, 1]`.
    fn directions(&self, embeddings: Tensor<2>) -> (Tensor<3>, Tensor<3>) {
        let concepts = self.concepts.tensor(&embeddings.device());
        let differences = embeddings.unsqueeze_dim::<3>(1) - concepts.unsqueeze_dim(0);
        let [n, k, d] = differences.dims();
        let (directions, distances) = normalize(differences.reshape([n * k, d]), f32::MIN_POSITIVE);
        (directions.reshape([n, k, d]), distances.reshape([n, k, 1]))
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
        let (_, distances) = self.directions(embeddings);
        distances.neg().squeeze_dim(2)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let concepts = self.concepts.tensor(&embeddings.device());
        let (_, lengths) = normalize(concepts, f32::MIN_POSITIVE);
        let (directions, distances) = self.directions(embeddings);
        let noise = distances.lower(lengths.mul_scalar(INDISTINGUISHABLE).unsqueeze_dim(0));
        let noise = noise.expand(directions.dims());
        Some(directions.neg().mask_fill(noise, 0.0))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        Self::ALONG_EMBEDDING
    }
}
