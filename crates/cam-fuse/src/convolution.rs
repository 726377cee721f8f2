//! Borders, residuals and activations, fused to the convolution that they surround.

use cam_graph::{Binary, Border, Convolution, Fill, Operation, Padding, Value};

use super::Work;

pub(super) fn fuse(work: &mut Work<'_>) {
    for value in work.values() {
        border(work, value);
        residual(work, value);
        activation(work, value);
    }
}

/// A convolution that may still be changed: neither read by others nor finished by an activation.
fn open(work: &Work<'_>, value: Value) -> Option<(Convolution, Vec<Value>)> {
    match work.operation(value)? {
        Operation::Convolution(convolution)
            if convolution.activation.is_none() && work.is_read_once(value) =>
        {
            Some((convolution.clone(), work.inputs(value).to_vec()))
        }
        _ => None,
    }
}

/// Zeros around rows and columns widen the convolution's own border.
fn border(work: &mut Work<'_>, value: Value) {
    let Some(Operation::Convolution(convolution)) = work.operation(value) else { return };
    let (mut convolution, inputs) = (convolution.clone(), work.inputs(value).to_vec());
    let Some(Operation::Pad { before, behind, fill: Fill::Constant(0.0) }) =
        work.operation(inputs[0])
    else {
        return;
    };
    let (Padding::Fixed(own), [front @ .., top, left], [_, .., bottom, right]) =
        (convolution.padding, before.as_slice(), behind.as_slice())
    else {
        return;
    };
    let front_behind = &behind[..behind.len() - 2];
    if front.iter().chain(front_behind).any(|&pad| pad != 0) {
        return;
    }
    convolution.padding = Padding::Fixed(Border {
        top: own.top + top,
        left: own.left + left,
        bottom: own.bottom + bottom,
        right: own.right + right,
    });
    let mut reads = inputs.clone();
    reads[0] = work.inputs(inputs[0])[0];
    work.replace(value, &reads, Operation::Convolution(convolution));
}

/// A sum with a convolution adds to it.
fn residual(work: &mut Work<'_>, value: Value) {
    if !matches!(work.operation(value), Some(Operation::Combine(Binary::Add))) {
        return;
    }
    let Some((a, b)) = work.pair(value) else { return };
    // The later one is the branch as a rule, the earlier one the residual.
    let (late, early) = if a > b { (a, b) } else { (b, a) };
    for (sum, other) in [(late, early), (early, late)] {
        if sum == other || work.shape(sum) != work.shape(other) || work.constant(other).is_some() {
            continue;
        }
        if let Some((convolution, inputs)) = open(work, sum)
            && let [x] = inputs[..]
        {
            work.replace(value, &[x, other], Operation::Convolution(convolution));
            return;
        }
    }
}

fn activation(work: &mut Work<'_>, value: Value) {
    let Some(Operation::Map(function)) = work.operation(value) else { return };
    let (function, read) = (*function, work.inputs(value)[0]);
    // The sum of a residual that ends a block stays what it is: the activation is the next block's.
    let ends_block = work.graph.giver(read).is_some_and(|step| !step.name.ends.is_empty());
    if ends_block && work.inputs(read).len() > 1 {
        return;
    }
    if let Some((convolution, inputs)) = open(work, read) {
        let convolution = Convolution { activation: Some(function), ..convolution };
        work.replace(value, &inputs, Operation::Convolution(convolution));
    }
}
