use cam_map::MapError;
use thiserror::Error;

/// Why something cannot be measured.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Not as many numbers as pixels.
    #[error("{what} needs {expected} numbers but has {found}")]
    Length {
        /// An image or a map.
        what: &'static str,
        /// Its sides multiplied.
        expected: usize,
        /// How many it has.
        found: usize,
    },

    /// A map that cannot be made.
    #[error(transparent)]
    Map(#[from] MapError),

    /// An image without pixels.
    #[error("{what} without pixels cannot be measured")]
    Empty {
        /// An image or a map.
        what: &'static str,
    },

    /// NaN or infinity.
    #[error("{what} contains {value} at position {position}: all values must be finite")]
    NonFinite {
        /// An image, a map or a score.
        what: &'static str,
        /// Where.
        position: usize,
        /// The value there.
        value: f32,
    },

    /// A map of another size than its image.
    #[error(
        "the map is {map:?} pixels in height and width but the image is {image:?}: resize the map to the image"
    )]
    Size {
        /// Height and width of the map.
        map: [usize; 2],
        /// Height and width of the image.
        image: [usize; 2],
    },

    /// A map of another size than the image of a region.
    #[error(
        "the map is {map:?} pixels in height and width but the region's image is {region:?}: resize the map to it"
    )]
    Region {
        /// Height and width of the map.
        map: [usize; 2],
        /// Height and width of the region's image.
        region: [usize; 2],
    },

    /// The closure gave another number of scores.
    #[error("expected {expected} scores, one for each image, but got {found}")]
    Scores {
        /// Images.
        expected: usize,
        /// Scores.
        found: usize,
    },

    /// A map that is the same everywhere.
    #[error("a constant map has no correlation: leave it out and report that")]
    Constant,

    /// A map without a positive value.
    #[error("the map has no positive values: leave it out and report that")]
    NothingPositive,

    /// No pixel is known.
    #[error("no pixel is known, so that none can be filled in from its neighbours")]
    NothingKnown,

    /// The imputation did not converge.
    #[error(
        "filling in the gaps did not reach a residual of {tolerance:e} in {iterations} iterations"
    )]
    NotConverged {
        /// Residual asked for, relative.
        tolerance: f64,
        /// Iterations allowed.
        iterations: usize,
    },

    /// A percentile outside 0..100.
    #[error("{value} is not a percentile: use numbers between 0 and 100")]
    Percentile {
        /// The value given.
        value: f64,
    },
}

/// The first number that is not finite.
pub fn check_finite(what: &'static str, values: &[f32]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::NonFinite { what, position, value: values[position] }),
        None => Ok(()),
    }
}
