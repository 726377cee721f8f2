//! OpenCV's `INTER_LINEAR` on 8-bit images: source position (x + ½)·scale − ½, edges clamped,
//! weights in 11-bit fixed point, rows first and then columns.

/// One in fixed point.
const ONE: f32 = 2048.0;

/// Which two source positions a target position reads, and their weights.
struct Tap {
    first: usize,
    second: usize,
    weights: [i32; 2],
}

pub(super) fn resize(pixels: &[[u8; 3]], from: (usize, usize), to: (usize, usize)) -> Vec<[u8; 3]> {
    let (columns, rows) = (taps(from.0, to.0), taps(from.1, to.1));
    let mut resized = Vec::with_capacity(to.0 * to.1);
    for row in &rows {
        let line = |index: usize| &pixels[index * from.0..][..from.0];
        let (above, below) = (line(row.first), line(row.second));
        resized.extend(columns.iter().map(|column| {
            std::array::from_fn(|channel| {
                let across = |line: &[[u8; 3]]| {
                    i32::from(line[column.first][channel]) * column.weights[0]
                        + i32::from(line[column.second][channel]) * column.weights[1]
                };
                down([across(above), across(below)], row.weights)
            })
        }));
    }
    resized
}

/// The vertical pass, with the precision OpenCV drops on the way.
fn down(lines: [i32; 2], weights: [i32; 2]) -> u8 {
    let part = |i: usize| (weights[i] * (lines[i] >> 4)) >> 16;
    ((part(0) + part(1) + 2) >> 2).clamp(0, 255) as u8
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    let tap = |position: usize| {
        let exact = ((position as f64 + 0.5) * scale - 0.5) as f32;
        let floor = exact.floor();
        let (first, fraction) = match floor {
            floor if floor < 0.0 => (0, 0.0),
            floor if floor as usize + 1 >= from => (from - 1, 0.0),
            floor => (floor as usize, exact - floor),
        };
        let weights = [1.0 - fraction, fraction].map(|weight| (weight * ONE).round_ties_even() as i32);
        Tap { first, second: (first + 1).min(from - 1), weights }
    };
    (0..to).map(tap).collect()
}
