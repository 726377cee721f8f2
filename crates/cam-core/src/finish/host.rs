//! The same arithmetic as [`finish`](super::finish), in plain loops on the processor.
//!
//! A raw map has the layer's size, some hundred bytes; a finished one has the image's, some
//! hundred kilobytes. Whoever is going to draw, write or count it needs it on the processor
//! anyway, so the small one is what leaves the device. Each map is then resized and stretched
//! while it is in the cache, which for a hundred maps is ten times faster than passes over all of
//! them.

use burn::tensor::Tensor;

use super::parts::in_parts;
use super::{Arithmetic, check, read};
use crate::Error;

/// Numbers of finished maps from which a further thread pays for its start.
const PER_THREAD: usize = 1 << 20;

/// pytorch-grad-cam's guard against a division by zero.
const EPSILON: f32 = 1e-7;

/// Maps ready to be shown, off the device.
#[derive(Debug, Clone, PartialEq)]
pub struct HostMaps {
    /// `n · k` maps of `height · width` values in 0..=1, row by row: image i's question j at
    /// `i * k + j`.
    pub maps: Vec<Vec<f32>>,
    /// `[height, width]` of each.
    pub size: [usize; 2],
    /// Which of them say nothing: see [`Finished::degenerate`](crate::Finished::degenerate).
    pub degenerate: Vec<bool>,
}

/// What [`finish`](super::finish) gives, to rounding, computed on the processor.
///
/// # Shapes
/// One `[n, k, h', w']` per layer (sizes may differ) to `n · k` maps of `size`.
///
/// # Errors
/// As for [`finish`](super::finish).
pub fn finish_on_host(
    raw: &[Tensor<4>],
    size: [usize; 2],
    arithmetic: Arithmetic,
) -> Result<HostMaps, Error> {
    let [n, k] = check(raw, size)?;
    let layers = raw.iter().map(|maps| Layer::read(maps, size)).collect::<Result<Vec<_>, _>>()?;
    let mut finished = vec![(Vec::new(), true); n * k];
    let parts = n * k * size[0] * size[1] / PER_THREAD;
    in_parts(&mut finished, parts, |first, part| fill(&layers, first, part, arithmetic));
    let (maps, degenerate) = finished.into_iter().unzip();
    Ok(HostMaps { maps, size, degenerate })
}

