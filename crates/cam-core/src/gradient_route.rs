//! How a gradient comes from the embedding back to a layer.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::{Error, Head, Kept, Layer, PoolingRun, Tail, Target, TokenRun};

/// How ∂s/∂e is pulled back to the activations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Route {
    /// In closed form where the network has one, else through its own tail, else by autodiff.
    #[default]
    Automatic,
    /// In closed form, or not at all.
    ClosedForm,
    /// Through the network's own [`Tail`], even where a closed form exists, or not at all.
    Tail,
    /// By autodiff through everything behind the layer, even where a closed form exists.
    Autodiff,
}

/// A route, resolved for one layer.
#[derive(Clone, Copy)]
pub(crate) enum Resolved<'a> {
    Head(&'a Head),
    Tail(&'a (dyn Tail + 'a)),
    Autodiff,
}

/// Resolves the route to a layer, and gives what else was kept of the run.
pub(crate) trait Routes {
    fn route(&self) -> Route;

    /// What is kept of every forward pass.
    fn kept(&self) -> Kept;

    fn resolve(&self, layer: Layer) -> Result<Resolved<'_>, Error>;

    /// What the network's last blocks computed, where it is a transformer.
    fn tokens(&self, kept: Kept) -> Option<Arc<TokenRun>>;

    /// What the attention that pools computed, where one does.
    fn pooling(&self) -> Option<Arc<PoolingRun>>;
}

/// The targets with their scores and gradients at the embedding.
pub(crate) struct Question<'a> {
    pub(crate) targets: Targets<'a>,
    /// `[n, k]`.
    pub(crate) scores: Tensor<2>,
    /// ∂s/∂e, `[n, k, d]`.
    pub(crate) gradients: Tensor<3>,
}

/// One target for all images, or one for each.
#[derive(Clone, Copy)]
pub(crate) enum Targets<'a> {
    /// Every image the same.
    Shared(&'a dyn Target),
    /// Each image its own question.
    PerImage(&'a [&'a dyn Target]),
}

/// How what the channels contribute becomes a map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    PrincipalComponent,
}

impl<'a> Targets<'a> {
    pub(crate) fn of(self, image: usize) -> &'a dyn Target {
        match self {
            Self::Shared(target) => target,
            Self::PerImage(targets) => targets[image],
        }
    }
}

/// ∂s/∂e `[n, k, d]`, in closed form or by autodiff through the target.
pub(crate) fn embedding_gradients(
    target: &dyn Target,
    embeddings: Tensor<2>,
) -> Result<Tensor<3>, Error> {
    if let Some(gradients) = target.gradients(embeddings.clone()) {
        return Ok(gradients);
    }
    let gradients = (0..target.questions()).map(|question| {
        let leaf = embeddings.clone().autodiff().require_grad();
        // An image's score depends on its own embedding only, so the sum's gradient holds each one's own.
        let score = target.scores(leaf.clone()).narrow(1, question, 1).sum();
        leaf_gradient(&leaf, score)
    });
    Ok(Tensor::stack(gradients.collect::<Result<_, _>>()?, 1))
}

/// ∂(Σ e·g)/∂x by autodiff, e = forward(x).
pub(crate) fn vector_jacobian_product<const D: usize, const E: usize>(
    x: &Tensor<D>,
    vectors: Tensor<E>,
    forward: impl FnOnce(Tensor<D>) -> Tensor<E>,
) -> Result<Tensor<D>, Error> {
    let leaf = x.clone().autodiff().require_grad();
    let embeddings = forward(leaf.clone());
    leaf_gradient(&leaf, (embeddings * vectors.autodiff()).sum())
}

/// ∂score/∂leaf.
pub(crate) fn leaf_gradient<const D: usize>(
    leaf: &Tensor<D>,
    score: Tensor<1>,
) -> Result<Tensor<D>, Error> {
    if !score.is_tracked() {
        return Err(Error::Untracked);
    }
    let mut gradients = score.backward();
    let gradient = leaf.grad_remove(&mut gradients).ok_or(Error::Untracked)?;
    Ok(gradient.without_autodiff())
}
