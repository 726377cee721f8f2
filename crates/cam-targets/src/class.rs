use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use cam_core::{AlongEmbedding, Linear, Target};

use crate::Error;
use crate::classes::Classes;

/// The logit of each chosen class: s = ⟨w, e⟩ + b, ∂s/∂e = w.
#[derive(Debug, Clone)]
pub struct ClassLogit(Classes);

impl ClassLogit {
    /// How its scores change along the embedding, where the classifier has biases.
    pub const ALONG_EMBEDDING: AlongEmbedding = AlongEmbedding::Straight;

    /// One question per class, numbered from 0.
    ///
    /// # Errors
    /// [`Error::UnknownClass`], [`Error::NoClass`].
    pub fn of(classifier: Linear, classes: Vec<usize>) -> Result<Self, Error> {
        Classes::new(classifier, classes).map(Self)
    }
}

impl Target for ClassLogit {
    fn width(&self) -> usize {
        self.0.width()
    }

    fn questions(&self) -> usize {
        self.0.chosen.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        self.0.choose(self.0.classifier.forward(embeddings), 1)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let [n, _] = embeddings.dims();
        Some(self.0.weights().unsqueeze_dim::<3>(0).repeat_dim(0, n))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        match self.0.classifier.bias {
            None => AlongEmbedding::Proportional,
            Some(_) => Self::ALONG_EMBEDDING,
        }
    }

    fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        self.0.versus_alternatives()
    }
}

/// The probability of each chosen class: p = exp z / Σ exp z, in 0..=1.
///
/// ∂p/∂e = p · (w − Σ_j p_j·w_j): the difference between this class and the others.
#[derive(Debug, Clone)]
pub struct ClassSoftmax(Classes);

impl ClassSoftmax {
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

impl Target for ClassSoftmax {
    fn width(&self) -> usize {
        self.0.width()
    }

    fn questions(&self) -> usize {
        self.0.chosen.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        self.0.choose(softmax(self.0.classifier.forward(embeddings), 1), 1)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let probabilities = softmax(self.0.classifier.forward(embeddings), 1);
        let mean = probabilities.clone().matmul(self.0.classifier.weight.clone());
        let chosen = self.0.choose(probabilities, 1).unsqueeze_dim::<3>(2);
        Some(chosen * (self.0.weights().unsqueeze_dim::<3>(0) - mean.unsqueeze_dim(1)))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        Self::ALONG_EMBEDDING
    }

    fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        self.0.versus_alternatives()
    }
}
