use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, attention};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "raw-attention",
    title: "Raw attention",
    summary: "the last block's attention, whatever is asked",
    source: "common practice",
    cost: Cost::Forward,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(RawAttention),
};

/// Raw attention: what the token that is read looks at in the last block, as papers on transformers draw it.
///
/// map(i) = mean_h A^h_{qi}
///
/// A = attention weights of the last block, or of the attention that pools (SigLIP), q = the token that the embedding is read off, or the mean of the rows of those
/// that are. It does not depend on the question, and attention says how much was taken, not what it was worth: a
/// baseline. No deviation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RawAttention;

impl Method for RawAttention {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let last = LastAttention::of(view, self.keeps())?;
        let (start, length) = last.reads();
        let rows = attention::mean_of_heads(last.attention()?.rows(start, length));
        Ok(attention::for_all(view, last.layout(), rows.mean_dim(1).squeeze_dim(1)))
    }

    fn keeps(&self) -> Kept {
        Kept::as_read(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }

    fn depends_on_target(&self) -> bool {
        false
    }
}
