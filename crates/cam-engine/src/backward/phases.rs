//! A convolution transposed round: what its input's gradient reads of its output's gradient.
//!
//! Output o of a window of stride s and dilation d that starts b pixels outside reads input
//! i = s·o − b + d·t at tap t. So ∂/∂i sums w_t·∂/∂o over all t with s·o = i + b − d·t: inputs of one
//! remainder modulo s, a *phase*, see the same taps, every s/g-th one where g = gcd(s, d), in falling
//! order, of outputs d/g apart. Each of the phases is a plain convolution of stride 1; together they
//! touch every weight once per output and no zero at all.

use crate::windows::Windows;

/// One phase of an input's pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phase {
    /// The first pixel, down and right; the others lie `stride` apart.
    pub(crate) first: [usize; 2],
    /// From one pixel to the next, down and right.
    pub(crate) stride: [usize; 2],
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
    let [down, across] = [0, 1].map(|axis| forward.stride[axis].min(size[axis]));
    let firsts = (0..down).flat_map(|y| (0..across).map(move |x| [y, x]));
    firsts.map(|first| phase(forward, size, first)).collect()
}

fn phase(forward: &Windows, size: [usize; 2], first: [usize; 2]) -> Phase {
    let [rows, columns] = [0, 1].map(|axis| Side::of(forward, size[axis], first[axis], axis));
    Phase {
        first,
        stride: forward.stride,
        windows: Windows {
            kernel: [rows.taps.len(), columns.taps.len()],
            stride: [1; 2],
            dilation: [rows.dilation, columns.dilation],
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
    dilation: usize,
    before: isize,
    after: isize,
    outputs: usize,
}

impl Side {
    fn of(forward: &Windows, size: usize, first: usize, axis: usize) -> Self {
        let (stride, dilation) = (forward.stride[axis], forward.dilation[axis]);
        let outputs = (size - first).div_ceil(stride);
        let common = greatest_common_divisor(stride, dilation);
        // A forward window never starts inside the image, so this is no negative number.
        let start = first + forward.before[axis].unsigned_abs();
        let reads = |tap: &usize| (tap * dilation) % stride == start % stride;
        let mut taps: Vec<usize> = (0..forward.kernel[axis]).filter(reads).collect();
        taps.reverse();
        // The output of which the first pixel reads a tap; a whole number for all of its taps.
        let output = |tap: usize| (start as isize - (tap * dilation) as isize) / stride as isize;
        let (first_read, last_read) = match taps.as_slice() {
            [largest, .., smallest] => (output(*largest), output(*smallest)),
            [only] => (output(*only), output(*only)),
            [] => (0, 0),
        };
        let before = -first_read;
        let after = outputs as isize - 1 + last_read - (forward.outputs[axis] as isize - 1);
        Self { taps, dilation: dilation / common, before, after, outputs }
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which (input, tap, output) triples a convolution joins along one side.
    fn forward(windows: &Windows, size: usize) -> Vec<[usize; 3]> {
        let mut triples = Vec::new();
        for o in 0..windows.outputs[0] {
            for t in 0..windows.kernel[0] {
                let i = (windows.stride[0] * o + windows.dilation[0] * t) as isize;
                let i = i - windows.before[0];
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
                    let o = (q + j * phase.windows.dilation[0]) as isize;
                    let o = o - phase.windows.before[0];
                    assert!(o >= -phase.windows.before[0].max(0));
                    assert!(o < (windows.outputs[0] as isize + phase.windows.after[0].max(0)));
                    if (0..windows.outputs[0] as isize).contains(&o) {
                        triples.push([phase.first[0] + q * phase.stride[0], t, o as usize]);
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
                for dilation in 1..5 {
                    let convolution = crate::Convolution {
                        inputs: 1,
                        outputs: 1,
                        kernel: [kernel; 2],
                        stride: [stride; 2],
                        dilation: [dilation; 2],
                        padding: crate::Padding::Each(before),
                        groups: 1,
                        weight: Vec::new(),
                        bias: Vec::new(),
                        residual: None,
                        activation: crate::Activation::Identity,
                    };
                    let windows = Windows::of_convolution(0, &convolution, [size; 2]);
                    let Ok(windows) = windows else { continue };
                    let case = format!("{convolution:?}, size {size}");
                    assert_eq!(backward(&windows, size), forward(&windows, size), "{case}");
                }
            }
        }
    }
}
