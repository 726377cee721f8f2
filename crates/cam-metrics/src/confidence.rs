use crate::deletion::scored;
use crate::sensitivity::masked;
use crate::{Error, Image, Map, Score};

/// How the score changes when only the map's part of the image is shown: image × map
/// (Chattopadhyay et al., *Grad-CAM++*, arXiv 1710.11063, section 4.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// Of the whole image.
    pub whole: f32,
    /// Of image × map.
    pub masked: f32,
}

impl Confidence {
    /// Scores both images.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Scores`], [`Error::NonFinite`], and those of `score`.
    pub fn measure<E: From<Error>>(
        image: &Image,
        map: &Map,
        score: Score<'_, E>,
    ) -> Result<Self, E> {
        let scores = scored(&[image.clone(), masked(image, map)?], score)?;
        Ok(Self { whole: scores[0], masked: scores[1] })
    }

    /// max(0, whole − masked), as in pytorch-grad-cam. Smaller is better.
    pub fn drop(self) -> f32 {
        (self.whole - self.masked).max(0.0)
    }

    /// The drop as a share of the whole score, the paper's; none where that is not positive, for a
    /// similarity may be zero or less.
    pub fn relative_drop(self) -> Option<f32> {
        (self.whole > 0.0).then(|| self.drop() / self.whole)
    }

    /// Whether the score rose. Its mean over images is the paper's increase in confidence; larger
    /// is better.
    pub fn increased(self) -> bool {
        self.masked > self.whole
    }
}