/// The maps from `first` on.
fn fill(layers: &[Layer], first: usize, part: &mut [(Vec<f32>, bool)], arithmetic: Arithmetic) {
    let mut rows = Rows::default();
    for (index, (map, is_degenerate)) in part.iter_mut().enumerate() {
        let mut finished: Option<Vec<f32>> = None;
        for layer in layers {
            let Some(positive) = layer.positive_part(first + index, arithmetic) else { continue };
            *is_degenerate = false;
            layer.resize_along_rows(&positive, &mut rows);
            // The reference has stretched before it resizes; what was positive is so still.
            let ends = match arithmetic {
                Arithmetic::Standard => layer.ends(&mut rows),
                Arithmetic::PytorchGradCam => (0.0, 1.0),
            };
            match &mut finished {
                None => finished = Some(layer.stretched(&rows, ends)),
                Some(sum) => {
                    let more = layer.stretched(&rows, ends);
                    sum.iter_mut().zip(more).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        *map = match finished {
            None => vec![0.0; layers[0].rows.len() * layers[0].columns.len()],
            Some(map) => average(map, layers.len(), arithmetic),
        };
    }
}

/// The mean of layers whose sum is given, stretched once more; one layer's map is so already by
/// the standard arithmetic.
fn average(mut map: Vec<f32>, layers: usize, arithmetic: Arithmetic) -> Vec<f32> {
    if layers > 1 {
        map.iter_mut().for_each(|value| *value /= layers as f32);
    }
    if layers > 1 || arithmetic == Arithmetic::PytorchGradCam {
        let ends = range(&map);
        let epsilon = if arithmetic == Arithmetic::Standard { 0.0 } else { EPSILON };
        stretch(&mut map, ends, epsilon);
    }
    map
}

/// (x − min) / (max − min + epsilon); zeros where that is 0 / 0.
fn stretch(map: &mut [f32], (least, most): (f32, f32), epsilon: f32) {
    let range = most - least + epsilon;
    let divisor = if range == 0.0 { 1.0 } else { range };
    map.iter_mut().for_each(|value| *value = (*value - least) / divisor);
}

/// Values compared side by side, so that the compiler can use vectors.
const LANES: usize = 16;

fn range(values: &[f32]) -> (f32, f32) {
    let mut least = [f32::INFINITY; LANES];
    let mut most = [f32::NEG_INFINITY; LANES];
    let mut widen = |values: &[f32]| {
        for ((least, most), &value) in least.iter_mut().zip(&mut most).zip(values) {
            *least = if value < *least { value } else { *least };
            *most = if value > *most { value } else { *most };
        }
    };
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    chunks.for_each(&mut widen);
    widen(rest);
    let least = least.into_iter().fold(f32::INFINITY, f32::min);
    (least, most.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

/// One layer's raw maps, and how they are resized.
struct Layer {
    values: Vec<f32>,
    /// `[h', w']`.
    from: [usize; 2],
    rows: Vec<Sample>,
    columns: Vec<Sample>,
}

/// Between which two values a new one lies, and how far from the first.
#[derive(Clone, Copy)]
struct Sample {
    first: usize,
    second: usize,
    fraction: f32,
}

impl Layer {
    fn read(maps: &Tensor<4>, size: [usize; 2]) -> Result<Self, Error> {
        let [_, _, height, width] = maps.dims();
        let values = read(maps.clone())?;
        if !values.iter().all(|value| value.is_finite()) {
            return Err(Error::NonFiniteMap);
        }
        let (rows, columns) = (samples(height, size[0]), samples(width, size[1]));
        Ok(Self { values, from: [height, width], rows, columns })
    }

    /// What speaks for the target in one map; nothing where it is all the same.
    fn positive_part(&self, index: usize, arithmetic: Arithmetic) -> Option<Vec<f32>> {
        let len = self.from[0] * self.from[1];
        let map = self.values[index * len..(index + 1) * len].iter();
        let mut positive: Vec<f32> = map.map(|&value| value.max(0.0)).collect();
        let (least, most) = range(&positive);
        if least == most {
            return None;
        }
        if arithmetic == Arithmetic::PytorchGradCam {
            stretch(&mut positive, (least, most), EPSILON);
        }
        Some(positive)
    }

    /// The first half of a bilinear resize at half-pixel centres.
    fn resize_along_rows(&self, map: &[f32], rows: &mut Rows) {
        rows.resized.clear();
        for row in map.chunks(self.from[1]) {
            rows.resized.extend(self.columns.iter().map(|sample| sample.between(row)));
        }
    }

    /// The least and the largest value that the second half gives. It is computed for that and
    /// not kept: a row at a time stays in the cache, and a map is then written once.
    fn ends(&self, rows: &mut Rows) -> (f32, f32) {
        let mut ends = (f32::INFINITY, f32::NEG_INFINITY);
        for row in &self.rows {
            rows.row.clear();
            rows.row.extend(between_rows(&rows.resized, self.columns.len(), row));
            let (least, most) = range(&rows.row);
            ends = (ends.0.min(least), ends.1.max(most));
        }
        ends
    }

    /// The second half, between the rows, with these ends brought to 0 and 1.
    fn stretched(&self, rows: &Rows, (least, most): (f32, f32)) -> Vec<f32> {
        let divisor = if least == most { 1.0 } else { most - least };
        let mut map = Vec::with_capacity(self.rows.len() * self.columns.len());
        for row in &self.rows {
            let row = between_rows(&rows.resized, self.columns.len(), row);
            map.extend(row.map(|value| (value - least) / divisor));
        }
        map
    }
}

/// A row between two others.
fn between_rows<'a>(
    rows: &'a [f32],
    width: usize,
    &Sample { first, second, fraction }: &Sample,
) -> impl ExactSizeIterator<Item = f32> + use<'a> {
    let [above, below] = [first, second].map(|row| &rows[row * width..][..width]);
    above.iter().zip(below).map(move |(&above, &below)| above + (below - above) * fraction)
}

/// A map whose rows have been resized, and a row of the finished one.
#[derive(Default)]
struct Rows {
    resized: Vec<f32>,
    row: Vec<f32>,
}

impl Sample {
    fn between(&self, values: &[f32]) -> f32 {
        let (first, second) = (values[self.first], values[self.second]);
        first + (second - first) * self.fraction
    }
}

/// Where `to` values are taken from, along a side of `from`; edges are clamped.
fn samples(from: usize, to: usize) -> Vec<Sample> {
    let scale = from as f32 / to as f32;
    let sample = |i: usize| {
        let at = ((i as f32 + 0.5) * scale - 0.5).max(0.0);
        let first = (at as usize).min(from - 1);
        let second = (first + 1).min(from - 1);
        Sample { first, second, fraction: at - first as f32 }
    };
    (0..to).map(sample).collect()
}
