use crate::MapError;
use crate::range::{EPSILON, positive_part, range, stretch};

/// A saliency map: one number per pixel, row-major, top row first.
///
/// Nothing here knows a range: raw maps are signed and of any magnitude. [`relu`](Map::relu),
/// [`min_max`](Map::min_max) and [`resize`](Map::resize) are separate steps, so that each is visible where
/// it is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Map {
    /// Values of the largest map that is made: 1 GiB, more than any picture within the usual limits.
    pub const MOST_VALUES: usize = 1 << 28;

    /// A map from its values.
    ///
    /// # Shapes
    /// `values`: `[height, width]`, row-major, any range, any sign.
    ///
    /// # Errors
    /// [`MapError::Empty`] where a side is 0, [`MapError::WrongLength`] where the number of values is
    /// not `width * height`. Values that are not finite are accepted: see [`is_finite`](Map::is_finite).
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Result<Map, MapError> {
        if width == 0 || height == 0 {
            return Err(MapError::Empty { width, height });
        }
        if width.checked_mul(height) != Some(values.len()) {
            return Err(MapError::WrongLength { width, height, values: values.len() });
        }
        Ok(Map { width, height, values })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Height and width, in the order in which tensors have them.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// The values, `[height, width]`, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values, `[height, width]`, row-major, without a copy.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The map as a part of a larger one, `NaN` around it; `corner` is where its first pixel lies, across and
    /// down.
    ///
    /// # Errors
    /// [`MapError::TooLarge`] where the larger one would exceed 2^28 values, or not hold the map.
    pub fn framed(
        &self,
        (x, y): (usize, usize),
        width: usize,
        height: usize,
    ) -> Result<Map, MapError> {
        let fits = x + self.width <= width && y + self.height <= height;
        let count = width.checked_mul(height).filter(|&count| fits && count <= Map::MOST_VALUES);
        let Some(count) = count else { return Err(MapError::TooLarge { width, height }) };
        let mut values = vec![f32::NAN; count];
        for (row, own) in values.chunks_mut(width).skip(y).zip(self.values.chunks(self.width)) {
            row[x..x + self.width].copy_from_slice(own);
        }
        Map::new(width, height, values)
    }

    /// The value at a pixel, `None` outside the map.
    pub fn get(&self, x: usize, y: usize) -> Option<f32> {
        if x >= self.width || y >= self.height {
            return None;
        }
        self.values.get(y * self.width + x).copied()
    }

    /// The smallest value; NaNs are skipped, a map of nothing but NaN has `+inf`.
    pub fn min(&self) -> f32 {
        range(&self.values).0
    }

    /// The largest value; NaNs are skipped, a map of nothing but NaN has `-inf`.
    pub fn max(&self) -> f32 {
        range(&self.values).1
    }

    /// Whether no value is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|value| value.is_finite())
    }

    /// Negative values become 0; NaN stays NaN, so that it cannot hide.
    pub fn relu(&self) -> Map {
        self.map(positive_part)
    }

    /// The map with every sign flipped: with a cosine target and average pooling, the map of the *difference*.
    pub fn negated(&self) -> Map {
        self.map(|value| -value)
    }

    /// 1 − x, of each value: least where the map is most.
    pub fn inverted(&self) -> Map {
        self.map(|value| 1.0 - value)
    }

    /// The map mirrored, left for right.
    pub fn mirrored(&self) -> Map {
        let rows = self.values.chunks(self.width);
        let values = rows.flat_map(|row| row.iter().rev().copied()).collect();
        Map { values, ..*self }
    }

    /// The map stretched to `0..=1` (its minimum becomes exactly 0, its maximum exactly 1), and whether
    /// it was degenerate.
    ///
    /// A degenerate map, constant or not finite, has no range to stretch: all zeros come back and the
    /// flag is `true`, which the user should be told instead of being shown an even colour.
    pub fn min_max(&self) -> (Map, bool) {
        self.stretched(0.0)
    }

    /// As [`min_max`](Map::min_max), with the arithmetic of pytorch-grad-cam 1.5.7:
    /// `x -= min; x /= 1e-7 + max`.
    ///
    /// The maximum stays a little below 1, and far below it for maps whose range is near 1e-7.
    pub fn min_max_compat(&self) -> (Map, bool) {
        self.stretched(EPSILON)
    }

    fn stretched(&self, epsilon: f32) -> (Map, bool) {
        let (min, max) = range(&self.values);
        if self.is_degenerate(max - min) {
            return (self.map(|_| 0.0), true);
        }
        let mut map = self.clone();
        stretch(&mut map.values, (min, max), epsilon);
        (map, false)
    }

    /// A range below the smallest normal number cannot be divided by without loss; an infinite one (from
    /// values near both ends of f32) would turn the map into zeros silently.
    fn is_degenerate(&self, range: f32) -> bool {
        !range.is_normal() || !self.is_finite()
    }

    fn map(&self, f: impl Fn(f32) -> f32) -> Map {
        let values = self.values.iter().map(|&value| f(value)).collect();
        Map { values, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: &[f32]) -> Map {
        Map::new(values.len(), 1, values.to_vec()).unwrap()
    }

    #[test]
    fn sides_and_values_must_agree() {
        assert_eq!(Map::new(0, 3, vec![]), Err(MapError::Empty { width: 0, height: 3 }));
        assert_eq!(
            Map::new(2, 3, vec![0.0; 5]),
            Err(MapError::WrongLength { width: 2, height: 3, values: 5 })
        );
        assert!(Map::new(usize::MAX, 2, vec![0.0; 2]).is_err());
    }

    #[test]
    fn min_max_reaches_both_ends_exactly() {
        let (stretched, degenerate) = map(&[-3.0, 0.1, 7.0]).min_max();
        assert!(!degenerate);
        assert_eq!((stretched.min(), stretched.max()), (0.0, 1.0));
    }

    #[test]
    fn a_constant_map_becomes_zeros_and_says_so() {
        assert_eq!(map(&[4.0, 4.0]).min_max(), (map(&[0.0, 0.0]), true));
        assert_eq!(map(&[4.0, 4.0]).min_max_compat(), (map(&[0.0, 0.0]), true));
    }

    #[test]
    fn a_map_that_is_not_finite_is_degenerate() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(map(&[0.0, bad, 1.0]).min_max(), (map(&[0.0; 3]), true), "{bad}");
        }
        assert!(map(&[f32::MIN, f32::MAX]).min_max().1);
    }

    #[test]
    fn relu_does_not_hide_nan() {
        let rectified = map(&[-1.0, f32::NAN, 2.0]).relu();
        assert_eq!(rectified.get(0, 0), Some(0.0));
        assert!(rectified.get(1, 0).unwrap().is_nan());
    }

    #[test]
    fn around_a_framed_map_there_are_no_numbers() {
        let framed = map(&[1.0, 2.0]).framed((1, 1), 4, 3).unwrap();
        let numbers = framed.values().iter().filter(|value| !value.is_nan()).count();
        assert_eq!((framed.get(1, 1), framed.get(2, 1), numbers), (Some(1.0), Some(2.0), 2));
        assert!(map(&[1.0, 2.0]).framed((3, 0), 4, 3).is_err());
    }

    #[test]
    fn a_mirrored_map_is_mirrored_row_by_row() {
        let map = Map::new(3, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(map.mirrored().values(), [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
        assert_eq!(map.mirrored().mirrored(), map);
    }

    #[test]
    fn outside_the_map_there_is_no_value() {
        assert_eq!(map(&[1.0, 2.0]).get(2, 0), None);
        assert_eq!(map(&[1.0, 2.0]).get(0, 1), None);
    }
}
