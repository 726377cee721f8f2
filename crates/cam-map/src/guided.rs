//! Joint bilateral upsampling: Kopf, Cohen, Lischinski and Uyttendaele, "Joint Bilateral Upsampling", SIGGRAPH 2007.
//!
//! A pixel p takes the mean of the map's values at positions q, with the weights
//! exp(−|p↓ − q|² / 2σ²) · exp(−|I_p − I_q|² / 2τ²). p↓ is the pixel's place on the map, distances there are in
//! positions; I is the guide, I_q its colour at the middle of the position q, and distances of colours are of red,
//! green and blue in 0..=1. σ = 1 position, τ = 0.1, as the paper has it for its examples of colours.

use std::f32::consts::LOG2_E;
use std::ops::Range;

use cam_threads::{cores, in_ranges};

use crate::Guide;
use crate::power_of_two::power_of_two;
use crate::range::range;

/// τ: colours that differ by it are still mostly alike, and such that differ by three times as much are not.
const COLOUR: f32 = 0.1;

/// Positions farther away than this, across or down, are left out; they would weigh a hundredth of the nearest.
const REACH: usize = 3;

/// A difference of colours, squared, as an exponent of two.
const SHARPNESS: f32 = LOG2_E / (2.0 * COLOUR * COLOUR);

/// The largest such exponent. Beyond it all colours are equally strange, so that a pixel like
/// none of its neighbours gets the mean of the near ones, and never 0 / 0.
const STRANGEST: f32 = 96.0;

/// Pixels from which a further thread pays for its start.
const PER_THREAD: usize = 1 << 13;

/// The values of a map of a width and height at its guide's size; as they are where the map has that size.
///
/// Each pixel is computed by itself, so that its bits do not depend on the number of threads.
pub fn guided(map: &[f32], from: (usize, usize), guide: &Guide) -> Vec<f32> {
    let threads = cores().min(guide.width() * guide.height() / PER_THREAD);
    guided_by(threads, map, from, guide)
}

fn guided_by(threads: usize, map: &[f32], from: (usize, usize), guide: &Guide) -> Vec<f32> {
    let (width, height) = (guide.width(), guide.height());
    if from == (width, height) {
        return map.to_vec();
    }
    let columns: Vec<Near> = near(from.0, width).collect();
    let rows: Vec<Near> = near(from.1, height).collect();
    let middles = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
    let colours: Vec<[f32; 3]> =
        middles.map(|(row, column)| colour(guide, row.middle, column.middle)).collect();
    let ends = range(map);
    let parts = in_ranges(height, threads, |lines| {
        let mut values = Vec::with_capacity(lines.len() * width);
        let mut mean = Mean::new(width);
        for y in lines {
            mean.clear();
            let line = guide.planes().each_ref().map(|plane| &plane[y * width..][..width]);
            for (j, row) in rows.iter().enumerate().filter(|(_, row)| row.pixels.contains(&y)) {
                let down = row.weights[y - row.pixels.start];
                for (i, column) in columns.iter().enumerate() {
                    let q = j * columns.len() + i;
                    mean.add(column, line, down, (colours[q], map[q]));
                }
            }
            // Rounding would leave the map's range by a bit.
            values.extend(mean.values().map(|value| value.clamp(ends.0, ends.1)));
        }
        values
    });
    parts.concat()
}

/// The pixels along a side that a position reaches, and how much it weighs at each, colours aside.
struct Near {
    pixels: Range<usize>,
    weights: Vec<f32>,
    /// Where its middle lies, in pixels.
    middle: f64,
}

/// Those of all positions of a side of `from` positions and `to` pixels.
fn near(from: usize, to: usize) -> impl Iterator<Item = Near> {
    let scale = to as f64 / from as f64;
    (0..from).map(move |position| {
        let middle = (position as f64 + 0.5) * scale - 0.5;
        // In halves of a pixel of a position, so that none falls out by rounding.
        let off = |pixel: usize| ((2 * pixel + 1) * from).abs_diff((2 * position + 1) * to);
        let is_near = |pixel: &usize| off(*pixel) <= 2 * REACH * to;
        let first = (0..to).find(is_near).unwrap_or(to);
        let pixels = first..first + (first..to).take_while(is_near).count();
        let weight = |pixel: usize| (-((pixel as f64 - middle) / scale).powi(2) / 2.0).exp() as f32;
        Near { weights: pixels.clone().map(weight).collect(), pixels, middle }
    })
}

/// The guide's colour at a place between its pixels, bilinear.
fn colour(guide: &Guide, y: f64, x: f64) -> [f32; 3] {
    let between = |at: f64, side: usize| {
        let first = (at.max(0.0) as usize).min(side - 1);
        (first, (first + 1).min(side - 1), at.max(0.0) - first as f64)
    };
    let (left, right, across) = between(x, guide.width());
    let (upper, lower, down) = between(y, guide.height());
    guide.planes().each_ref().map(|plane| {
        let at = |y: usize, x: usize| f64::from(plane[y * guide.width() + x]);
        let along = |y: usize| at(y, left) * (1.0 - across) + at(y, right) * across;
        (along(upper) * (1.0 - down) + along(lower) * down) as f32
    })
}

/// The weighted mean at each pixel of a row.
struct Mean {
    sums: Vec<f32>,
    weights: Vec<f32>,
}

impl Mean {
    fn new(width: usize) -> Self {
        Self { sums: vec![0.0; width], weights: vec![0.0; width] }
    }

    fn clear(&mut self) {
        self.sums.fill(0.0);
        self.weights.fill(0.0);
    }

    /// Enters a position at all pixels of the row that it reaches. A plain sweep over slices of one length, which the
    /// compiler turns into vectors.
    fn add(
        &mut self,
        column: &Near,
        line: [&[f32]; 3],
        down: f32,
        (colour, value): ([f32; 3], f32),
    ) {
        let pixels = column.pixels.clone();
        let [red, green, blue] = line.map(|channel| &channel[pixels.clone()]);
        let (sums, weights) = (&mut self.sums[pixels.clone()], &mut self.weights[pixels]);
        let along = &column.weights[..red.len()];
        for x in 0..red.len() {
            let off = [red[x] - colour[0], green[x] - colour[1], blue[x] - colour[2]];
            let distance = off[0] * off[0] + off[1] * off[1] + off[2] * off[2];
            let strangeness = distance * SHARPNESS;
            // Where neither is NaN this is the lesser one, in one operation.
            let strangeness = if strangeness < STRANGEST { strangeness } else { STRANGEST };
            let weight = along[x] * down * power_of_two(-strangeness);
            sums[x] += weight * value;
            weights[x] += weight;
        }
    }

    fn values(&self) -> impl Iterator<Item = f32> {
        self.sums.iter().zip(&self.weights).map(|(sum, weight)| sum / weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let pixels = (0..97 * 61).map(|i| [i % 7, i % 11, i % 13].map(|part| part as f32 / 13.0));
        let guide = Guide::new(97, 61, &pixels.collect::<Vec<_>>()).unwrap();
        let map: Vec<f32> = (0..7 * 5).map(|i| (i * 37 % 101) as f32 - 40.0).collect();
        let alone = guided_by(1, &map, (7, 5), &guide);
        for threads in [0, 2, 3, 16, 1000] {
            assert_eq!(guided_by(threads, &map, (7, 5), &guide), alone, "{threads} threads");
        }
    }
}
