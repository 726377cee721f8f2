use crate::error::check_finite;
use cam_random::Random;

use crate::{Error, Image};

/// A finished map: how much each pixel is said to matter, in 0..=1 by convention.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    height: usize,
    width: usize,
    values: Vec<f32>,
}

impl Map {
    /// Values `[height, width]`, finite.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Length`], [`Error::NonFinite`].
    pub fn new([height, width]: [usize; 2], values: Vec<f32>) -> Result<Self, Error> {
        let expected = height * width;
        if expected == 0 {
            return Err(Error::Empty { what: "a map" });
        }
        if values.len() != expected {
            return Err(Error::Length { what: "a map", expected, found: values.len() });
        }
        check_finite("a map", &values)?;
        Ok(Self { height, width, values })
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// The numbers, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// 1 − map.
    pub fn inverted(&self) -> Self {
        Self { values: self.values.iter().map(|value| 1.0 - value).collect(), ..*self }
    }

    /// Positions from the most relevant to the least. Equal ones stand in random order, for any
    /// order of rows and columns would be a statement about the image.
    pub(crate) fn ranking(&self, seed: u64) -> Vec<usize> {
        let mut positions: Vec<usize> = (0..self.values.len()).collect();
        Random::new(seed).shuffle(&mut positions);
        positions.sort_by(|&a, &b| self.values[b].total_cmp(&self.values[a]));
        positions
    }

    pub(crate) fn check_size(&self, image: &Image) -> Result<(), Error> {
        match (self.size(), image.size()) {
            (map, image) if map != image => Err(Error::Size { map, image }),
            _ => Ok(()),
        }
    }
}
