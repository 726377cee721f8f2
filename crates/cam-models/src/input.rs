use crate::pixels::Rgb8;

/// An image of the size of a network's input.
#[derive(Debug, Clone, PartialEq)]
pub enum InputImage {
    /// Pixels, which are still to be normalised.
    Pixels(Rgb8),
    /// Values that the network takes as they are.
    Values(InputValues),
}

/// What a network takes of one image, `[3, h, w]`, channels in the network's order: another program prepared it.
#[derive(Debug, Clone, PartialEq)]
pub struct InputValues {
    size: (usize, usize),
    values: Vec<f32>,
}

impl InputValues {
    /// Channel after channel, row by row.
    ///
    /// Returns `None` where there are not 3 · width · height values, or none.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Option<Self> {
        let expected = width.checked_mul(height)?.checked_mul(3)?;
        (expected > 0 && values.len() == expected).then_some(Self { size: (width, height), values })
    }

    /// Width and height.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The values, channel after channel.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

impl InputImage {
    /// Width and height.
    pub fn size(&self) -> (usize, usize) {
        match self {
            Self::Pixels(pixels) => pixels.size(),
            Self::Values(values) => values.size(),
        }
    }

    /// The pixels, where it has any.
    pub fn pixels(&self) -> Option<&Rgb8> {
        match self {
            Self::Pixels(pixels) => Some(pixels),
            Self::Values(_) => None,
        }
    }
}

impl From<Rgb8> for InputImage {
    fn from(pixels: Rgb8) -> Self {
        Self::Pixels(pixels)
    }
}
