//! Attention of all tokens to all: softmax(…)·v, joined and projected onto the stream.

use super::moves::Atoms;
use super::{Similarity, Tokens};
use crate::{Axes, Axis, Graph, HeadStep, Operation, Shape, Value};

/// An attention and the value that it is added up to.
pub(super) struct Branch {
    pub(super) attention: Value,
    pub(super) similarity: Option<Similarity>,
    pub(super) values: Value,
    pub(super) heads: usize,
    pub(super) projection: Vec<HeadStep>,
    /// What is added to the stream.
    pub(super) added: Value,
    /// The stream behind it.
    pub(super) sum: Value,
}

/// The attentions of a graph whose result is projected and then added to something.
pub(super) fn branches(
    graph: &Graph,
    shapes: &[Shape],
    axes: &[Axes],
    tokens: Tokens,
) -> Vec<Branch> {
    let steps = 0..graph.steps.len();
    steps.filter_map(|step| branch(graph, (shapes, axes), tokens, Value::of_step(step))).collect()
}

fn branch(
    graph: &Graph,
    (shapes, axes): (&[Shape], &[Axes]),
    tokens: Tokens,
    product: Value,
) -> Option<Branch> {
    let step = graph.giver(product)?;
    let (&[attention, values], Operation::MatMul) = (&step.inputs[..], &step.operation) else {
        return None;
    };
    let softmax = &graph.giver(attention)?.operation;
    let rank = shapes[attention.index()].len();
    let over_tokens = matches!(softmax, Operation::Softmax { axis } if axis + 1 == rank);
    let both = axes[attention.index()].as_ref()?.last_chunk::<2>()?;
    let is_square = both.iter().all(|axis: &Axis| Tokens::of(*axis) == Some(tokens));
    if !over_tokens || !is_square {
        return None;
    }
    let mut atoms = Atoms::of_heads(&shapes[product.index()])?;
    let heads = atoms.heads();
    let mut projection = Vec::new();
    let mut value = product;
    loop {
        let (next, operation) = sole_reader(graph, value)?;
        match operation {
            Operation::Combine(crate::Binary::Add) if !projection.is_empty() => {
                return Some(Branch {
                    attention,
                    values,
                    heads,
                    projection,
                    similarity: super::similarity::of(graph, shapes, attention),
                    added: value,
                    sum: next,
                });
            }
            Operation::Linear(linear) if !projection.is_empty() || atoms.are_joined() => {
                let (weight, bias) = (linear.weight.clone(), linear.bias.clone());
                projection.push(HeadStep::Linear { weight, bias });
            }
            Operation::ScaleShift { axis, scale, shift } if !projection.is_empty() => {
                let channels = shapes[next.index()][*axis];
                let numbers: usize = shapes[next.index()].iter().product();
                if channels * tokens.count() != numbers {
                    return None;
                }
                projection
                    .push(HeadStep::ScaleShift { scale: scale.clone(), shift: shift.clone() });
            }
            // Behind the projection only tokens and channels are left, which the axes follow.
            moving if super::moves::is_move(moving) && !projection.is_empty() => {
                Tokens::on(&axes[next.index()], &shapes[next.index()])?;
            }
            moving => atoms = atoms.moved(moving)?,
        }
        value = next;
    }
}

/// The only step that reads a value.
pub(super) fn sole_reader(graph: &Graph, value: Value) -> Option<(Value, &Operation)> {
    let first = value.index();
    let mut readers = (first..graph.steps.len())
        .filter(|&step| graph.steps[step].inputs.contains(&value))
        .map(|step| (Value::of_step(step), &graph.steps[step].operation));
    let found = readers.next()?;
    (readers.next().is_none() && value != graph.output).then_some(found)
}
