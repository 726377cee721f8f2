//! Transformers by their structure: a stream of tokens to which attention blocks add, and what reads an embedding off it.

mod attention;
mod moves;
mod pooling;
mod readout;
mod similarity;
mod stream;

pub use pooling::AttentionPooling;
pub use readout::ReadoutStep;

use crate::{Axes, Axis, Graph, HeadStep, Shape, Value};

/// A network of pre-norm attention blocks: x ← x + attention(norm(x)), then x ← x + mlp(norm(x)).
#[derive(Debug, Clone, PartialEq)]
pub struct Transformer {
    /// Which tokens there are.
    pub tokens: Tokens,
    /// The stream in front of the first block, `[N, D]`.
    pub start: Value,
    /// The blocks, in order.
    pub blocks: Vec<AttentionBlock>,
    /// What makes an embedding of the last block's stream, in order.
    pub readout: Vec<ReadoutStep>,
}

/// The tokens of a stream: the positions of a grid, row by row, and others before and behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// Class token, registers.
    pub before: usize,
    /// Rows and columns.
    pub grid: [usize; 2],
    /// Others behind the grid.
    pub behind: usize,
}

/// One block: y = x + `projection`(A·v), and then whatever is added to y.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionBlock {
    /// The stream in front of it, x, `[N, D]`.
    pub before: Value,
    /// The attention weights A, `[heads, N, N]`: what every token takes from every other.
    pub attention: Value,
    /// What A was made of, where it is softmax(scale · q·kᵀ) and nothing else.
    pub similarity: Option<Similarity>,
    /// What is taken, v, `[heads, N, d]`.
    pub values: Value,
    /// How many heads.
    pub heads: usize,
    /// The linear steps from the joined heads, `[N, heads · d]`, to the stream: the output projection, LayerScale.
    pub projection: Vec<HeadStep>,
    /// The stream behind the attention, y, `[N, D]`.
    pub after_attention: Value,
    /// The stream behind all of the block, `[N, D]`.
    pub after: Value,
}

/// Queries and keys, without the number that their product is scaled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Similarity {
    /// q, `[heads, N, d]`.
    pub queries: Value,
    /// kᵀ, `[heads, d, N]`.
    pub keys: Value,
    /// Whether there was such a number; else it is part of q.
    pub is_scaled: bool,
}

impl Tokens {
    /// How many, N.
    pub fn count(&self) -> usize {
        self.before + self.patches() + self.behind
    }

    /// Positions of the grid.
    pub fn patches(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// What an axis counts, where that is tokens.
    fn of(axis: Axis) -> Option<Self> {
        match axis {
            Axis::Positions { before, behind, grid } => Some(Self { before, grid, behind }),
            _ => None,
        }
    }

    /// The tokens of a value that is a stream, `[N, D]` up to axes of length 1 and their order.
    fn on(axes: &Axes, shape: &[usize]) -> Option<Self> {
        let mut tokens = axes.as_ref()?.iter().filter_map(|axis| Self::of(*axis));
        let found = tokens.next().filter(|_| tokens.next().is_none())?;
        // Tokens lie in front of channels, and nothing else is wide.
        let wide = axes.as_ref()?.iter().zip(shape).filter(|(_, side)| **side != 1);
        let wide: Vec<&Axis> = wide.map(|(axis, _)| axis).collect();
        matches!(wide[..], [_] | [Axis::Positions { .. }, Axis::Other]).then_some(found)
    }
}

impl Graph {
    /// The network as attention blocks on a stream of tokens, where all of it from the first block to the output is of
    /// that form. Windows of tokens, norms behind the sum and other readouts are not.
    pub fn transformer(&self, shapes: &[Shape]) -> Option<Transformer> {
        let axes = self.axes(shapes);
        let (end, readout) = readout::of(self, shapes, &axes)?;
        let tokens = Tokens::on(&axes[end.index()], &shapes[end.index()])?;
        let branches = attention::branches(self, shapes, &axes, tokens);
        let (start, blocks) = stream::blocks(self, end, branches)?;
        let is_stream =
            |value: Value| Tokens::on(&axes[value.index()], &shapes[value.index()]) == Some(tokens);
        let fits = |block: &AttentionBlock| {
            is_stream(block.before) && is_stream(block.after_attention) && is_stream(block.after)
        };
        blocks.iter().all(fits).then_some(Transformer { tokens, start, blocks, readout })
    }
}
