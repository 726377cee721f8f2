//! Layer norms that were spelt out, as before operator set 17.

use cam_graph::{Binary, Function, LayerNorm, Operation, Reduction, Value};

use super::Work;

/// (x − mean x)/√(mean (x − mean x)² + ε) becomes a layer norm.
pub(super) fn recognise(work: &mut Work<'_>) {
    for value in work.values() {
        if let Some((x, axes, epsilon)) = found(work, value) {
            let norm = LayerNorm { axes, epsilon, scale: None, shift: None };
            work.replace(value, &[x], Operation::LayerNorm(norm));
        }
    }
}

fn found(work: &Work<'_>, value: Value) -> Option<(Value, Vec<usize>, f32)> {
    let (centred, root) = combined(work, value, Binary::Divide)?;
    let (x, axes) = centre(work, centred)?;
    let variance = mapped(work, root, |function| {
        matches!(function, Function::Sqrt | Function::Power { exponent: 0.5 })
    })?;
    let (mean, epsilon) = with_scalar(work, variance)?;
    let (square, over) = mean_of(work, mean)?;
    let again = squared(work, square)?;
    let (same, same_axes) = centre(work, again)?;
    (same == x && same_axes == axes && over == axes).then_some((x, axes, epsilon))
}

/// x − mean x.
fn centre(work: &Work<'_>, value: Value) -> Option<(Value, Vec<usize>)> {
    let (x, mean) = combined(work, value, Binary::Subtract)?;
    let (of, axes) = mean_of(work, mean)?;
    let in_a_row = axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    (of == x && in_a_row).then_some((x, axes))
}

fn mean_of(work: &Work<'_>, value: Value) -> Option<(Value, Vec<usize>)> {
    match work.operation(value)? {
        Operation::Reduce { reduction: Reduction::Mean, axes, keep: true } => {
            Some((work.inputs(value)[0], axes.clone()))
        }
        _ => None,
    }
}

fn squared(work: &Work<'_>, value: Value) -> Option<Value> {
    match work.operation(value)? {
        Operation::Map(Function::Power { exponent: 2.0 }) => work.inputs(value).first().copied(),
        Operation::Combine(Binary::Multiply) => {
            let (a, b) = work.pair(value)?;
            (a == b).then_some(a)
        }
        _ => None,
    }
}

pub(super) fn combined(work: &Work<'_>, value: Value, wanted: Binary) -> Option<(Value, Value)> {
    match work.operation(value)? {
        Operation::Combine(binary) if *binary == wanted => work.pair(value),
        _ => None,
    }
}

pub(super) fn mapped(
    work: &Work<'_>,
    value: Value,
    wanted: impl FnOnce(&Function) -> bool,
) -> Option<Value> {
    match work.operation(value)? {
        Operation::Map(function) if wanted(function) => work.inputs(value).first().copied(),
        _ => None,
    }
}

/// A value and the number that is added to it.
fn with_scalar(work: &Work<'_>, value: Value) -> Option<(Value, f32)> {
    let (a, b) = combined(work, value, Binary::Add)?;
    match (work.scalar(a), work.scalar(b)) {
        (None, Some(number)) => Some((a, number)),
        (Some(number), None) => Some((b, number)),
        _ => None,
    }
}
