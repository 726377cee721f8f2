//! Which positions of a value the output depends on.

use std::ops::Range;

use crate::layout::{Axes, Axis};
use crate::{Graph, Operation, Value};

/// What of a value the output depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Nothing,
    /// Tokens beside the grid, and none of its positions.
    Beside,
    All,
}

/// Whether the output depends on the positions of each value's grid, and not only on the tokens beside them.
///
/// Behind the last attention of a transformer only the class token is read: there, and up to that attention, the
/// gradient at every patch is zero.
pub(crate) fn reads_positions(graph: &Graph, axes: &[Axes]) -> Vec<bool> {
    let mut wanted = vec![Wanted::Nothing; graph.steps.len() + 1];
    wanted[graph.output.index()] = Wanted::All;
    for (index, step) in graph.steps.iter().enumerate().rev() {
        let value = Value::of_step(index);
        let behind = wanted[value.index()];
        if behind == Wanted::Nothing {
            continue;
        }
        for (place, read) in step.inputs.iter().enumerate() {
            let of_input = match &axes[read.index()] {
                Some(known) if tokens(known).is_some() => {
                    wanted_of(&step.operation, place, known, &axes[value.index()], behind)
                }
                _ => Wanted::All,
            };
            wanted[read.index()] = wanted[read.index()].max(of_input);
        }
    }
    wanted.into_iter().map(|wanted| wanted == Wanted::All).collect()
}

/// What a step needs of tokens, where this is wanted of its result.
fn wanted_of(
    operation: &Operation,
    place: usize,
    read: &[Axis],
    result: &Axes,
    behind: Wanted,
) -> Wanted {
    let in_range = |axis: usize, range: Range<usize>| match touches(&read[axis], range) {
        true => Wanted::All,
        false => Wanted::Beside,
    };
    let keeps_positions = result.as_ref().is_some_and(|axes| tokens(axes).is_some());
    match operation {
        Operation::Slice { axis, start, length } if !keeps_positions => {
            in_range(*axis, *start..start + length)
        }
        Operation::Gather { axis, indices } if !keeps_positions => {
            indices.iter().map(|&i| in_range(*axis, i..i + 1)).max().unwrap_or(Wanted::Nothing)
        }
        _ if !keeps_positions => Wanted::All,
        // Tokens that are put beside the grid are not the grid.
        Operation::Concat { axis } => match (behind, read[*axis]) {
            (Wanted::Beside, Axis::Positions { before: 0, behind: 0, .. }) => Wanted::Nothing,
            _ => behind,
        },
        // A row of the product needs a row of the left, but all of the right.
        Operation::MatMul if place > 0 => Wanted::All,
        _ => behind,
    }
}

/// The first axis of positions.
fn tokens(axes: &[Axis]) -> Option<usize> {
    axes.iter().position(|axis| matches!(axis, Axis::Positions { .. }))
}

/// Whether a range of indices has positions in it.
fn touches(axis: &Axis, range: Range<usize>) -> bool {
    match axis {
        Axis::Positions { before, grid, .. } => {
            range.start < before + grid[0] * grid[1] && range.end > *before
        }
        _ => true,
    }
}
