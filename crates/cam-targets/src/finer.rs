use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Tensor};
use cam_core::{AlongEmbedding, Linear, Target};

use crate::Error;
use crate::choice::{first_smallest, places};
use crate::classes::Classes;

/// How many similar classes a class is compared with.
const COMPARED: usize = 3;

/// A class compared with the classes most similar to it: the target of Finer-CAM.
///
/// s = z_n − α·Σ_i q_i·z_i, where i runs over the `COMPARED` = 3 classes whose logits are nearest to
/// z_n, and q is the softmax among them; ∂s/∂e = w_n − α·Σ_i q_i·(1 + z_i − Σ_j q_j·z_j)·w_i (Zhang
/// et al., *Finer-CAM: Spotting the Difference Reveals Finer Details for Visual Explanation*, arXiv
/// 2501.11309, equation 5; pytorch-grad-cam's `FinerWeightedTarget`, whose epsilon of 1e-9 is left
/// out). With α = 0 it is the logit.
#[derive(Debug, Clone)]
pub struct Finer {
    classes: Classes,
    strength: f32,
}

impl Finer {
    /// How its scores change along the embedding.
    pub const ALONG_EMBEDDING: AlongEmbedding = AlongEmbedding::Curved;

    /// α of the paper.
    pub const STRENGTH: f32 = 1.0;

    /// One question per class, numbered from 0; the strength α is 1 in the paper.
    ///
    /// # Errors
    /// [`Error::UnknownClass`], [`Error::NoClass`]; [`Error::NonFiniteWeight`] for α;
    /// [`Error::NothingToCompare`] where the classifier has one class only.
    pub fn of(classifier: Linear, classes: Vec<usize>, strength: f32) -> Result<Self, Error> {
        if !strength.is_finite() {
            return Err(Error::NonFiniteWeight { value: strength });
        }
        if classifier.weight.dims()[0] < 2 {
            return Err(Error::NothingToCompare);
        }
        Ok(Self { classes: Classes::new(classifier, classes)?, strength })
    }

    /// q of every class for every question, `[n, k, classes]`, zero where it is not compared with,
    /// and the logits, `[n, 1, classes]`.
    fn shares(&self, embeddings: Tensor<2>) -> (Tensor<3>, Tensor<3>) {
        let logits = self.classes.classifier.forward(embeddings);
        let left_out = self.left_out(logits.clone().detach());
        let logits = logits.unsqueeze_dim::<3>(1);
        let k = self.classes.chosen.len();
        let compared = logits.clone().repeat_dim(1, k).mask_fill(left_out, f32::NEG_INFINITY);
        (softmax(compared, 2), logits)
    }

    /// The classes that a chosen one is not compared with, itself among them, `[n, k, classes]`: all but those
    /// whose logits are nearest to its own, the first of equally near ones.
    fn left_out(&self, logits: Tensor<2>) -> Tensor<3, Bool> {
        let [n, count] = logits.dims();
        let shape = [n, self.classes.chosen.len(), count];
        let places = places::<3>(count, &logits.device()).expand(shape);
        let itself = self.classes.indices(&logits.device()).reshape([1, shape[1], 1]);
        let itself = places.clone().equal(itself.expand(shape));
        let own = self.classes.choose(logits.clone(), 1).unsqueeze_dim::<3>(2);
        let distances = (logits.unsqueeze_dim::<3>(1) - own).abs();
        let mut taken = itself.clone();
        for _ in 0..COMPARED.min(count - 1) {
            let next = first_smallest(distances.clone(), taken.clone()).expand(shape);
            taken = taken.bool_or(places.clone().equal(next));
        }
        taken.bool_not().bool_or(itself)
    }
}

impl Target for Finer {
    fn width(&self) -> usize {
        self.classes.width()
    }

    fn questions(&self) -> usize {
        self.classes.chosen.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let (shares, logits) = self.shares(embeddings);
        let own = self.classes.choose(logits.clone().squeeze_dim(1), 1);
        let others = (shares * logits).sum_dim(2).squeeze_dim::<2>(2);
        own - others.mul_scalar(self.strength)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let (shares, logits) = self.shares(embeddings);
        let mean = (shares.clone() * logits.clone()).sum_dim(2);
        let others = (shares * (logits - mean).add_scalar(1.0)).mul_scalar(self.strength);
        let others = others.matmul(self.classes.classifier.weight.clone().unsqueeze_dim(0));
        Some(self.classes.weights().unsqueeze_dim::<3>(0) - others)
    }

    fn along_embedding(&self) -> AlongEmbedding {
        Self::ALONG_EMBEDDING
    }

    fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        Some(Box::new(self.clone()))
    }
}
