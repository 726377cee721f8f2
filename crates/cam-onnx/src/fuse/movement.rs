//! Reshapes and transposes one behind another.

use cam_graph::{LayerNorm, Operation, Value};

use super::Work;

/// Makes one of two reshapes or transposes in a row, and takes layer norms out of transposes that undo each other.
pub(super) fn merge(work: &mut Work<'_>) {
    for value in work.values() {
        let Some(&[read]) = Some(work.inputs(value)) else { continue };
        let (Some(here), Some(before)) = (work.operation(value), work.operation(read)) else {
            continue;
        };
        match (here, before) {
            (Operation::Reshape { .. }, Operation::Reshape { .. }) => {
                let (operation, input) = (here.clone(), work.inputs(read)[0]);
                work.replace(value, &[input], operation);
            }
            (Operation::Transpose { order }, Operation::Transpose { order: first }) => {
                let order = order.iter().map(|&axis| first[axis]).collect();
                let input = work.inputs(read)[0];
                work.replace(value, &[input], Operation::Transpose { order });
            }
            (Operation::Transpose { order }, Operation::LayerNorm(norm)) => {
                if let Some((input, norm)) = commuted(work, order, norm, read) {
                    work.replace(value, &[input], Operation::LayerNorm(norm));
                }
            }
            _ => {}
        }
        skip_idle(work, value);
    }
}

/// Channels to the end, a layer norm, channels back to the front: a layer norm over channels.
fn commuted(
    work: &Work<'_>,
    order: &[usize],
    norm: &LayerNorm,
    read: Value,
) -> Option<(Value, LayerNorm)> {
    let &[moved] = work.inputs(read) else { return None };
    let Some(Operation::Transpose { order: first }) = work.operation(moved) else { return None };
    let undone = order.iter().map(|&axis| first[axis]).eq(0..order.len());
    let axes: Vec<usize> = norm.axes.iter().map(|&axis| first[axis]).collect();
    let in_a_row = axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    (undone && in_a_row).then(|| (work.inputs(moved)[0], LayerNorm { axes, ..norm.clone() }))
}

/// Whoever reads what a step leaves as it is reads what that step reads.
fn skip_idle(work: &mut Work<'_>, value: Value) {
    let &[read] = work.inputs(value) else { return };
    let idles = match work.operation(value) {
        Some(Operation::Reshape { shape }) => work.shape(read) == shape.as_slice(),
        Some(Operation::Transpose { order }) => order.iter().copied().eq(0..order.len()),
        Some(Operation::AveragePool { window, .. }) => *window == cam_graph::Window::new([1, 1]),
        _ => false,
    };
    if !idles {
        return;
    }
    for index in value.index()..work.graph.steps.len() {
        let later = Value::of_step(index);
        if work.inputs(later).contains(&value) {
            let inputs: Vec<Value> = work
                .inputs(later)
                .iter()
                .map(|&input| if input == value { read } else { input })
                .collect();
            let operation = work.graph.steps[index].operation.clone();
            work.replace(later, &inputs, operation);
        }
    }
    if work.graph.output == value {
        work.graph.output = read;
    }
}
