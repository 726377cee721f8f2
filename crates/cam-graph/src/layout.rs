//! Where the image's grid lies in a value: which of its axes are rows and columns, or positions.

use crate::{Graph, Operation, Shape, Value};

/// What an axis of a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Rows of the image's grid.
    Rows,
    /// Columns of the image's grid.
    Columns,
    /// Positions of the image's grid, row by row, with other tokens before and behind them.
    Positions {
        /// Tokens before them: a class token, registers.
        before: usize,
        /// Tokens behind them.
        behind: usize,
        /// Rows and columns.
        grid: [usize; 2],
    },
    /// Anything else, mostly channels.
    Other,
}

/// What every axis of a value counts; none where the grid is lost.
pub type Axes = Option<Vec<Axis>>;

/// A value that has channels at every position of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Rows and columns.
    pub grid: [usize; 2],
    /// The axis of channels.
    pub channels: usize,
    /// Where the positions lie.
    pub positions: Positions,
}

/// Where the positions of a grid lie in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// On two axes.
    Grid {
        /// The axis of rows.
        rows: usize,
        /// The axis of columns.
        columns: usize,
    },
    /// On one axis, with other tokens before and behind.
    Tokens {
        /// The axis.
        axis: usize,
        /// Tokens before them.
        before: usize,
        /// Tokens behind them.
        behind: usize,
    },
}

impl Layout {
    /// The layout of a value with these axes, if it has channels at every position of a grid of more than one.
    pub fn of(axes: &Axes, shape: &[usize]) -> Option<Self> {
        let axes = axes.as_ref().filter(|_| !shape.contains(&0))?;
        let at = |wanted: fn(&Axis) -> bool| {
            let mut found = axes.iter().enumerate().filter(|(_, axis)| wanted(axis));
            let first = found.next().map(|(index, _)| index);
            if found.next().is_some() { None } else { first }
        };
        let mut others = axes.iter().enumerate().filter(|(_, axis)| **axis == Axis::Other);
        let wide = others.clone().filter(|(index, _)| shape[*index] != 1).count();
        let channels = match wide {
            0 => others.next()?.0,
            1 => others.find(|(index, _)| shape[*index] != 1)?.0,
            _ => return None,
        };
        let rows = at(|axis| *axis == Axis::Rows);
        let columns = at(|axis| *axis == Axis::Columns);
        let tokens = at(|axis| matches!(axis, Axis::Positions { .. }));
        let layout = match (rows, columns, tokens) {
            (Some(rows), Some(columns), None) => Self {
                grid: [shape[rows], shape[columns]],
                channels,
                positions: Positions::Grid { rows, columns },
            },
            (None, None, Some(axis)) => {
                let Axis::Positions { before, behind, grid } = axes[axis] else { return None };
                Self { grid, channels, positions: Positions::Tokens { axis, before, behind } }
            }
            _ => return None,
        };
        (layout.grid != [1, 1]).then_some(layout)
    }
}

impl Graph {
    /// What the axes of every value count, for an input whose values have these shapes.
    pub fn axes(&self, shapes: &[Shape]) -> Vec<Axes> {
        let input = match shapes.first().map(Vec::as_slice) {
            Some([_, _, _]) => Some(vec![Axis::Other, Axis::Rows, Axis::Columns]),
            _ => None,
        };
        let mut known = vec![input];
        for (index, step) in self.steps.iter().enumerate() {
            let inputs: Vec<Read<'_>> = step
                .inputs
                .iter()
                .map(|&value| Read {
                    axes: &known[value.index()],
                    shape: &shapes[value.index()],
                    is_constant: self.is_constant(value),
                })
                .collect();
            let shape = &shapes[Value::of_step(index).index()];
            let axes = axes_behind(&step.operation, &inputs, shape);
            known.push(axes);
        }
        known
    }
}

/// What a step reads.
struct Read<'a> {
    axes: &'a Axes,
    shape: &'a [usize],
    is_constant: bool,
}

