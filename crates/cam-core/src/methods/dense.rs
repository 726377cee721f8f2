//! What methods share that ask the question of every patch.

use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use crate::{Error, View};

/// Maps `[n, k, h, w]` of the scores that the target gives to vectors of all patches, each read as if it were the image's
/// embedding: with a cosine the map is the cosine of every patch's to the concept.
///
/// # Shapes
/// What is read, `[n, P, D]`.
///
/// # Errors
/// [`Error::NoTokenEmbedding`].
pub(super) fn maps(
    view: &View<'_>,
    last: &LastAttention<'_>,
    patches: Tensor<3>,
) -> Result<Tensor<4>, Error> {
    let embeddings = last.per_token(patches)?;
    let [n, patches, width] = embeddings.dims();
    let [rows, columns] = last.layout().grid;
    let of_image = |image: usize| {
        let own = embeddings.clone().narrow(0, image, 1).reshape([patches, width]);
        let scores = view.target(image).scores(own).transpose();
        scores.reshape([1, view.questions(), rows, columns])
    };
    Ok(Tensor::cat((0..n).map(of_image).collect(), 0))
}

/// Of all tokens, `[n, N, D]`, the patches, `[n, P, D]`.
pub(super) fn patches(last: &LastAttention<'_>, tokens: Tensor<3>) -> Tensor<3> {
    tokens.narrow(1, last.layout().before, last.layout().patches())
}
