//! OpenCV's `INTER_LINEAR` on 8-bit images: source position (x + ½)·scale − ½, edges clamped,
//! weights in 11-bit fixed point, rows first and then columns.

use std::ops::Range;

/// One in fixed point.
const ONE: f32 = 2048.0;

/// Which two source positions a target position reads, and their weights.
struct Tap {
    first: usize,
    second: usize,
    weights: [i32; 2],
}

/// Some columns and rows of the image at another size.
pub(super) fn resize(
    pixels: &[[u8; 3]],
    from: (usize, usize),
    to: (usize, usize),
    (columns, rows): (Range<usize>, Range<usize>),
) -> Vec<[u8; 3]> {
    let (columns, rows) = (across(from.0, to.0, columns), down(from.1, to.1, rows));
    let mut resized = Vec::with_capacity(columns.len() * rows.len());
    for row in &rows {
        let line = |index: usize| &pixels[index * from.0..][..from.0];
        let (above, below) = (line(row.first), line(row.second));
        resized.extend(columns.iter().map(|column| {
            std::array::from_fn(|channel| {
                let sum = |line: &[[u8; 3]]| {
                    i32::from(line[column.first][channel]) * column.weights[0]
                        + i32::from(line[column.second][channel]) * column.weights[1]
                };
                blend([sum(above), sum(below)], row.weights)
            })
        }));
    }
    resized
}

/// The vertical pass, with the precision OpenCV drops on the way.
fn blend(lines: [i32; 2], weights: [i32; 2]) -> u8 {
    let part = |i: usize| (weights[i] * (lines[i] >> 4)) >> 16;
    ((part(0) + part(1) + 2) >> 2).clamp(0, 255) as u8
}

/// The taps along a row. Beyond an edge the edge pixel counts alone.
fn across(from: usize, to: usize, part: Range<usize>) -> Vec<Tap> {
    let last = from - 1;
    let tap = |position| match exact(position, from, to) {
        (floor, _) if floor < 0 => Tap::new(0, 0, 0.0),
        (floor, _) if floor as usize >= last => Tap::new(last, last, 0.0),
        (floor, fraction) => Tap::new(floor as usize, floor as usize + 1, fraction),
    };
    part.map(tap).collect()
}

/// The taps along a column. Beyond an edge the edge row counts twice, with both weights: the same
/// but for the rounding of two parts instead of one.
fn down(from: usize, to: usize, part: Range<usize>) -> Vec<Tap> {
    let inside = |row: isize| row.clamp(0, from as isize - 1) as usize;
    let tap = |position| {
        let (floor, fraction) = exact(position, from, to);
        Tap::new(inside(floor), inside(floor + 1), fraction)
    };
    part.map(tap).collect()
}

/// Where a target position lies in the source: the position before it, and how far behind that.
fn exact(position: usize, from: usize, to: usize) -> (isize, f32) {
    let scale = from as f64 / to as f64;
    let exact = ((position as f64 + 0.5) * scale - 0.5) as f32;
    (exact.floor() as isize, exact - exact.floor())
}

impl Tap {
    fn new(first: usize, second: usize, fraction: f32) -> Self {
        let weights = [1.0 - fraction, fraction];
        Self {
            first,
            second,
            weights: weights.map(|weight| (weight * ONE).round_ties_even() as i32),
        }
    }
}
