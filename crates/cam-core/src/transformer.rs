//! What a transformer gives beyond what every network does.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::Readout;

/// A network of attention blocks on a stream of tokens: x ← x + attention(x), x ← x + mlp(x).
///
/// n images, N tokens of width D, H heads of width d.
pub trait Transformer: Send + Sync {
    /// How many blocks.
    fn blocks(&self) -> usize;

    /// One forward pass, of which these blocks are kept.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]`.
    fn run(&self, images: Tensor<4>, blocks: Range<usize>) -> TokenRun;

    /// The stream at a later place, of what it is at an earlier one. Works under autodiff.
    ///
    /// # Shapes
    /// `[n, N, D]` both.
    fn stream(&self, x: Tensor<3>, from: Place, to: Place) -> Tensor<3>;

    /// What makes an embedding of the stream behind the last block.
    fn readout(&self) -> &Readout;
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
    /// The stream behind the last block, `[n, N, D]`.
    pub end: Tensor<3>,
    /// The blocks that were kept, in order.
    pub blocks: Vec<BlockRun>,
}

/// What an attention computed: Σ_heads A·v·W + b.
#[derive(Debug, Clone)]
pub struct AttentionRun {
    /// A, `[n, H, Q, N]`: row q is what token q takes from every token. A block has as many rows as tokens, a pooling one.
    pub weights: Tensor<4>,
    /// v, `[n, H, N, d]`.
    pub values: Tensor<4>,
    /// W, `[H · d, D]`: the output projection, with LayerScale in it.
    pub projection: Tensor<2>,
    /// b, `[D]`.
    pub bias: Tensor<1>,
}

/// A network that makes one vector z of all tokens by an attention, and its embedding of z.
pub trait AttentionPooling: Send + Sync {
    /// One forward pass.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]`.
    fn pool(&self, images: Tensor<4>) -> PoolingRun;

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
    /// z, `[n, D]`.
    pub pooled: Tensor<2>,
}

/// What a block computed: y = x + Σ_heads A·v·W + b, and then whatever is added to y.
#[derive(Debug, Clone)]
pub struct BlockRun {
    /// Its number, from 0.
    pub index: usize,
    /// The stream in front of it, x, `[n, N, D]`.
    pub before: Tensor<3>,
    /// q and k, `[n, H, N, d]`, where A is softmax(q·kᵀ/√d).
    pub queries_and_keys: Option<[Tensor<4>; 2]>,
    /// A, v, W and b.
    pub attention: AttentionRun,
    /// The stream behind the attention, y, `[n, N, D]`.
    pub after_attention: Tensor<3>,
    /// The stream behind all of the block, `[n, N, D]`.
    pub after: Tensor<3>,
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
