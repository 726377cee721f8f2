//! From which pixels along one axis an output pixel is made, in f64.

use cam_graph::{Coordinates, Interpolation, Rounding};

use super::arrange::clamped;

/// Places that differ by a smaller share are the same: what is a whole pixel or a half of one must not depend on how a
/// scale of 1/3 was rounded to f32. Those that differ do so by more, on images of fewer than 10⁵ pixels across.
const SAME_PLACE: f64 = 1e-6;

/// The resampling of one axis.
pub(super) struct Axis {
    /// Pixels that come in.
    pub(super) inputs: usize,
    /// Pixels that come out.
    pub(super) outputs: usize,
    /// Output pixels per input pixel.
    pub(super) scale: f64,
    /// Where they lie.
    pub(super) coordinates: Coordinates,
}

impl Axis {
    /// Where an output pixel lies on the input.
    fn place(&self, output: usize) -> f64 {
        let output = output as f64;
        let place = match self.coordinates {
            Coordinates::HalfPixel => (output + 0.5) / self.scale - 0.5,
            Coordinates::PyTorchHalfPixel if self.outputs > 1 => (output + 0.5) / self.scale - 0.5,
            Coordinates::AlignCorners if self.outputs > 1 => {
                output * (self.inputs as f64 - 1.0) / (self.outputs as f64 - 1.0)
            }
            Coordinates::PyTorchHalfPixel | Coordinates::AlignCorners => 0.0,
            Coordinates::Asymmetric => output / self.scale,
        };
        let half = (2.0 * place).round() / 2.0;
        if (place - half).abs() < SAME_PLACE * (1.0 + place.abs()) { half } else { place }
    }

    /// The nearest pixel of each.
    pub(super) fn nearest(&self, rounding: Rounding) -> Vec<usize> {
        let nearest = |output| {
            let place = self.place(output);
            let place = match rounding {
                Rounding::Floor => place.floor(),
                Rounding::Ceil => place.ceil(),
                Rounding::HalfDown => (place - 0.5).ceil(),
                Rounding::HalfUp => (place + 0.5).floor(),
            };
            clamped(place as isize, self.inputs)
        };
        (0..self.outputs).map(nearest).collect()
    }

    /// A row of weights for each, `[outputs, inputs]`. Taps beyond the outermost pixels fall on these.
    pub(super) fn weights(&self, interpolation: Interpolation) -> Vec<f32> {
        let mut weights = vec![0.0; self.outputs * self.inputs];
        for (output, row) in weights.chunks_exact_mut(self.inputs).enumerate() {
            let place = self.place(output);
            let first = place.floor();
            for (tap, weight) in taps(interpolation, place - first) {
                row[clamped(first as isize + tap, self.inputs)] += weight;
            }
        }
        weights.into_iter().map(|weight| weight as f32).collect()
    }
}

/// Pixels relative to the one before a place, and their weights.
fn taps(interpolation: Interpolation, past: f64) -> Vec<(isize, f64)> {
    match interpolation {
        Interpolation::Linear => vec![(0, 1.0 - past), (1, past)],
        Interpolation::Cubic { a } => {
            (-1..=2).map(|tap| (tap, keys(a, (past - tap as f64).abs()))).collect()
        }
        other => unimplemented!("burn's operations do not compute {other:?} by weights"),
    }
}

/// Keys's kernel at a distance (1981).
fn keys(a: f64, x: f64) -> f64 {
    match x {
        ..1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        1.0..2.0 => ((x - 5.0) * x + 8.0) * a * x - 4.0 * a,
        _ => 0.0,
    }
}
