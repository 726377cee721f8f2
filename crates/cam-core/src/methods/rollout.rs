use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need, Setting, attention};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "rollout",
    title: "Attention rollout",
    summary: "attention multiplied through all blocks, whatever is asked",
    source: "arXiv 2005.00928",
    cost: Cost::Forward,
    needs: &[Need::Attention],
    settings: &[Setting::Blocks],
    make: |settings| Box::new(Rollout { blocks: settings.blocks.unwrap_or(attention::ALL) }),
};

/// Attention rollout: attention multiplied through the blocks (Abnar and Zuidema, *Quantifying Attention Flow in
/// Transformers*, ACL 2020, arXiv 2005.00928).
///
/// R = Â^L · … · Â^1,  Â^l = (mean_h A^{l,h} + I)/2,  map(i) = R_{qi}
///
/// A = attention weights, I = the residual, q = the token that the embedding is read off, or the mean of the rows of those
/// that are. It does not depend on the question: a baseline, no explanation of a similarity. Tokens that hold what is
/// common to the whole image own it. No deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// How many of the last blocks; more than there are are all.
    pub blocks: usize,
}

impl Default for Rollout {
    fn default() -> Self {
        Self { blocks: attention::ALL }
    }
}

impl Method for Rollout {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let (network, run) = view.tokens(self.keeps())?;
        let [_, tokens, _] = run.start.dims();
        let identity = Tensor::<2>::eye(tokens, &run.start.device()).unsqueeze_dim::<3>(0);
        let layers = run.last(self.blocks).iter().map(|block| {
            let sum = attention::mean_of_heads(block.attention.weights.clone()) + identity.clone();
            sum.div_scalar(2.0)
        });
        let rolled = layers.reduce(|product, layer| layer.matmul(product));
        let rolled = rolled.ok_or(Error::NoAttention)?;
        Ok(attention::for_all(view, &run.layout, attention::as_read(network, rolled)))
    }

    fn keeps(&self) -> Kept {
        Kept::whole(self.blocks)
    }

    fn is_of_network(&self) -> bool {
        true
    }

    fn depends_on_target(&self) -> bool {
        false
    }
}
