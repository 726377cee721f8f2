use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need, Setting, attention};
use crate::gradient_route::vector_jacobian_product;
use crate::{
    AttentionPooling, Error, Kept, LayerExplanation, Method, PoolingRun, Probe, Share, View,
};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "token-contributions",
    title: "Token contributions",
    summary: "what the late attentions took from each patch; with the rest it sums to the score",
    source: "arXiv 2310.05916",
    cost: Cost::Forward,
    needs: &[Need::Attention],
    settings: &[Setting::Blocks],
    make: |settings| {
        Box::new(TokenContributions { blocks: settings.blocks.unwrap_or(LATE_BLOCKS) })
    },
};

/// How many of the last blocks are explained unless said otherwise: the late attentions carry what is particular about an image (Gandelsman et al., section 3.2).
pub const LATE_BLOCKS: usize = 4;

/// Token contributions: what the attentions of the last blocks took from every patch and wrote towards the score
/// (Gandelsman, Efros and Steinhardt, *Interpreting CLIP's image representation via text-based decomposition*, ICLR
/// 2024, arXiv 2310.05916, equations 4 to 6).
///
/// map(i) = Σ_l Σ_h Σ_q A^{l,h}_{qi} ⟨v^{l,h}_i W^{l,h}, r_q⟩
///
/// A = attention weights, v = values, W = the output projection's rows of head h with LayerScale in it, l = the last
/// blocks, q = the tokens that the embedding is read off (the class token alone, or all that are averaged). r is
/// v̂ = g + (s − ⟨g, e⟩)·e/‖e‖² with g = ∂s/∂e, the vector of [`Contributions`](super::Contributions), pulled back
/// through the readout: projection, pooling and the final norm, its σ held at what it is for this image, and the mean
/// taken of every term by itself. With that the embedding is a sum over everything that was added to the stream, and so
/// is the score: patches, prefix tokens, earlier blocks, MLPs, what went into the first block, and biases
/// ([`Share`](crate::Share)). A cosine's v̂ is ĉ/‖e‖.
///
/// Maps are signed: a patch may speak against. One forward pass serves any number of questions.
///
/// Deviation: the authors spread the final norm's mean and shift evenly over all terms; here each term loses its own mean
/// and the shift stands under constants, which changes no sum. Where tokens are averaged or flattened, q runs over them;
/// the paper has class tokens only.
///
/// Where an attention pools all tokens (SigLIP), the map is of that attention alone: map(i) = Σ_h A^h_i ⟨v^h_i W^h, ∂s/∂z⟩, z
/// being what it gives. What follows z is not linear, so that this is of first order, and the share
/// `beyond_first_order` says how much of the score it leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenContributions {
    /// How many of the last blocks; more than there are are all.
    pub blocks: usize,
}

impl Default for TokenContributions {
    fn default() -> Self {
        Self { blocks: LATE_BLOCKS }
    }
}

impl Method for TokenContributions {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        Ok(self.explain(view)?.maps)
    }

    fn explain(&self, view: &View<'_>) -> Result<LayerExplanation, Error> {
        if let Some((network, run)) = view.attention_pooling() {
            return of_pooling(view, network, &run);
        }
        let (network, run) = view.tokens(self.keeps())?;
        let [_, tokens, _] = run.start.dims();
        let reads = network.readout().reads(tokens);
        let readout = network.readout().frozen(run.end.of(reads));
        let vectors = view.attributed();
        let probe = readout.pull_back(vectors.clone());
        let [n, k, _] = vectors.dims();
        let read = |stream: &Tensor<3>| stream.clone().narrow(1, reads.0, reads.1);

        let mut taken = Tensor::zeros([n, k, tokens], &vectors.device());
        let mut mlps = Tensor::zeros([n, k], &vectors.device());
        let mut constants =
            (readout.constant().unsqueeze_dim::<3>(1) * vectors).sum_dim(2).reshape([n, k]);
        let blocks = run.last(self.blocks);
        for block in blocks {
            taken = taken + block.attention.by_token(&probe);
            mlps = mlps + probe.of(block.after.of(reads) - block.after_attention.of(reads));
            constants = constants + probe.of_each(&block.attention.bias);
        }
        let first = blocks.first().map_or_else(|| run.end.of(reads), |block| read(&block.before));
        let earlier_blocks = probe.of(first - read(&run.start));
        let (maps, prefix_tokens) = run.layout.split(taken);
        let patches = maps.clone().sum_dim(3).sum_dim(2).reshape([n, k]);
        let shares = vec![
            Share::new("patches", patches),
            Share::new("prefix_tokens", prefix_tokens),
            Share::new("mlps", mlps),
            Share::new("earlier_blocks", earlier_blocks),
            Share::new("first_tokens", probe.of(read(&run.start))),
            Share::new("constants", constants),
        ];
        Ok(LayerExplanation { maps, shares })
    }

    fn keeps(&self) -> Kept {
        Kept::as_read(self.blocks)
    }

    fn is_of_network(&self) -> bool {
        true
    }
}

/// Of the attention that pools all tokens, and of first order in what it gives.
fn of_pooling(
    view: &View<'_>,
    network: &dyn AttentionPooling,
    run: &PoolingRun,
) -> Result<LayerExplanation, Error> {
    let vectors = view.attributed();
    let gradients = (0..view.questions()).map(|question| {
        let vectors = attention::vectors(&vectors, question);
        vector_jacobian_product(&run.pooled, vectors, |pooled| network.behind(pooled))
    });
    let gradients = Tensor::stack::<3>(gradients.collect::<Result<Vec<_>, _>>()?, 1);
    let probe = Probe { start: 0, vectors: gradients.unsqueeze_dim(2) };
    let (maps, prefix_tokens) = run.layout.split(run.attention.by_token(&probe));
    let [n, k, _, _] = maps.dims();
    let patches = maps.clone().sum_dim(3).sum_dim(2).reshape([n, k]);
    let constants = probe.of_each(&run.attention.bias);
    let known = patches.clone() + prefix_tokens.clone() + constants.clone();
    let shares = vec![
        Share::new("patches", patches),
        Share::new("prefix_tokens", prefix_tokens),
        Share::new("constants", constants),
        Share::new("beyond_first_order", view.scores().clone() - known),
    ];
    Ok(LayerExplanation { maps, shares })
}
