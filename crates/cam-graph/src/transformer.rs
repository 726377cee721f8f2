//! Transformers by their structure: a stream of tokens to which attention blocks add, and what reads an embedding off it.

mod apart;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binary, Convolution, LayerNorm, Linear, Name, Operation, Reduction};

    /// Tokens of 2 × 3 patches of width 4, one block of two heads, a norm and a mean; the norm of the block behind the sum
    /// where that is asked.
    fn network(is_post_norm: bool) -> (Graph, Vec<Value>) {
        let mut graph = Graph::new(&[3, 4, 6]);
        graph.parameters.insert("patch".into(), vec![4, 3, 2, 2]);
        graph.parameters.insert("square".into(), vec![4, 4]);
        let mut values = Vec::new();
        let mut push = |inputs: &[Value], operation: Operation| {
            let value = graph.push(inputs, operation, Name::default());
            values.push(value);
            value
        };
        let linear = || Operation::Linear(Linear { weight: "square".into(), bias: None });
        let norm = || {
            let plain = LayerNorm { axes: vec![1], epsilon: 1e-6, scale: None, shift: None };
            Operation::LayerNorm(plain)
        };
        let order = |order: &[usize]| Operation::Transpose { order: order.to_vec() };
        let shape = |shape: &[usize]| Operation::Reshape { shape: shape.to_vec() };
        let stride = Convolution { stride: [2, 2], ..Convolution::new("patch", None) };
        let x = push(&[Value::INPUT], Operation::Convolution(stride));
        let x = push(&[x], shape(&[4, 6]));
        let start = push(&[x], order(&[1, 0]));
        let read = if is_post_norm { start } else { push(&[start], norm()) };
        let [q, k, v] = [(); 3].map(|()| {
            let x = push(&[read], linear());
            let x = push(&[x], shape(&[6, 2, 2]));
            push(&[x], order(&[1, 0, 2]))
        });
        let k = push(&[k], order(&[0, 2, 1]));
        let scores = push(&[q, k], Operation::MatMul);
        let weights = push(&[scores], Operation::Softmax { axis: 2 });
        let taken = push(&[weights, v], Operation::MatMul);
        let joined = push(&[taken], order(&[1, 0, 2]));
        let joined = push(&[joined], shape(&[6, 4]));
        let written = push(&[joined], linear());
        let y = push(&[start, written], Operation::Combine(Binary::Add));
        let y = if is_post_norm { push(&[y], norm()) } else { y };
        let more = push(&[y], linear());
        let end = push(&[y, more], Operation::Combine(Binary::Add));
        let end = push(&[end], norm());
        let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![0], keep: false };
        let output = push(&[end], mean);
        graph.output = output;
        (graph, vec![start, weights, v, y, q, k])
    }

    #[test]
    fn a_block_is_found_with_its_heads_its_stream_and_its_readout() {
        let (graph, values) = network(false);
        let shapes = graph.shapes(&graph.input).unwrap();
        let found = graph.transformer(&shapes).expect("it is a transformer");
        assert_eq!(found.tokens, Tokens { before: 0, grid: [2, 3], behind: 0 });
        let [block] = &found.blocks[..] else { panic!("{:?}", found.blocks) };
        let similarity = block.similarity.expect("it is of queries and keys");
        let there = [found.start, block.attention, block.values, block.after_attention];
        assert_eq!(there, values[..4]);
        assert_eq!([similarity.queries, similarity.keys], values[4..]);
        assert!(!similarity.is_scaled && block.heads == 2 && block.projection.len() == 1);
        let pool = ReadoutStep::Pool { start: 0, length: 6 };
        assert!(matches!(&found.readout[..], [ReadoutStep::Norm(_), last] if *last == pool));
        assert_eq!(graph.attention_pooling(&shapes), None);
    }

    #[test]
    fn tokens_are_apart_behind_an_attention_and_joined_by_one() {
        let (graph, values) = network(false);
        let shapes = graph.shapes(&graph.input).unwrap();
        let block = &graph.transformer(&shapes).unwrap().blocks[0];
        assert!(graph.keeps_tokens_apart(block.after_attention, block.after, &shapes));
        assert!(graph.keeps_tokens_apart(block.after, block.after, &shapes));
        assert!(!graph.keeps_tokens_apart(block.before, block.after_attention, &shapes));
        assert!(!graph.keeps_tokens_apart(block.after, graph.output, &shapes));
        // What is asked for does not depend on what is given.
        assert!(!graph.keeps_tokens_apart(block.after, values[0], &shapes));
    }

    #[test]
    fn a_norm_behind_the_sum_is_of_another_form() {
        let (graph, _) = network(true);
        assert_eq!(graph.transformer(&graph.shapes(&graph.input).unwrap()), None);
    }
}
