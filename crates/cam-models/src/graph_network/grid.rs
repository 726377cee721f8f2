//! A graph's values as channels on the image's grid, and back.

use burn::tensor::Tensor;
use cam_graph::{Layout, Positions};

use crate::graph_executor::Dense;

/// `[n, numbers]`.
pub(super) fn flat(dense: Dense) -> Tensor<2> {
    let n = dense.shape()[0];
    let numbers = dense.shape()[1..].iter().product();
    dense.numbers().reshape([n, numbers])
}

pub(super) fn has_tokens(layout: &Layout) -> bool {
    matches!(layout.positions, Positions::Tokens { before, behind, .. } if before + behind > 0)
}

/// A value as channels on a grid, `[n, c, h, w]`, and the tokens beside it, `[n, tokens · c]`.
pub(super) fn split(dense: Dense, layout: &Layout) -> (Tensor<4>, Option<Tensor<2>>) {
    let (n, shape) = (dense.shape()[0], dense.shape()[1..].to_vec());
    let channels = shape[layout.channels];
    let [height, width] = layout.grid;
    match layout.positions {
        Positions::Grid { rows, columns } => {
            // Axes of length 1 take no room: only the order of these three counts.
            let axes = [layout.channels, rows, columns];
            let (stored, order) = stored(axes);
            let sides = stored.map(|axis| shape[axis]);
            let x = dense.numbers().reshape([n, sides[0], sides[1], sides[2]]);
            (x.permute([0, 1 + order[0], 1 + order[1], 1 + order[2]]), None)
        }
        Positions::Tokens { axis, before, behind } => {
            let tokens = shape[axis];
            let numbers = dense.numbers();
            let x = match axis < layout.channels {
                true => numbers.reshape([n, tokens, channels]),
                false => numbers.reshape([n, channels, tokens]).swap_dims(1, 2),
            };
            let grid = x.clone().narrow(1, before, height * width).swap_dims(1, 2);
            let beside = (before + behind > 0).then(|| {
                let parts = [(0, before), (before + height * width, behind)];
                let parts = parts.into_iter().filter(|(_, length)| *length > 0);
                let parts = parts.map(|(start, length)| x.clone().narrow(1, start, length));
                Tensor::cat(parts.collect(), 1).reshape([n, (before + behind) * channels])
            });
            (grid.reshape([n, channels, height, width]), beside)
        }
    }
}

/// The value again.
pub(super) fn joined(
    grid: Tensor<4>,
    beside: Option<Tensor<2>>,
    layout: &Layout,
    shape: &[usize],
) -> Dense {
    let [n, channels, height, width] = grid.dims();
    let sides = [&[n], shape].concat();
    let numbers = match layout.positions {
        Positions::Grid { rows, columns } => {
            let axes = [layout.channels, rows, columns];
            let (stored, _) = stored(axes);
            let place =
                stored.map(|axis| axes.iter().position(|other| *other == axis).unwrap_or(0));
            let x = grid.permute([0, 1 + place[0], 1 + place[1], 1 + place[2]]);
            x.reshape([n * channels * height * width])
        }
        Positions::Tokens { axis, before, behind } => {
            let x = grid.reshape([n, channels, height * width]).swap_dims(1, 2);
            let x = match beside {
                Some(beside) => {
                    let beside = beside.reshape([n, before + behind, channels]);
                    let mut parts = vec![x];
                    if before > 0 {
                        parts.insert(0, beside.clone().narrow(1, 0, before));
                    }
                    if behind > 0 {
                        parts.push(beside.narrow(1, before, behind));
                    }
                    Tensor::cat(parts, 1)
                }
                None => x,
            };
            let x = if axis < layout.channels { x } else { x.swap_dims(1, 2) };
            let [a, b, c] = x.dims();
            x.reshape([a * b * c])
        }
    };
    Dense::from_numbers(numbers, &sides).expect("a value keeps its size")
}

/// Axes in the order in which they lie in memory, and where each of `axes` is among them.
fn stored(axes: [usize; 3]) -> ([usize; 3], [usize; 3]) {
    let mut stored = axes;
    stored.sort_unstable();
    let order = axes.map(|axis| stored.iter().position(|other| *other == axis).unwrap_or(0));
    (stored, order)
}
