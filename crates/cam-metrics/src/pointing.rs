use crate::error::check_finite;
use crate::{Error, Map};

/// A rectangle of pixels, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First row, and the one behind the last.
    pub rows: [usize; 2],
    /// First column, and the one behind the last.
    pub columns: [usize; 2],
}

impl Region {
    /// A cell of a grid, counted by rows, that divides `size` pixels evenly.
    pub fn cell(size: [usize; 2], [rows, columns]: [usize; 2], index: usize) -> Self {
        let (row, column) = (index / columns, index % columns);
        let span = |i: usize, parts: usize, side: usize| [i * side / parts, (i + 1) * side / parts];
        Self { rows: span(row, rows, size[0]), columns: span(column, columns, size[1]) }
    }

    fn holds(self, position: usize, width: usize) -> bool {
        let (y, x) = (position / width, position % width);
        (self.rows[0]..self.rows[1]).contains(&y) && (self.columns[0]..self.columns[1]).contains(&x)
    }
}

/// The grid pointing game: which share of the map's positive mass lies where the concept is, in
/// 0..=1; by chance, the region's share of the image (Böhle et al., *Convolutional Dynamic Alignment
/// Networks*, arXiv 2104.00032, section 4.2).
///
/// # Errors
/// [`Error::NothingPositive`], [`Error::NonFinite`].
pub fn share_inside(map: &Map, region: Region) -> Result<f32, Error> {
    check_finite("a map", map.values())?;
    let [_, width] = map.size();
    let (mut inside, mut all) = (0.0_f64, 0.0_f64);
    for (position, &value) in map.values().iter().enumerate() {
        let mass = f64::from(value.max(0.0));
        all += mass;
        if region.holds(position, width) {
            inside += mass;
        }
    }
    if all == 0.0 { Err(Error::NothingPositive) } else { Ok((inside / all) as f32) }
}

/// The pointing game: the share of the map's largest values that lie in the region, 1 or 0 where
/// there is one largest value (Zhang et al., *Top-down Neural Attention by Excitation Backprop*,
/// arXiv 1608.00507, section 4.1).
///
/// # Errors
/// [`Error::NothingPositive`], [`Error::NonFinite`].
pub fn points_inside(map: &Map, region: Region) -> Result<f32, Error> {
    check_finite("a map", map.values())?;
    let [_, width] = map.size();
    let largest = map.values().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if largest <= 0.0 {
        return Err(Error::NothingPositive);
    }
    let peaks = map.values().iter().enumerate().filter(|(_, value)| **value == largest);
    let (inside, all) = peaks.fold((0, 0), |(inside, all), (position, _)| {
        (inside + usize::from(region.holds(position, width)), all + 1)
    });
    Ok(inside as f32 / all as f32)
}
