use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need, Setting, attention};
use crate::gradient_route::vector_jacobian_product;
use crate::{BlockRun, Error, Kept, Method, Place, Transformer, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "chefer",
    title: "Generic attention explainability",
    summary: "attention times gradient, multiplied through the blocks",
    source: "arXiv 2103.15679",
    cost: Cost::Gradients,
    needs: &[Need::Attention],
    settings: &[Setting::Blocks],
    make: |settings| Box::new(Chefer { blocks: settings.blocks.unwrap_or(attention::ALL) }),
};

/// Attention times its gradient, multiplied through the blocks (Chefer, Gur and Wolf, *Generic Attention-model
/// Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers*, ICCV 2021, arXiv 2103.15679, equations 5 and
/// 6).
///
/// R ← R + Ā^l·R for l = the first block to the last, from R = I,  Ā^l = mean_h max(∂s/∂A^{l,h} ⊙ A^{l,h}, 0),
/// map(i) = R_{qi}
///
/// A = attention weights, s = the score, q = the token that the embedding is read off, or the mean of the rows of those
/// that are. The gradient goes through all later blocks, softmax included.
///
/// Deviation: none for class tokens; the authors' notebook for CLIP takes the last block only, here all unless fewer are
/// asked for. Nothing negative is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chefer {
    /// How many of the last blocks; more than there are are all.
    pub blocks: usize,
}

impl Default for Chefer {
    fn default() -> Self {
        Self { blocks: attention::ALL }
    }
}

impl Method for Chefer {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let (network, run) = view.tokens(self.keeps())?;
        attention::by_question(view, &run.layout, |question| {
            let vectors = attention::vectors(view.embedding_gradients(), question);
            let layers = weighted(network, run.last(self.blocks), vectors)?;
            let [n, tokens, _] = run.start.dims();
            let identity = Tensor::<2>::eye(tokens, &run.start.device());
            let identity = identity.unsqueeze_dim::<3>(0).repeat_dim(0, n);
            let relevance =
                layers.into_iter().fold(identity, |r, layer| r.clone() + layer.matmul(r));
            Ok(attention::as_read(network, relevance))
        })
    }

    fn keeps(&self) -> Kept {
        Kept::whole(self.blocks)
    }

    fn is_of_network(&self) -> bool {
        true
    }
}

/// Ā of every block, in order.
fn weighted(
    network: &dyn Transformer,
    blocks: &[BlockRun],
    vectors: Tensor<2>,
) -> Result<Vec<Tensor<3>>, Error> {
    let mut layers = Vec::new();
    let mut behind: Option<(&BlockRun, Tensor<3>)> = None;
    for block in blocks.iter().rev() {
        let gradient = match behind {
            None => {
                let [_, tokens, _] = block.before.dims();
                let probe = attention::read_behind(network, block, vectors.clone())?;
                probe.at_all(tokens).squeeze_dim(1)
            }
            Some((next, gradient)) => to_earlier(network, block, next, gradient)?,
        };
        let product = attention::of_weights(&block.attention, gradient.clone().unsqueeze_dim(1))
            * block.attention.weights.clone();
        layers.push(attention::mean_of_heads(product.clamp_min(0.0)));
        behind = Some((block, gradient));
    }
    layers.reverse();
    Ok(layers)
}

/// ∂s/∂y of a block, from that of the next.
fn to_earlier(
    network: &dyn Transformer,
    block: &BlockRun,
    next: &BlockRun,
    gradient: Tensor<3>,
) -> Result<Tensor<3>, Error> {
    let (from, to) = (Place::AfterAttention(block.index), Place::AfterAttention(next.index));
    let y = &block.after_attention.vectors;
    vector_jacobian_product(y, gradient, |y| network.stream(y, from, to))
}
