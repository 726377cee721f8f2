//! What a transformer gives beyond what every network does.

use burn::tensor::Tensor;

use crate::{Activations, Layer, Probe, Readout, StreamRows};

/// A network of attention blocks on a stream of tokens: x ← x + attention(x), x ← x + mlp(x).
///
/// n images, N tokens of width D, H heads of width d.
pub trait Transformer: Send + Sync {
    /// How many blocks.
    fn blocks(&self) -> usize;

    /// One forward pass, of which layers, given in ascending order, and some of the last blocks are kept.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]`.
    fn run(&self, images: Tensor<4>, layers: &[Layer], kept: Kept) -> (ForwardPass, TokenRun);

    /// The stream at a later place, of what it is at an earlier one. Works under autodiff.
    ///
    /// # Shapes
    /// `[n, N, D]` both; from behind a block's attention to its end also `[n, rows, D]` both, of the tokens that are
    /// [read there](Self::reads_behind).
    fn stream(&self, x: Tensor<3>, from: Place, to: Place) -> Tensor<3>;

    /// Which tokens behind a block's attention the embedding depends on where it is read off the stream behind that
    /// block: the first and how many. Those that the readout reads, if each goes its own way from there; else all.
    fn reads_behind(&self, block: usize) -> (usize, usize);

    /// What makes an embedding of the stream behind the last block.
    fn readout(&self) -> &Readout;
}

/// What every network's forward pass gives.
#[derive(Debug, Clone)]
pub struct ForwardPass {
    /// At the layers that were asked for.
    pub activations: Vec<Activations>,
    /// `[n, d]`.
    pub embeddings: Tensor<2>,
}

/// What of a transformer's attentions is kept of a forward pass: what the methods that will be asked read of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// How many of the last blocks; more than there are are all.
    pub blocks: usize,
    /// Which tokens of them.
    pub extent: Extent,
}

/// Of which tokens something is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Of attention weights and of the stream behind an attention, the tokens that the embedding is read off: for a class
    /// token one of N. The network need not compute the others of the last block.
    #[default]
    Read,
    /// Of the stream all.
    Stream,
    /// Of everything all, queries and keys too.
    Whole,
}

/// A place on the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In front of a block; in front of block L is behind the last.
    Before(usize),
    /// Behind a block's attention.
    AfterAttention(usize),
}

/// Tokens: the positions of a grid, row by row, and others before and behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLayout {
    /// Class token, registers.
    pub before: usize,
    /// Rows and columns.
    pub grid: [usize; 2],
    /// Others behind the grid.
    pub behind: usize,
}

/// What one forward pass of a transformer computed.
#[derive(Debug, Clone)]
pub struct TokenRun {
    /// Which tokens there are.
    pub layout: TokenLayout,
    /// The stream in front of the first block of all, `[n, N, D]`.
    pub start: Tensor<3>,
    /// The stream behind the last block: of the tokens that are read, or of all.
    pub end: StreamRows,
    /// The blocks that were kept, in order.
    pub blocks: Vec<BlockRun>,
}

/// What an attention computed: Σ_heads A·v·W + b.
#[derive(Debug, Clone)]
pub struct AttentionRun {
    /// A, `[n, H, Q, N]`: a row is what a token takes from every token. Of a block all N are kept or those of the tokens
    /// that are read; a pooling attention has one.
    pub weights: Tensor<4>,
    /// The token of the first row.
    pub first_row: usize,
    /// v, `[n, H, N, d]`.
    pub values: Tensor<4>,
    /// W, `[H · d, D]`: the output projection, with LayerScale in it.
    pub projection: Tensor<2>,
    /// b, `[D]`.
    pub bias: Tensor<1>,
}

/// A network that makes one vector z of all tokens by an attention, and its embedding of z.
pub trait AttentionPooling: Send + Sync {
    /// One forward pass, of which layers, given in ascending order, are kept as well.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]`.
    fn pool(&self, images: Tensor<4>, layers: &[Layer]) -> (ForwardPass, PoolingRun);

    /// z `[n, D]` to embeddings `[n, d]`. Works under autodiff.
    fn behind(&self, pooled: Tensor<2>) -> Tensor<2>;
}

/// What one forward pass of such a network computed.
#[derive(Debug, Clone)]
pub struct PoolingRun {
    /// Which tokens there are.
    pub layout: TokenLayout,
    /// The attention, of one row.
    pub attention: AttentionRun,
    /// q, `[n, H, 1, d]`, and k, `[n, H, N, d]`, where A is softmax(q·kᵀ/√d).
    pub queries_and_keys: Option<[Tensor<4>; 2]>,
    /// z, `[n, D]`.
    pub pooled: Tensor<2>,
    /// The stream behind the last block, `[n, N, D]`, where the pooled tokens are a norm of it.
    pub stream: Option<Tensor<3>>,
}

/// What a block computed: y = x + Σ_heads A·v·W + b, and then whatever is added to y.
#[derive(Debug, Clone)]
pub struct BlockRun {
    /// Its number, from 0.
    pub index: usize,
    /// The stream in front of it, x, `[n, N, D]`.
    pub before: Tensor<3>,
    /// q and k, `[n, H, N, d]`, where A is softmax(q·kᵀ/√d) and all of it is kept.
    pub queries_and_keys: Option<[Tensor<4>; 2]>,
    /// A, v, W and b.
    pub attention: AttentionRun,
    /// The stream behind the attention, y: of the tokens that are [read there](Transformer::reads_behind), or of all.
    pub after_attention: StreamRows,
    /// The stream behind all of the block, of the same tokens at least.
    pub after: StreamRows,
}

