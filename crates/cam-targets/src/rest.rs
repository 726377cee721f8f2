use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, softmax};
use cam_core::{AlongEmbedding, Linear, Target};

use crate::Error;
use crate::classes::Classes;

/// The residual softmax of each chosen class: s = z_c + log p_c, the logit less the cross entropy.
///
/// ∂s/∂e = 2·w_c − Σ_j p_j·w_j. It neither dies out where p is near 1, as the softmax does, nor
/// looks past the other classes, as the logit does (Cai, *CAMs as Shapley Value-based Explainers*,
/// arXiv 2501.06261, section 4.3; pytorch-grad-cam's `ClassifierOutputReST`).
#[derive(Debug, Clone)]
pub struct ClassReST(Classes);

impl ClassReST {
    /// How its scores change along the embedding.
    pub const ALONG_EMBEDDING: AlongEmbedding = AlongEmbedding::Curved;

    /// One question per class, numbered from 0.
    ///
    /// # Errors
    /// [`Error::UnknownClass`], [`Error::NoClass`].
    pub fn of(classifier: Linear, classes: Vec<usize>) -> Result<Self, Error> {
        Classes::new(classifier, classes).map(Self)
    }
}

impl Target for ClassReST {
    fn width(&self) -> usize {
        self.0.width()
    }

    fn questions(&self) -> usize {
        self.0.chosen.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let logits = self.0.classifier.forward(embeddings);
        self.0.choose(logits.clone() + log_softmax(logits, 1), 1)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let probabilities = softmax(self.0.classifier.forward(embeddings), 1);
        let mean = probabilities.matmul(self.0.classifier.weight.clone());
        let twice = self.0.weights().mul_scalar(2.0).unsqueeze_dim::<3>(0);
        Some(twice - mean.unsqueeze_dim(1))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        Self::ALONG_EMBEDDING
    }

    fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        self.0.versus_alternatives()
    }
}
