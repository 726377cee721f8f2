//! What transformers have between their linear layers. Tokens are the pixels of an image of N × 1.

/// (x − mean)/√(variance + ε)·scale + shift, over the channels of every pixel (Ba et al. 2016).
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    /// A factor per channel.
    pub scale: Vec<f32>,
    /// What is added, per channel.
    pub shift: Vec<f32>,
    /// ε.
    pub epsilon: f32,
}

/// softmax(scale · q·kᵀ)·v of every head, all pixels of an image to all, `[n, heads · width, h, w]`
/// (Vaswani et al. 2017).
///
/// Queries, keys and values are channels, head by head, of the step's input and two other values,
/// which may be the same: then they lie one behind another, as a linear layer for all three gives them.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// How many heads.
    pub heads: usize,
    /// Channels of a head.
    pub width: usize,
    /// What q·kᵀ is multiplied with.
    pub scale: f32,
    /// The first channel of the queries in the input.
    pub queries: usize,
    /// The value that has the keys, and their first channel.
    pub keys: (usize, usize),
    /// The value that has what is taken, and its first channel.
    pub values: (usize, usize),
}

/// All pixels of an image in one column, row by row, behind others that are the same for every image,
/// and at every place something added: `[n, c, h, w]` to `[n, c, N, 1]` with N = prefix + h·w.
#[derive(Debug, Clone, PartialEq)]
pub struct Tokens {
    /// What lies in front, `[prefix, c]`: a class token, registers.
    pub prefix: Vec<f32>,
    /// What is added, `[N, c]`, or nothing. It suits images of one size alone.
    pub positions: Vec<f32>,
}

impl Attention {
    /// Channels of queries, of keys and of what is taken.
    pub(crate) fn channels(&self) -> usize {
        self.heads.saturating_mul(self.width)
    }

    /// What is read, and from which channel on: queries, keys and values.
    pub(crate) fn reads(&self, input: usize) -> [(usize, usize); 3] {
        [(input, self.queries), self.keys, self.values]
    }
}
