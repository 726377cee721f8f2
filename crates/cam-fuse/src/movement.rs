//! Reshapes and transposes one behind another.

use cam_graph::{LayerNorm, Operation, Value};

use super::Work;

/// Makes one of two reshapes or transposes in a row, and takes layer norms out of transposes that undo each other.
pub(super) fn merge(work: &mut Work<'_>) {
    // What each value is the same as: whoever reads a step that leaves its input as it is reads that input.
    let mut same: Vec<Value> = std::iter::once(Value::INPUT).chain(work.values()).collect();
    for value in work.values() {
        let inputs: Vec<Value> = work.inputs(value).iter().map(|read| same[read.index()]).collect();
        work.read(value, &inputs);
        let &[read] = inputs.as_slice() else { continue };
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
        if let (true, &[read]) = (idles(work, value), work.inputs(value)) {
            same[value.index()] = read;
        }
    }
    work.graph.output = same[work.graph.output.index()];
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

/// Whether a step leaves what it reads as it is.
fn idles(work: &Work<'_>, value: Value) -> bool {
    let &[read] = work.inputs(value) else { return false };
    match work.operation(value) {
        Some(Operation::Reshape { shape }) => work.shape(read) == shape.as_slice(),
        Some(Operation::Transpose { order }) => order.iter().copied().eq(0..order.len()),
        Some(Operation::AveragePool { window, .. }) => *window == cam_graph::Window::new([1, 1]),
        _ => false,
    }
}
