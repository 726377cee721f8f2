use burn::tensor::Tensor;
use cam_core::{AlongEmbedding, Target};

use crate::Concepts;

/// The inner product with each concept: s = ⟨e, c⟩, ∂s/∂e = c.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    concepts: Concepts,
}

impl Dot {
    /// How its scores change along the embedding.
    pub const ALONG_EMBEDDING: AlongEmbedding = AlongEmbedding::Proportional;

    /// One question per concept.
    pub fn with(concepts: Concepts) -> Self {
        Self { concepts }
    }
}

impl Target for Dot {
    fn width(&self) -> usize {
        self.concepts.width()
    }

    fn questions(&self) -> usize {
        self.concepts.count()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let concepts = self.concepts.tensor(&embeddings.device());
        embeddings.matmul(concepts.transpose())
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let concepts = self.concepts.tensor(&embeddings.device());
        let [n, _] = embeddings.dims();
        Some(concepts.unsqueeze_dim::<3>(0).repeat_dim(0, n))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        Self::ALONG_EMBEDDING
    }
}
