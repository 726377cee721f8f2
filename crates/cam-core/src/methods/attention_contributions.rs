use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, attention};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "attention-contributions",
    title: "Attention contributions",
    summary: "gradient times what the last attention took from each patch",
    source: "here",
    cost: Cost::Gradient,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(AttentionContributions),
};

/// Attention contributions: gradient times what the last attention took from each patch.
///
/// map(i) = Σ_h Σ_q A^h_{qi} · ∂s/∂A^h_{qi} = Σ_h Σ_q A^h_{qi} ⟨u^h_q, v^h_i⟩
///
/// A = attention weights of the last block, or of the attention that pools (SigLIP), v = its values, u^h_q = W^h·∂s/∂y_q: the gradient behind that attention,
/// pulled back through its output projection; h = heads, q = tokens. Over all tokens the map sums to ⟨∂s/∂o, o⟩, o being
/// the joined heads: the first-order share of the last attention, its MLP and the final norm differentiated. Signed.
/// [`TokenContributions`](super::TokenContributions) hold the norm's σ instead, pass the MLP by, and sum to the score.
/// There is no paper; the product A ⊙ ∂s/∂A is that of Chefer et al. (arXiv 2103.15679, equation 5) without its max(·, 0).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttentionContributions;

impl Method for AttentionContributions {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let last = LastAttention::of(view, self.keeps())?;
        attention::by_question(view, last.layout(), |question| {
            let vectors = attention::vectors(view.embedding_gradients(), question);
            let probe = last.gradient(vectors)?;
            Ok(last.attention()?.by_token(&probe).squeeze_dim(1))
        })
    }

    fn keeps(&self) -> Kept {
        Kept::whole(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }
}
