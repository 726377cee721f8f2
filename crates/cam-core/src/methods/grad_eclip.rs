use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, attention};
use crate::{Error, Kept, Method, Probe, TokenLayout, View, normalize};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-eclip",
    title: "Grad-ECLIP",
    summary: "values by gradient, and by how alike key and query are",
    source: "ICML 2024",
    cost: Cost::Gradient,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(GradEclip),
};

/// Grad-ECLIP: the last attention's values, weighted by the gradient per channel and by how alike key and query are (Zhao et
/// al., *Gradient-based Visual Explanation for Transformer-based CLIP*, ICML 2024).
///
/// map(i) = Σ_q max(0, λ_{qi} Σ_c w_{qc} v_{ic}),  λ_{qi} = min-max over patches of cos(q̃_q, k̃_i)
///
/// w = ∂s/∂o, o being the joined heads of the last block in front of the output projection W; v = values, q̃ = W·q + b
/// and k̃ = W·k + b of the joined queries and keys, LayerScale included; q = the tokens that the embedding is read off: the
/// class token. Where an attention pools all tokens (SigLIP), it is of that attention, and q is its probe.
///
/// Deviation: the authors' program runs the last block with a single head, which is another network than the one that is
/// asked; here it keeps its heads, and [`GradEclipSingleHead`](super::GradEclipSingleHead) is as the program. Where tokens
/// are averaged, the maps of all that are read are summed. Nothing negative is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradEclip;

impl Method for GradEclip {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let last = LastAttention::of(view, self.keeps())?;
        maps(view, &last, |question| {
            last.gradient(attention::vectors(view.embedding_gradients(), question))
        })
    }

    fn keeps(&self) -> Kept {
        Kept::whole(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }
}

/// Maps of ∂s/∂y of each question: y is what is behind the attention.
pub(super) fn maps(
    view: &View<'_>,
    last: &LastAttention<'_>,
    gradient: impl Fn(usize) -> Result<Probe, Error>,
) -> Result<Tensor<4>, Error> {
    let attention = last.attention()?;
    let (start, read) = last.reads();
    let [queries, keys] = last.queries_and_keys()?.map(|heads| attention.written(heads));
    let likeness = cosines(queries.narrow(1, start, read), keys);
    let likeness = among_patches(likeness, last.layout());
    attention::by_question(view, last.layout(), |question| {
        let probe = gradient(question)?;
        let weights = attention::of_weights(attention, probe.vectors);
        let weights = weights.sum_dim(1).squeeze_dim::<3>(1).narrow(1, start - probe.start, read);
        Ok((weights * likeness.clone()).clamp_min(0.0).sum_dim(1).squeeze_dim(1))
    })
}

/// The cosine of every row of one to every row of the other, `[n, a, D]` and `[n, b, D]` to `[n, a, b]`.
fn cosines(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let unit = |x: Tensor<3>| {
        let [n, rows, channels] = x.dims();
        normalize(x.reshape([n * rows, channels]), f32::MIN_POSITIVE).0.reshape([n, rows, channels])
    };
    unit(a).matmul(unit(b).swap_dims(1, 2))
}

/// From 0 to 1 among the patches of each row.
fn among_patches(likeness: Tensor<3>, layout: &TokenLayout) -> Tensor<3> {
    let patches = likeness.clone().narrow(2, layout.before, layout.patches());
    let (least, most) = (patches.clone().min_dim(2), patches.max_dim(2));
    let range = (most - least.clone()).clamp_min(f32::MIN_POSITIVE);
    (likeness - least) / range
}
