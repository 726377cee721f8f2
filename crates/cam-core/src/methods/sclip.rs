use std::sync::Arc;

use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, attention, dense};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "sclip",
    title: "SCLIP",
    summary: "where the concept is, by patches that attend to their like; no explanation of the score",
    source: "arXiv 2312.01597",
    cost: Cost::Forward,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(Sclip),
};

/// SCLIP: where the concept is, read off patches that attend to those like them in the last block (Wang, Mei and Yuille, *SCLIP:
/// Rethinking Self-Attention for Dense Vision-Language Inference*, ECCV 2024, arXiv 2312.01597).
///
/// map(i) = s(f_i),  f_i = R(x_i),  x = y + MLP(y),  y = x′ + Σ_h (softmax(q·qᵀ/√d) + softmax(k·kᵀ/√d))·v·W + b
///
/// x′ = the stream in front of the last block, q, k, v = its queries, keys and values per head, d = their width, W and b = its
/// output projection, R = what makes an embedding of what is read: final norm and projection. s = the target: with a cosine
/// the map is cos(f_i, c).
///
/// It shows where something like the concept is, and does not explain the score: the attention that made the embedding is
/// replaced.
///
/// Deviation: none from the authors' program, which keeps the stream and the last MLP; their clean-up of the finished map is
/// left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sclip;

impl Method for Sclip {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let (network, run) = view.tokens(self.keeps())?;
        let block = run.blocks.last().ok_or(Error::NoAttention)?;
        let [queries, keys] = block.queries_and_keys.clone().ok_or(Error::NoQueries)?;
        let own = |x: Tensor<4>| attention::alike(x.clone(), x);
        let taken = (own(queries) + own(keys)).matmul(block.attention.values.clone());
        let y = block.before.clone() + block.attention.written(taken);
        let stream = attention::behind(network, block, y);
        let last = LastAttention::Block(network, Arc::clone(&run));
        dense::maps(view, &last, dense::patches(&last, stream))
    }

    fn keeps(&self) -> Kept {
        Kept::whole(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }

    fn is_explanation(&self) -> bool {
        false
    }
}
