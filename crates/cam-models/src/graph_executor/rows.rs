//! Rows of attention weights.

use super::Dense;

/// Rows of square attention weights: those of some tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) tokens: usize,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Rows {
    /// The rows `[n, H, length, tokens]` of weights `[n, …, tokens, tokens]`, in memory of their own.
    pub(crate) fn of(&self, weights: &Dense) -> Dense {
        let Self { tokens, start, length } = *self;
        let n = weights.images();
        let heads = weights.shape()[1..].iter().product::<usize>() / tokens / tokens;
        let weights = weights.clone().numbers().reshape([n * heads, tokens, tokens]);
        let rows = weights.narrow(1, start, length).reshape([n * heads * length * tokens]);
        Dense::from_numbers(rows, &[n, heads, length, tokens]).expect("rows keep their size")
    }
}
