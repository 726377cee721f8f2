//! Vectors divided by their lengths.

use cam_graph::{Binary, Function, Operation, Reduction, Value};

use super::Work;
use super::layer_norm::combined;

/// x/max(‖x‖, ε), with or without ε, becomes an L2 norm.
pub(super) fn recognise(work: &mut Work<'_>) {
    for value in work.values() {
        if let Some((x, axis, epsilon)) = found(work, value) {
            work.replace(value, &[x], Operation::L2Normalize { axis, epsilon });
        }
    }
}

fn found(work: &Work<'_>, value: Value) -> Option<(Value, usize, f32)> {
    let (x, length) = combined(work, value, Binary::Divide)?;
    let (length, epsilon) = bounded(work, length);
    match work.operation(length)? {
        Operation::Reduce { reduction: Reduction::L2, axes, keep: true } => match axes[..] {
            [axis] if work.inputs(length)[0] == x => Some((x, axis, epsilon)),
            _ => None,
        },
        _ => None,
    }
}

/// What is behind a repetition and a lower bound, and the bound.
fn bounded(work: &Work<'_>, mut value: Value) -> (Value, f32) {
    let mut epsilon = f32::MIN_POSITIVE;
    // Exporters write one of each.
    for _ in 0..4 {
        let Some(&first) = work.inputs(value).first() else { return (value, epsilon) };
        match work.operation(value) {
            Some(Operation::Expand { .. }) => value = first,
            Some(Operation::Map(Function::Clip { low, high })) if high.is_infinite() => {
                (value, epsilon) = (first, *low);
            }
            Some(Operation::Combine(Binary::Maximum)) => {
                let Some((a, b)) = work.pair(value) else { return (value, epsilon) };
                match (work.scalar(a), work.scalar(b)) {
                    (None, Some(number)) => (value, epsilon) = (a, number),
                    (Some(number), None) => (value, epsilon) = (b, number),
                    _ => return (value, epsilon),
                }
            }
            _ => return (value, epsilon),
        }
    }
    (value, epsilon)
}
