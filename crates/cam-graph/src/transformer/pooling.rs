//! Attention that makes one vector of all tokens: SigLIP's probe, CLIP's pooling of a convolutional network.

use super::moves::{Atoms, is_move};
use super::{Similarity, Tokens};
use crate::{Axes, Graph, HeadStep, Operation, Shape, Value};

/// z = `projection`(A·v), and the output is computed of z alone.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionPooling {
    /// Which tokens there are.
    pub tokens: Tokens,
    /// The attention weights A, `[heads, 1, N]`.
    pub attention: Value,
    /// What A was made of, where it is softmax(scale · q·kᵀ) and nothing else; q is `[heads, 1, d]`.
    pub similarity: Option<Similarity>,
    /// What is taken, v, `[heads, N, d]`.
    pub values: Value,
    /// How many heads.
    pub heads: usize,
    /// The linear steps from the joined heads to z.
    pub projection: Vec<HeadStep>,
    /// z.
    pub pooled: Value,
    /// Where the tokens come from a norm over their channels, the stream in front of it, `[N, D]`: behind the last block of a
    /// transformer.
    pub stream: Option<Value>,
}

impl Graph {
    /// The attention that pools all tokens, where one does and nothing passes it by.
    pub fn attention_pooling(&self, shapes: &[Shape]) -> Option<AttentionPooling> {
        let axes = self.axes(shapes);
        (0..self.steps.len()).find_map(|step| pooling(self, shapes, &axes, Value::of_step(step)))
    }
}

fn pooling(
    graph: &Graph,
    shapes: &[Shape],
    axes: &[Axes],
    product: Value,
) -> Option<AttentionPooling> {
    let step = graph.giver(product)?;
    let (&[attention, values], Operation::MatMul) = (&step.inputs[..], &step.operation) else {
        return None;
    };
    let rank = shapes[attention.index()].len();
    let softmax = &graph.giver(attention)?.operation;
    let over_tokens = matches!(softmax, Operation::Softmax { axis } if axis + 1 == rank);
    let &[.., taken, _] = &axes[values.index()].as_deref()? else { return None };
    let tokens = Tokens::of(*taken)?;
    let is_one = shapes[product.index()].iter().rev().nth(1) == Some(&1);
    if !over_tokens || !is_one {
        return None;
    }
    let mut atoms = Atoms::of_heads(&shapes[product.index()])?;
    let heads = atoms.heads();
    let (mut projection, mut value) = (Vec::new(), product);
    while let Some((next, operation)) = super::attention::sole_reader(graph, value) {
        match operation {
            Operation::Linear(linear) if projection.is_empty() && atoms.are_joined() => {
                let (weight, bias) = (linear.weight.clone(), linear.bias.clone());
                projection.push(HeadStep::Linear { weight, bias });
            }
            moving if is_move(moving) && projection.is_empty() => atoms = atoms.moved(moving)?,
            _ => break,
        }
        value = next;
    }
    let passes = graph.needed(|found| found == value, &[graph.output]);
    let mut behind = graph.steps.iter().zip(passes).filter(|(_, needed)| *needed);
    let is_all = !behind.any(|(step, _)| step.inputs.contains(&Value::INPUT));
    (is_all && !projection.is_empty()).then_some(AttentionPooling {
        tokens,
        attention,
        similarity: super::similarity::of(graph, shapes, attention),
        values,
        heads,
        projection,
        pooled: value,
        stream: stream(graph, shapes, values),
    })
}

/// What the nearest norm over channels takes, back from a value along steps that take one value each.
fn stream(graph: &Graph, shapes: &[Shape], mut value: Value) -> Option<Value> {
    loop {
        let step = graph.giver(value)?;
        let &[taken] = &step.inputs[..] else { return None };
        if let Operation::LayerNorm(norm) = &step.operation {
            let last = shapes[taken.index()].len().checked_sub(1)?;
            return (norm.axes == [last]).then_some(taken);
        }
        value = taken;
    }
}
