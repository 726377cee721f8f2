//! A target of one's own: this concept rather than the others.
//!
//! ```text
//! cargo run --release -p cam-tests --example own_target
//! ```

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Tensor};
use cam_core::Target;
use cam_targets::{Concepts, CosineSimilarity, Error};

// ANCHOR: target
/// How much more similar to each concept than to the others:
/// s_k = log softmax_k(cosine / temperature), at most 0.
pub struct Rather {
    cosine: CosineSimilarity,
    temperature: f32,
}

impl Rather {
    /// One question per concept; a low temperature sees only the nearest rival.
    pub fn than_the_others(concepts: Concepts, temperature: f32) -> Self {
        Self { cosine: CosineSimilarity::to(concepts), temperature }
    }
}

impl Target for Rather {
    fn width(&self) -> usize {
        self.cosine.width()
    }

    fn questions(&self) -> usize {
        self.cosine.questions()
    }

    /// `[n, d]` to `[n, k]`: any burn expression.
    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        log_softmax(self.cosine.scores(embeddings).div_scalar(self.temperature), 1)
    }
}
// ANCHOR_END: target

// ANCHOR: closed
/// The same with its gradient in closed form:
/// ∂s_k/∂e = (g_k − Σ_j p_j·g_j) / temperature, where g is the cosine's gradient and p the softmax.
pub struct RatherInClosedForm(pub Rather);

impl Target for RatherInClosedForm {
    fn width(&self) -> usize {
        self.0.width()
    }

    fn questions(&self) -> usize {
        self.0.questions()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        self.0.scores(embeddings)
    }

    /// `[n, d]` to `[n, k, d]`.
    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let Rather { cosine, temperature } = &self.0;
        let own = cosine.gradients(embeddings.clone())?;
        let p = softmax(cosine.scores(embeddings).div_scalar(*temperature), 1);
        let mean = p.unsqueeze_dim::<3>(1).matmul(own.clone());
        Some((own - mean).div_scalar(*temperature))
    }
}
// ANCHOR_END: closed

/// Three concepts in a space of four dimensions.
pub fn concepts() -> Result<Concepts, Error> {
    let concepts = [[1.0, 0.0, 2.0, 0.5], [0.0, 1.0, 1.0, 0.0], [2.0, 1.0, 0.0, 1.0]];
    Concepts::new(4, concepts.map(Vec::from).into())
}

fn main() -> Result<(), Error> {
    let target = RatherInClosedForm(Rather::than_the_others(concepts()?, 0.1));
    let embedding = Tensor::<2>::from_floats([[1.0, 0.2, 1.5, 0.5]], &Device::default());
    println!("{}\n{}", target.scores(embedding.clone()), target.questions());
    if let Some(gradients) = target.gradients(embedding) {
        println!("{gradients}");
    }
    Ok(())
}
