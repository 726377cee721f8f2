//! Pillow's `NEAREST`: each new pixel is the one under its centre.

use std::ops::Range;

/// Some columns and rows of the image at another size.
pub(super) fn resize(
    pixels: &[[u8; 3]],
    from: (usize, usize),
    to: (usize, usize),
    (columns, rows): (Range<usize>, Range<usize>),
) -> Vec<[u8; 3]> {
    let columns: Vec<usize> = columns.map(|column| under(column, from.0, to.0)).collect();
    let row = |row: usize| &pixels[under(row, from.1, to.1) * from.0..][..from.0];
    rows.flat_map(|at| columns.iter().map(move |&column| row(at)[column])).collect()
}

/// The source position that holds (position + ½) · from / to: in whole numbers, so that nothing is rounded.
fn under(position: usize, from: usize, to: usize) -> usize {
    let twice = (2 * position as u128 + 1) * from as u128;
    ((twice / (2 * to as u128)) as usize).min(from - 1)
}
