//! Patches with outstandingly long vectors.

use burn::tensor::Tensor;

use crate::{Error, PoolingRun, TokenLayout, TokenRun, read};

/// A vector of more medians than this is outstandingly long.
const MEDIANS: f32 = 3.0;

/// How many patches of an image have vectors that are outstandingly long where the last attention reads them: in front of
/// the last block, or behind it where an attention pools all tokens.
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
    /// Of each image; none where no block was kept.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn outliers(&self) -> Result<Option<Vec<Outliers>>, Error> {
        self.blocks.last().map(|block| of_stream(&block.before, self.layout)).transpose()
    }
}

impl PoolingRun {
    /// Of each image; none where what is pooled comes from no stream of tokens.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn outliers(&self) -> Result<Option<Vec<Outliers>>, Error> {
        self.stream.as_ref().map(|stream| of_stream(stream, self.layout)).transpose()
    }
}

fn of_stream(stream: &Tensor<3>, layout: TokenLayout) -> Result<Vec<Outliers>, Error> {
    let patches = layout.patches();
    let squares = stream.clone().narrow(1, layout.before, patches).square();
    let lengths = read(squares.sum_dim(2).sqrt())?;
    Ok(lengths.chunks(patches).map(among).collect())
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
