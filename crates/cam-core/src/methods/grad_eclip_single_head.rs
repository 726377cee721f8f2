use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, attention, grad_eclip};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-eclip-single-head",
    title: "Grad-ECLIP with a single head",
    summary: "the same by the authors' program, which runs the last attention with one head",
    source: "ICML 2024",
    cost: Cost::Gradient,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(GradEclipSingleHead),
};

/// Grad-ECLIP as its authors' program computes it: the gradient is of another network, whose last attention has one head (Zhao
/// et al., *Gradient-based Visual Explanation for Transformer-based CLIP*, ICML 2024).
///
/// map(i) = Σ_q max(0, λ_{qi} Σ_c w_{qc} v_{ic}),  w = ∂s/∂o at o = softmax(q·kᵀ/√D)·v
///
/// q, k and v = queries, keys and values of all heads joined, D their width. s is the score of the embedding that the
/// network makes of o in place of what its own heads give; λ and all else are those of [`GradEclip`](super::GradEclip).
///
/// Deviation: none for class tokens. Against [`GradEclip`](super::GradEclip): the score that is differentiated is not the
/// network's. To compare with published numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradEclipSingleHead;

impl Method for GradEclipSingleHead {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let last = LastAttention::of(view, self.keeps())?;
        let [queries, keys] = last.queries_and_keys()?;
        let values = last.attention()?.values.clone();
        let [_, heads, _, _] = values.dims();
        let [queries, keys, all] = [queries, keys, values].map(joined);
        let taken = attention::alike(queries, keys).matmul(all);
        let y = last.behind(split(taken, heads))?;
        let vectors = view.embedding_gradients_at(&last.embedding(y.clone())?)?;
        grad_eclip::maps(view, &last, |question| {
            last.gradient_at(&y, attention::vectors(&vectors, question))
        })
    }

    fn keeps(&self) -> Kept {
        Kept::whole(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }
}

/// `[n, H, rows, d]` as one head, `[n, 1, rows, H · d]`.
fn joined(heads: Tensor<4>) -> Tensor<4> {
    let [n, h, rows, width] = heads.dims();
    heads.swap_dims(1, 2).reshape([n, 1, rows, h * width])
}

/// And back.
fn split(joined: Tensor<4>, heads: usize) -> Tensor<4> {
    let [n, _, rows, width] = joined.dims();
    joined.reshape([n, rows, heads, width / heads]).swap_dims(1, 2)
}