fn axes_behind(operation: &Operation, inputs: &[Read<'_>], shape: &[usize]) -> Axes {
    let x = || inputs.first()?.axes.clone();
    match operation {
        Operation::Constant { .. } => None,
        // What slides over rows and columns needs them where it slides.
        Operation::Convolution(_)
        | Operation::MaxPool(_)
        | Operation::AveragePool { .. }
        | Operation::Resize { .. } => {
            x().filter(|axes| axes.ends_with(&[Axis::Rows, Axis::Columns]))
        }
        Operation::Linear(_) => x().filter(|axes| axes.last() == Some(&Axis::Other)),
        Operation::GeneralizedMean { .. } => None,
        Operation::ScaleShift { .. }
        | Operation::BatchNorm(_)
        | Operation::PRelu { .. }
        | Operation::GroupNorm { .. }
        | Operation::LayerNorm(_)
        | Operation::L2Normalize { .. }
        | Operation::Softmax { .. }
        | Operation::Map(_) => x(),
        Operation::Reduce { axes: reduced, keep, .. } => {
            let axes = x()?;
            if reduced.iter().any(|&axis| axes[axis] != Axis::Other) {
                return None;
            }
            let left = axes.into_iter().enumerate().filter(|(i, _)| *keep || !reduced.contains(i));
            Some(left.map(|(_, axis)| axis).collect())
        }
        Operation::Combine(_) | Operation::Select => combined(inputs, shape),
        Operation::Expand { .. } => aligned(&inputs[0], shape),
        Operation::MatMul => multiplied(inputs, shape),
        Operation::Transpose { order } => {
            let axes = x()?;
            Some(order.iter().map(|&axis| axes[axis]).collect())
        }
        Operation::Reshape { .. } => reshaped(&x()?, inputs[0].shape, shape),
        Operation::Concat { axis } => concatenated(inputs, *axis),
        Operation::Slice { axis, start, length } => sliced(x()?, *axis, *start, *length),
        Operation::Gather { axis, indices } => x().filter(|axes| match axes[*axis] {
            Axis::Other => true,
            Axis::Rows | Axis::Columns => is_thinned(indices, inputs[0].shape[*axis]),
            Axis::Positions { .. } => false,
        }),
        Operation::Pad { before, behind, .. } => {
            let axes = x()?;
            let tokens = axes
                .iter()
                .zip(before.iter().zip(behind))
                .any(|(axis, border)| matches!(axis, Axis::Positions { .. }) && border != (&0, &0));
            (!tokens).then_some(axes)
        }
    }
}

/// The axes of a value that is repeated to a shape, if its grid is not.
fn aligned(read: &Read<'_>, shape: &[usize]) -> Axes {
    let axes = read.axes.as_ref()?;
    let missing = shape.len().checked_sub(axes.len())?;
    let stays =
        |(i, axis): (usize, &Axis)| *axis == Axis::Other || read.shape[i] == shape[missing + i];
    axes.iter().enumerate().all(stays).then(|| {
        let front = std::iter::repeat_n(Axis::Other, missing);
        front.chain(axes.iter().copied()).collect()
    })
}

/// Of two values with different grids the first counts: where windows were shifted away and back, the residual knows.
fn combined(inputs: &[Read<'_>], shape: &[usize]) -> Axes {
    inputs.iter().find_map(|read| aligned(read, shape))
}

/// Rows of the left and columns of the right.
fn multiplied(inputs: &[Read<'_>], shape: &[usize]) -> Axes {
    let [a, b] = inputs else { return None };
    let last = match b.axes {
        Some(axes) => *axes.last()?,
        None => Axis::Other,
    };
    let missing = b.shape.len().saturating_sub(a.shape.len());
    let mut axes = vec![Axis::Other; missing];
    axes.extend(a.axes.as_ref()?);
    *axes.last_mut()? = last;
    // What lies in front is repeated where one side lacks it: a grid that is has other positions.
    let front = shape.len().checked_sub(2)?;
    let stays = |axis: usize| {
        axes[axis] == Axis::Other
            || axis.checked_sub(missing).map(|own| a.shape[own]) == Some(shape[axis])
    };
    (axes.len() == shape.len() && (0..front).all(stays)).then_some(axes)
}

/// Axes that stay, rows and columns that become positions, and positions that become rows and columns.
fn reshaped(axes: &[Axis], from: &[usize], to: &[usize]) -> Axes {
    let mut result = vec![Axis::Other; to.len()];
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        // Axes of length 1 come and go.
        if i < from.len() && from[i] == 1 && (j >= to.len() || to[j] != 1) {
            if axes[i] != Axis::Other {
                return None;
            }
            i += 1;
            continue;
        }
        if j < to.len() && to[j] == 1 && (i >= from.len() || from[i] != 1) {
            j += 1;
            continue;
        }
        let (first, start) = (i, j);
        let (mut left, mut right) = (*from.get(i)?, *to.get(j)?);
        (i, j) = (i + 1, j + 1);
        while left != right {
            if left < right {
                left = left.checked_mul(*from.get(i)?)?;
                i += 1;
            } else {
                right = right.checked_mul(*to.get(j)?)?;
                j += 1;
            }
        }
        match (&axes[first..i], j - start) {
            ([axis], 1) => result[start] = *axis,
            ([Axis::Rows, Axis::Columns], 1) => {
                let grid = [from[first], from[first + 1]];
                result[start] = Axis::Positions { before: 0, behind: 0, grid };
            }
            ([Axis::Positions { before: 0, behind: 0, grid }], 2) if grid[..] == to[start..j] => {
                (result[start], result[start + 1]) = (Axis::Rows, Axis::Columns);
            }
            (group, _) if group.iter().all(|axis| *axis == Axis::Other) => {}
            _ => return None,
        }
    }
    Some(result)
}

fn concatenated(inputs: &[Read<'_>], axis: usize) -> Axes {
    let (first, grid) = inputs.iter().enumerate().find(|(_, read)| read.axes.is_some())?;
    let mut axes = grid.axes.clone()?;
    if let Axis::Positions { before, behind, .. } = &mut axes[axis] {
        for (index, read) in inputs.iter().enumerate().filter(|(index, _)| *index != first) {
            // Positions of two grids in a row are no grid.
            let positions = read.axes.as_ref().map(|axes| axes[axis]);
            if matches!(positions, Some(Axis::Positions { .. })) {
                return None;
            }
            *if index < first { &mut *before } else { &mut *behind } += read.shape[axis];
        }
        return Some(axes);
    }
    let agrees = |read: &Read<'_>| read.is_constant || read.axes.as_ref() == Some(&axes);
    (axes[axis] == Axis::Other && inputs.iter().all(agrees)).then_some(axes)
}

/// Whether every second row, or every third, is taken from end to end: a coarser grid of the same image.
fn is_thinned(indices: &[usize], side: usize) -> bool {
    let &[first, second, ..] = indices else { return false };
    let Some(step) = second.checked_sub(first).filter(|&step| step > 0) else { return false };
    first < step
        && indices.len() == (side - first).div_ceil(step)
        && indices.windows(2).all(|pair| pair[1] == pair[0] + step)
}

fn sliced(mut axes: Vec<Axis>, axis: usize, start: usize, length: usize) -> Axes {
    match &mut axes[axis] {
        Axis::Other => Some(axes),
        Axis::Positions { before, behind, grid } => {
            let positions = grid[0] * grid[1];
            let end = start + length;
            // All positions, and perhaps fewer tokens around them.
            if start > *before || end < *before + positions {
                return None;
            }
            *behind = end - *before - positions;
            *before -= start;
            Some(axes)
        }
        _ => None,
    }
}