impl TokenRun {
    /// How many values are kept.
    pub(crate) fn values(&self) -> usize {
        let of_block = |block: &BlockRun| {
            block.before.shape().num_elements()
                + queries_and_keys(&block.queries_and_keys)
                + block.attention.values()
                + block.after_attention.vectors.shape().num_elements()
                + block.after.vectors.shape().num_elements()
        };
        let blocks = self.blocks.iter().map(of_block).sum::<usize>();
        self.start.shape().num_elements() + self.end.vectors.shape().num_elements() + blocks
    }
}

impl PoolingRun {
    /// How many values are kept.
    pub(crate) fn values(&self) -> usize {
        let stream = self.stream.as_ref().map_or(0, |stream| stream.shape().num_elements());
        self.attention.values() + queries_and_keys(&self.queries_and_keys) + stream
    }
}

impl AttentionRun {
    /// How many values are kept that are not the network's own.
    fn values(&self) -> usize {
        self.weights.shape().num_elements() + self.values.shape().num_elements()
    }
}

fn queries_and_keys(kept: &Option<[Tensor<4>; 2]>) -> usize {
    kept.iter().flatten().map(|tensor| tensor.shape().num_elements()).sum()
}

impl Kept {
    /// Of so many of the last blocks all there is.
    pub fn whole(blocks: usize) -> Self {
        Self { blocks, extent: Extent::Whole }
    }

    /// Of so many of the last blocks what the embedding is read off, and the stream of all tokens.
    pub fn streams(blocks: usize) -> Self {
        Self { blocks, extent: Extent::Stream }
    }

    /// Of so many of the last blocks what the embedding is read off.
    pub fn as_read(blocks: usize) -> Self {
        Self { blocks, extent: Extent::Read }
    }

    /// What serves both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let blocks = self.blocks.max(other.blocks);
        Self { blocks, extent: self.extent.max(other.extent) }
    }

    /// Whether it has all that another asks for, of a network of so many blocks.
    pub(crate) fn serves(self, other: Self, blocks: usize) -> bool {
        let enough = self.blocks.min(blocks) >= other.blocks.min(blocks);
        enough && self.extent >= other.extent
    }
}

impl TokenRun {
    /// The last blocks of those that were kept; all where there are fewer.
    pub fn last(&self, blocks: usize) -> &[BlockRun] {
        &self.blocks[self.blocks.len().saturating_sub(blocks)..]
    }
}

impl TokenLayout {
    /// Positions of the grid.
    pub fn patches(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Numbers of all tokens, `[n, k, N]`, as maps of the grid, `[n, k, h, w]`, and the sum of the others, `[n, k]`.
    pub fn split(&self, tokens: Tensor<3>) -> (Tensor<4>, Tensor<2>) {
        let [n, k, _] = tokens.dims();
        let [height, width] = self.grid;
        let maps = tokens.clone().narrow(2, self.before, height * width);
        let sum = |start: usize, length: usize| {
            tokens.clone().narrow(2, start, length).sum_dim(2).reshape([n, k])
        };
        let mut others = Tensor::zeros([n, k], &tokens.device());
        if self.before > 0 {
            others = others + sum(0, self.before);
        }
        if self.behind > 0 {
            others = others + sum(self.before + height * width, self.behind);
        }
        (maps.reshape([n, k, height, width]), others)
    }
}

impl AttentionRun {
    /// The rows of some tokens, the first and how many.
    pub fn rows(&self, start: usize, length: usize) -> Tensor<4> {
        self.weights.clone().narrow(2, start - self.first_row, length)
    }

    /// Σ_h Σ_q A_{qi} u_q·v_i of every token i, `[n, k, N]`, u being the probe at the heads.
    pub fn by_token(&self, probe: &Probe) -> Tensor<3> {
        let u = self.to_heads(probe.vectors.clone());
        let [n, heads, read, k, width] = u.dims();
        let [_, _, tokens, _] = self.values.dims();
        let rows = self.rows(probe.start, read);
        // The same sum in whichever order makes fewer numbers on the way.
        if read < width {
            let values = self.values.clone().swap_dims(2, 3);
            let worth = u.reshape([n, heads, read * k, width]).matmul(values);
            let worth = worth.reshape([n, heads, read, k, tokens]);
            return (worth * rows.unsqueeze_dim(3)).sum_dim(2).sum_dim(1).reshape([n, k, tokens]);
        }
        let gathered = rows.swap_dims(2, 3).matmul(u.reshape([n, heads, read, k * width]));
        let gathered = gathered.reshape([n, heads, tokens, k, width]);
        let of_heads = (gathered * self.values.clone().unsqueeze_dim(3)).sum_dim(4).sum_dim(1);
        of_heads.reshape([n, tokens, k]).swap_dims(1, 2)
    }

    /// What it writes where its heads give this: `[n, H, tokens, d]`, joined and projected, to `[n, tokens, D]`.
    pub fn written(&self, heads: Tensor<4>) -> Tensor<3> {
        let [n, h, tokens, width] = heads.dims();
        let joined = heads.swap_dims(1, 2).reshape([n * tokens, h * width]);
        let written = joined.matmul(self.projection.clone()) + self.bias.clone().unsqueeze();
        let [_, channels] = written.dims();
        written.reshape([n, tokens, channels])
    }

    /// Vectors at what the attention writes, `[n, k, tokens, D]`, pulled back through the projection to the heads,
    /// `[n, H, tokens, k, d]`.
    pub fn to_heads(&self, vectors: Tensor<4>) -> Tensor<5> {
        let [n, k, tokens, channels] = vectors.dims();
        let [_, heads, _, width] = self.values.dims();
        let u =
            vectors.reshape([n * k * tokens, channels]).matmul(self.projection.clone().transpose());
        u.reshape([n, k, tokens, heads, width]).permute([0, 3, 2, 1, 4])
    }
}
