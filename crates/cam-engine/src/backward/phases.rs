//! A convolution transposed round: what its input's gradient reads of its output's gradient.
//!
//! Output o of a window of stride s that starts b pixels outside reads input i = s·o − b + t at
//! tap t. So ∂/∂i sums w_t·∂/∂o over all t with s·o = i + b − t: inputs of one remainder modulo s, a
//! *phase*, see the same taps, every s-th one, in falling order. Each of the s² phases is a plain
//! convolution of stride 1; together they touch every weight once per output and no zero at all.

use crate::windows::Windows;

/// One phase of an input's pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phase {
    /// The first pixel, down and right; the others lie `stride` apart.
    pub(crate) first: [usize; 2],
    /// From one pixel to the next.
    pub(crate) stride: usize,
    /// Rows and columns of the forward window in the order in which they are read; one of them
    /// is empty where no window ever reads these pixels.
    pub(crate) taps: [Vec<usize>; 2],
    /// The windows over the output's gradient.
    pub(crate) windows: Windows,
}

impl Phase {
    /// Whether no window reads these pixels.
    pub(crate) fn is_empty(&self) -> bool {
        self.taps.iter().any(Vec::is_empty)
    }
}

/// All phases of an input of `[height, width]`, those without a pixel left out.
pub(crate) fn phases(forward: &Windows, size: [usize; 2]) -> Vec<Phase> {
    let stride = forward.stride;
    let firsts = (0..stride).flat_map(|y| (0..stride).map(move |x| [y, x]));
    let firsts = firsts.filter(|first| first[0] < size[0] && first[1] < size[1]);
    firsts.map(|first| phase(forward, size, first)).collect()
}

fn phase(forward: &Windows, size: [usize; 2], first: [usize; 2]) -> Phase {
    let [rows, columns] = [0, 1].map(|axis| Side::of(forward, size[axis], first[axis], axis));
    Phase {
        first,
        stride: forward.stride,
        windows: Windows {
            kernel: [rows.taps.len(), columns.taps.len()],
            stride: 1,
            before: [rows.before, columns.before],
            after: [rows.after, columns.after],
            outputs: [rows.outputs, columns.outputs],
        },
        taps: [rows.taps, columns.taps],
    }
}

/// A phase along one side.
struct Side {
    taps: Vec<usize>,
    before: isize,
    after: isize,
    outputs: usize,
}

impl Side {
    fn of(forward: &Windows, size: usize, first: usize, axis: usize) -> Self {
        let (stride, before) = (forward.stride, forward.before[axis]);
        // A forward window never starts inside the image, so this is no negative number.
        let start = first + before.unsigned_abs();
        let mut taps: Vec<usize> = (start % stride..forward.kernel[axis]).step_by(stride).collect();
        taps.reverse();
        // The first pixel's first tap, the last forward, is that of this output.
        let newest = (start / stride) as isize;
        let before = taps.len() as isize - 1 - newest;
        let outputs = (size - first).div_ceil(stride);
        let after = outputs as isize - 1 + newest - (forward.outputs[axis] as isize - 1);
        Self { taps, before, after, outputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which (input, tap, output) triples a convolution joins along one side.
    fn forward(windows: &Windows, size: usize) -> Vec<[usize; 3]> {
        let mut triples = Vec::new();
        for o in 0..windows.outputs[0] {
            for t in 0..windows.kernel[0] {
                let i = (windows.stride * o + t) as isize - windows.before[0];
                if (0..size as isize).contains(&i) {
                    triples.push([i as usize, t, o]);
                }
            }
        }
        triples.sort_unstable();
        triples
    }

    fn backward(windows: &Windows, size: usize) -> Vec<[usize; 3]> {
        let mut triples = Vec::new();
        for phase in phases(windows, [size; 2]).iter().filter(|phase| phase.first[1] == 0) {
            for q in 0..phase.windows.outputs[0] {
                for (j, &t) in phase.taps[0].iter().enumerate() {
                    let o = (q + j) as isize - phase.windows.before[0];
                    assert!(o >= -phase.windows.before[0].max(0));
                    assert!(o < (windows.outputs[0] as isize + phase.windows.after[0].max(0)));
                    if (0..windows.outputs[0] as isize).contains(&o) {
                        triples.push([phase.first[0] + q * phase.stride, t, o as usize]);
                    }
                }
            }
        }
        triples.sort_unstable();
        triples
    }

    #[test]
    fn phases_join_the_same_inputs_taps_and_outputs_as_the_convolution() {
        for (kernel, stride, before) in
            [(1, 1, 0), (1, 2, 0), (1, 2, 1), (2, 2, 0), (3, 1, 1), (3, 2, 0), (3, 2, 1), (3, 2, 2)]
                .into_iter()
                .chain([
                    (5, 1, 2),
                    (5, 2, 1),
                    (5, 2, 2),
                    (5, 3, 4),
                    (7, 2, 3),
                    (3, 4, 1),
                    (3, 3, 5),
                ])
        {
            for size in 1..20 {
                let border = crate::Padding::Each(before);
                let convolution = crate::Convolution {
                    inputs: 1,
                    outputs: 1,
                    kernel,
                    stride,
                    padding: border,
                    groups: 1,
                    weight: Vec::new(),
                    bias: Vec::new(),
                    residual: None,
                    activation: crate::Activation::Identity,
                };
                let Ok(windows) = Windows::of_convolution(0, &convolution, [size; 2]) else {
                    continue;
                };
                let case =
                    format!("kernel {kernel}, stride {stride}, border {before}, size {size}");
                assert_eq!(backward(&windows, size), forward(&windows, size), "{case}");
            }
        }
    }
}
