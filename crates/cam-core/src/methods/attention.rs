//! What methods of attention share.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::gradient_route::vector_jacobian_product;
use crate::{AttentionRun, BlockRun, Error, Place, Probe, TokenLayout, Transformer, View};

/// All blocks: as many as there are.
pub(super) const ALL: usize = usize::MAX;

/// ∂s/∂y of a block at the tokens on which s depends, where the embedding is read right behind that block, for one
/// question's vector at it.
pub(super) fn read_behind(
    network: &dyn Transformer,
    block: &BlockRun,
    vectors: Tensor<2>,
) -> Result<Probe, Error> {
    let reads = network.reads_behind(block.index);
    let gradient = vector_jacobian_product(&block.after_attention.of(reads), vectors, |y| {
        network.readout().forward(behind(network, block, y))
    })?;
    Ok(Probe { start: reads.0, vectors: gradient.unsqueeze_dim(1) })
}

/// The stream behind a block whose attention left another y, of all tokens or of those that are read there.
pub(super) fn behind(network: &dyn Transformer, block: &BlockRun, y: Tensor<3>) -> Tensor<3> {
    network.stream(y, Place::AfterAttention(block.index), Place::Before(block.index + 1))
}

/// ∂s/∂A = u·v, `[n, H, rows, N]`, for ∂s/∂y `[n, 1, rows, D]`: no gradient passes through the softmax.
pub(super) fn of_weights(attention: &AttentionRun, gradient: Tensor<4>) -> Tensor<4> {
    let u = attention.to_heads(gradient).squeeze_dim::<4>(3);
    u.matmul(attention.values.clone().swap_dims(2, 3))
}

/// softmax(a·bᵀ/√d) of every head: `[n, H, rows, d]` and `[n, H, N, d]` to `[n, H, rows, N]`.
pub(super) fn alike(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    let [_, _, _, width] = a.dims();
    softmax(a.matmul(b.swap_dims(2, 3)).div_scalar((width as f32).sqrt()), 3)
}

/// The mean over the heads of `[n, H, rows, N]`.
pub(super) fn mean_of_heads(weights: Tensor<4>) -> Tensor<3> {
    weights.mean_dim(1).squeeze_dim(1)
}

/// The mean over the rows of the tokens that are read, `[n, N, N]` to `[n, N]`.
pub(super) fn as_read(network: &dyn Transformer, matrix: Tensor<3>) -> Tensor<2> {
    let [_, tokens, _] = matrix.dims();
    let (start, length) = network.readout().reads(tokens);
    matrix.narrow(1, start, length).mean_dim(1).squeeze_dim(1)
}

/// Maps of every question, `[n, k, h, w]`, made of what `[n, N]` is computed for each.
pub(super) fn by_question(
    view: &View<'_>,
    layout: &TokenLayout,
    map: impl Fn(usize) -> Result<Tensor<2>, Error>,
) -> Result<Tensor<4>, Error> {
    let mut steps = view.steps(view.questions())?;
    let maps = (0..view.questions()).map(|question| {
        let map = map(question)?;
        steps.advance(1)?;
        Ok(map)
    });
    let tokens = Tensor::stack(maps.collect::<Result<Vec<_>, Error>>()?, 1);
    Ok(layout.split(tokens).0)
}

/// The same map for every question, of `[n, N]`.
pub(super) fn for_all(view: &View<'_>, layout: &TokenLayout, tokens: Tensor<2>) -> Tensor<4> {
    layout.split(tokens.unsqueeze_dim::<3>(1).repeat_dim(1, view.questions())).0
}

/// One question's vectors of `[n, k, d]`.
pub(super) fn vectors(all: &Tensor<3>, question: usize) -> Tensor<2> {
    all.clone().narrow(1, question, 1).squeeze_dim(1)
}
