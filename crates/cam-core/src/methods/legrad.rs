use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, Setting, attention};
use crate::{AttentionRun, BlockRun, Error, Kept, Method, Probe, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "legrad",
    title: "LeGrad",
    summary: "where more attention would raise the score, block by block",
    source: "arXiv 2404.03214",
    cost: Cost::Gradients,
    needs: &[Need::Attention],
    settings: &[Setting::Blocks],
    make: |settings| Box::new(LeGrad { blocks: settings.blocks.unwrap_or(attention::ALL) }),
};

/// LeGrad: where more attention would raise the score, summed over blocks (Bousselham et al., *LeGrad: An Explainability
/// Method for Vision Transformers via Feature Formation Sensitivity*, arXiv 2404.03214).
///
/// map(i) = Σ_l mean_h mean_q max(∂s^l/∂A^{l,h}_{qi}, 0),  ∂s^l/∂A^{l,h}_{qi} = ⟨u^{l,h}_q, v^{l,h}_i⟩
///
/// s^l = the score of the embedding that the network's readout gives behind block l, A = attention weights, u = ∂s^l/∂y
/// pulled back through the output projection, v = values, q = all tokens. No gradient passes through a softmax.
///
/// Deviation: s^l is read as the network reads its last block (the authors' program for CLIP averages all tokens); the sum
/// is over all blocks unless fewer are asked for (the program takes the last two). Their min-max is a step of its own
/// here. Nothing negative is shown: it cannot say what speaks against.
///
/// Where an attention pools all tokens (SigLIP), the map is of that attention alone, which is the only place where patches
/// meet the question: map(i) = mean_h max(∂s/∂A^h_i, 0). The authors' program sums such maps over the last two blocks and
/// blanks what an empty prompt finds; here it is that of the last stream, and nothing is blanked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeGrad {
    /// How many of the last blocks; more than there are are all.
    pub blocks: usize,
}

impl Default for LeGrad {
    fn default() -> Self {
        Self { blocks: attention::ALL }
    }
}

impl Method for LeGrad {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        if view.attention_pooling().is_some() {
            return of_pooling(view, self.keeps());
        }
        let (network, run) = view.tokens(self.keeps())?;
        let blocks = run.last(self.blocks);
        let [n, tokens, _] = run.start.dims();
        let read = |block: &BlockRun| {
            let read = block.after.of(network.readout().reads(tokens));
            view.embedding_gradients_at(&network.readout().forward(read))
        };
        let vectors: Vec<Tensor<3>> = blocks.iter().map(read).collect::<Result<_, _>>()?;
        attention::by_question(view, &run.layout, |question| {
            let mut sum = Tensor::zeros([n, tokens], &run.start.device());
            for (block, vectors) in blocks.iter().zip(&vectors) {
                let vectors = attention::vectors(vectors, question);
                let gradient = attention::read_behind(network, block, vectors)?;
                sum = sum + positive(&block.attention, &gradient).div_scalar(tokens as f32);
            }
            Ok(sum)
        })
    }

    fn keeps(&self) -> Kept {
        Kept::as_read(self.blocks)
    }

    fn is_of_network(&self) -> bool {
        true
    }
}

/// Of the attention that pools alone.
fn of_pooling(view: &View<'_>, kept: Kept) -> Result<Tensor<4>, Error> {
    let last = LastAttention::of(view, kept)?;
    attention::by_question(view, last.layout(), |question| {
        let vectors = attention::vectors(view.embedding_gradients(), question);
        Ok(positive(last.attention()?, &last.gradient(vectors)?))
    })
}

/// mean_h Σ_q max(∂s/∂A, 0), `[n, N]`, of ∂s/∂y: it is zero where q is not read.
fn positive(attention: &AttentionRun, gradient: &Probe) -> Tensor<2> {
    let positive = attention::of_weights(attention, gradient.vectors.clone()).clamp_min(0.0);
    attention::mean_of_heads(positive).sum_dim(1).squeeze_dim(1)
}
