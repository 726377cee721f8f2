//! Patches with outstandingly long vectors.

use crate::{Error, TokenRun, read};

/// A vector of more medians than this is outstandingly long.
const MEDIANS: f32 = 3.0;

/// How many patches of an image have vectors that are outstandingly long behind the last block.
///
/// Darcet et al. (*Vision Transformers Need Registers*, arXiv 2309.16588) found a few such patches in large transformers,
/// mostly where an image shows nothing of note: the network keeps there what it knows of the whole image. A map that
/// shows them is true, for they were read, but says nothing of that place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outliers {
    /// How many.
    pub count: usize,
    /// Of so many patches.
    pub patches: usize,
    /// Above so many medians of all patches' lengths a vector counts as outstandingly long.
    pub threshold: f32,
    /// The longest vector, in medians.
    pub longest: f32,
}

impl TokenRun {
    /// Of each image.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn outliers(&self) -> Result<Vec<Outliers>, Error> {
        let patches = self.layout.patches();
        let squares = self.end.clone().narrow(1, self.layout.before, patches).square();
        let lengths = read(squares.sum_dim(2).sqrt())?;
        Ok(lengths.chunks(patches).map(among).collect())
    }
}

fn among(lengths: &[f32]) -> Outliers {
    let mut sorted = lengths.to_vec();
    sorted.sort_by(f32::total_cmp);
    let median = sorted[sorted.len() / 2].max(f32::MIN_POSITIVE);
    Outliers {
        count: lengths.iter().filter(|length| **length > MEDIANS * median).count(),
        patches: lengths.len(),
        threshold: MEDIANS,
        longest: sorted[sorted.len() - 1] / median,
    }
}
