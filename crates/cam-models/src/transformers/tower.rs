//! What a vision transformer is made of, in the terms that all families share.

use cam_graph::Function;

use super::builder::{Part, Rows};
use super::position::Resampling;

/// A vision transformer, with the names of its tensors.
#[derive(Debug, Clone)]
pub(super) struct Tower {
    /// Channels of every token.
    pub width: usize,
    /// Blocks.
    pub depth: usize,
    /// Heads of every attention.
    pub heads: usize,
    /// Channels between the two layers of an MLP.
    pub hidden: usize,
    /// Pixels of a patch, `[h, w]`.
    pub patch: [usize; 2],
    /// Whether the convolution that makes tokens of patches has a bias.
    pub patch_bias: bool,
    /// Tokens in front of the patches: tensors, and how many tokens each is.
    pub prefix: Vec<(&'static str, usize)>,
    pub position: Position,
    /// A norm in front of the first block.
    pub first_norm: Option<&'static str>,
    /// ε of every norm.
    pub epsilon: f32,
    /// Of every MLP.
    pub activation: Function,
    pub mlp: Mlp,
    /// Whether queries, keys, values, the attention's output and the MLP's layers have biases.
    pub biases: Biases,
    /// Numbers by which a block's two branches are multiplied: tensors of the block.
    pub scales: Option<[&'static str; 2]>,
    pub names: Names,
    pub pooling: Pooling,
}

/// How tokens know where they are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Position {
    /// A vector for every token is added.
    Learned {
        /// The tensor.
        tensor: &'static str,
        /// Axes of length 1 in front of its two.
        is_batched: bool,
        /// The grid that it was learned for.
        grid: [usize; 2],
        /// Of the tokens in front, how many have a vector.
        covered: usize,
        /// How it is taken to other grids.
        resampling: Resampling,
    },
    /// Queries and keys are turned.
    Rotary {
        /// θ.
        theta: f64,
    },
}

/// The tensors of a block, below the block's own name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// The convolution.
    pub patch: &'static str,
    /// What the first values belong to; empty for the network itself.
    pub embeddings: &'static str,
    /// The list of blocks.
    pub blocks: &'static str,
    pub norms: [&'static str; 2],
    pub attention: &'static str,
    pub qkv: Qkv,
    pub output: &'static str,
    pub feed_forward: &'static str,
}

/// The layers of queries, keys and values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Qkv {
    /// Three layers.
    Apart([&'static str; 3]),
    /// One layer.
    Packed(&'static str),
    /// Tensors of no layer: weight and bias, as PyTorch's attention has them.
    Bare([&'static str; 2]),
    /// One matrix, and biases of their own.
    PackedWithBiases { both: &'static str, biases: [Option<&'static str>; 3] },
}

/// The layers of an MLP, below the block's name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mlp {
    /// down(f(up(x))).
    Plain { up: &'static str, down: &'static str },
    /// down(f(gate(x))·up(x)).
    Gated { gate: &'static str, up: &'static str, down: &'static str },
    /// The same with gate and up in one matrix.
    Packed { both: &'static str, down: &'static str },
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Biases {
    pub query: bool,
    pub key: bool,
    pub value: bool,
    pub output: bool,
    pub mlp: bool,
}

impl Biases {
    pub const ALL: Self = Self { query: true, key: true, value: true, output: true, mlp: true };

    /// All but those of queries, keys and values where there are none.
    pub fn with_qkv(has: bool) -> Self {
        Self { query: has, key: has, value: has, ..Self::ALL }
    }
}

/// What becomes of the last block's tokens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pooling {
    /// All are normalised, the first is taken, or the mean of the first few.
    NormThenClass { norm: &'static str, tokens: usize },
    /// The first is taken and normalised.
    ClassThenNorm { norm: &'static str },
    /// The mean of the patches, normalised before or behind.
    Mean { before: Option<&'static str>, behind: Option<&'static str> },
    /// A query of its own asks all of them: multihead attention pooling, then an MLP beside it.
    Attention(AttentionPooling),
}

/// Multihead attention pooling (Zhai et al. 2022): z = attention(probe; norm(x)), e = z + MLP(norm(z)).
#[derive(Debug, Clone, Copy)]
pub(super) struct AttentionPooling {
    /// The norm of all tokens in front.
    pub before: &'static str,
    /// The module.
    pub module: &'static str,
    /// That of the attention in it.
    pub attention: &'static str,
    /// The query's tensor, `[1, 1, width]`.
    pub probe: &'static str,
    pub layers: PoolingLayers,
    pub output: &'static str,
    pub norm: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    /// Channels between the MLP's layers.
    pub hidden: usize,
}

/// The layers that make query, keys and values of a pooling.
#[derive(Debug, Clone, Copy)]
pub(super) enum PoolingLayers {
    /// One matrix of all three: weight and bias.
    Bare([&'static str; 2]),
    /// The query's layer, and one of keys and values.
    QueryAndRest([&'static str; 2]),
}

impl Tower {
    /// Width of a head.
    pub fn head(&self) -> usize {
        self.width / self.heads
    }

    /// Tokens in front of the patches.
    pub fn before(&self) -> usize {
        self.prefix.iter().map(|(_, tokens)| tokens).sum()
    }

    /// The rows of queries (0), keys (1) or values (2) in a block.
    pub fn qkv(&self, block: &str, which: usize) -> Rows {
        let has = [self.biases.query, self.biases.key, self.biases.value][which];
        let (start, of) = (which * self.width, 3 * self.width);
        let at = |name: &str| format!("{block}.{name}");
        match self.names.qkv {
            Qkv::Apart(names) => Rows::all(&at(names[which]), has),
            Qkv::Packed(name) => Rows::all(&at(name), has).some(start, of),
            Qkv::Bare([weight, bias]) => {
                let bias = has.then(|| Part::whole(at(bias)));
                Rows { weight: Part::whole(at(weight)), bias }.some(start, of)
            }
            Qkv::PackedWithBiases { both, biases } => {
                let weight = Rows::all(&at(both), false).some(start, of).weight;
                let bias = biases[which].filter(|_| has).map(|name| Part::whole(at(name)));
                Rows { weight, bias }
            }
        }
    }
}
