//! Queries and keys: what the attention weights were made of.

use super::Similarity;
use crate::{Binary, Graph, Operation, Shape, Value};

/// Of softmax(scale · q·kᵀ): none where something else stands between.
pub(super) fn of(graph: &Graph, shapes: &[Shape], attention: Value) -> Option<Similarity> {
    let scores = *graph.giver(attention)?.inputs.first()?;
    let (product, behind) = unscaled(graph, shapes, scores);
    let step = graph.giver(product)?;
    let (&[q, k], Operation::MatMul) = (&step.inputs[..], &step.operation) else { return None };
    let ((queries, left), (keys, right)) = (unscaled(graph, shapes, q), unscaled(graph, shapes, k));
    Some(Similarity { queries, keys, is_scaled: behind || left || right })
}

/// A value in front of products with one number, and whether there were any.
fn unscaled(graph: &Graph, shapes: &[Shape], value: Value) -> (Value, bool) {
    let is_number = |value: Value| {
        graph.is_constant(value) && shapes[value.index()].iter().product::<usize>() == 1
    };
    let step = graph.giver(value);
    match step.map(|step| (&step.operation, &step.inputs[..])) {
        Some((Operation::Combine(Binary::Multiply | Binary::Divide), &[a, b])) if is_number(b) => {
            (unscaled(graph, shapes, a).0, true)
        }
        Some((Operation::Combine(Binary::Multiply), &[a, b])) if is_number(a) => {
            (unscaled(graph, shapes, b).0, true)
        }
        _ => (value, false),
    }
}
