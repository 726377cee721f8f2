use crate::Error;
use crate::error::check_finite;

/// An image as a network takes it: normalised numbers, plane after plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    channels: usize,
    height: usize,
    width: usize,
    values: Vec<f32>,
}

impl Image {
    /// Values `[channels, height, width]`, finite.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Length`], [`Error::NonFinite`].
    pub fn new(
        channels: usize,
        [height, width]: [usize; 2],
        values: Vec<f32>,
    ) -> Result<Self, Error> {
        let expected = channels * height * width;
        if expected == 0 {
            return Err(Error::Empty { what: "an image" });
        }
        if values.len() != expected {
            return Err(Error::Length { what: "an image", expected, found: values.len() });
        }
        check_finite("an image", &values)?;
        Ok(Self { channels, height, width, values })
    }

    /// How many planes.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// The numbers, plane after plane, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// One plane after the other.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks(self.height * self.width)
    }

    /// The image with every plane changed.
    pub(crate) fn map_planes(&self, mut change: impl FnMut(usize, &mut [f32])) -> Self {
        let mut changed = self.clone();
        let planes = changed.values.chunks_mut(self.height * self.width);
        planes.enumerate().for_each(|(index, plane)| change(index, plane));
        changed
    }
}
