use crate::guided::guided;
use crate::{Map, MapError};

/// A picture as plain numbers, whose edges a map is to follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Guide {
    width: usize,
    height: usize,
    /// Red, green and blue apart, each `[height, width]`, so that a row of one colour is a slice.
    planes: [Vec<f32>; 3],
}

impl Guide {
    /// A guide from its pixels, row-major, top row first: red, green and blue in `0..=1`, as the network saw them.
    ///
    /// # Errors
    /// [`MapError::Guide`] where a side is 0, the number of pixels is not `width * height`, or a colour is not finite;
    /// [`MapError::TooLarge`] for more than 2^28 pixels.
    pub fn new(width: usize, height: usize, pixels: &[[f32; 3]]) -> Result<Self, MapError> {
        if pixels.len() > Map::MOST_VALUES {
            return Err(MapError::TooLarge { width, height });
        }
        let is_whole = !pixels.is_empty() && width.checked_mul(height) == Some(pixels.len());
        if !is_whole || !pixels.as_flattened().iter().all(|colour| colour.is_finite()) {
            return Err(MapError::Guide { width, height, pixels: pixels.len() });
        }
        let plane = |channel: usize| pixels.iter().map(|pixel| pixel[channel]).collect();
        Ok(Self { width, height, planes: [plane(0), plane(1), plane(2)] })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green and blue apart, each `[height, width]`.
    pub(crate) fn planes(&self) -> &[Vec<f32>; 3] {
        &self.planes
    }

    /// A map at the guide's size, along its edges.
    pub(crate) fn lead(&self, map: &Map) -> Result<Map, MapError> {
        let values = guided(map.values(), (map.width(), map.height()), self);
        Map::new(self.width, self.height, values)
    }

    /// The guide mirrored, left for right.
    pub fn mirrored(&self) -> Self {
        let mirrored = |plane: &Vec<f32>| {
            plane.chunks(self.width).flat_map(|row| row.iter().rev().copied()).collect()
        };
        Self { planes: self.planes.each_ref().map(mirrored), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guide_has_a_finite_colour_for_each_pixel() {
        let pixel = [0.5; 3];
        assert!(Guide::new(2, 1, &[pixel, pixel]).is_ok());
        for (width, height, pixels) in [(2, 2, 2), (0, 1, 0), (usize::MAX, 2, 1)] {
            let refused = Guide::new(width, height, &vec![pixel; pixels]);
            assert_eq!(refused, Err(MapError::Guide { width, height, pixels }));
        }
        assert!(Guide::new(1, 1, &[[0.0, f32::NAN, 0.0]]).is_err());
    }

    #[test]
    fn a_mirrored_guide_is_mirrored_row_by_row() {
        let row = [[0.1; 3], [0.2; 3], [0.3; 3]];
        let guide = Guide::new(3, 1, &row).unwrap();
        let [a, b, c] = row;
        assert_eq!(guide.mirrored(), Guide::new(3, 1, &[c, b, a]).unwrap());
    }
}
