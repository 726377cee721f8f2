use cam_map::MapError;
use thiserror::Error;

/// Why something cannot be measured.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Not as many numbers as pixels.
    #[error("{what} of {expected} numbers was given {found}")]
    Length {
        /// An image or a map.
        what: &'static str,
        /// Its sides multiplied.
        expected: usize,
        /// How many there are.
        found: usize,
    },

    /// A map that cannot be made.
    #[error(transparent)]
    Map(#[from] MapError),

    /// A side of zero.
    #[error("{what} without pixels cannot be measured")]
    Empty {
        /// An image or a map.
        what: &'static str,
    },

    /// NaN or infinity.
    #[error("{what} holds {value} at {position}: it must be finite")]
    NonFinite {
        /// An image, a map or a score.
        what: &'static str,
        /// Where.
        position: usize,
        /// What stands there.
        value: f32,
    },

    /// A map of another size than its image.
    #[error("the map is {map:?} high and wide, the image {image:?}: resize the map to the image")]
    Size {
        /// Height and width of the map.
        map: [usize; 2],
        /// Height and width of the image.
        image: [usize; 2],
    },

    /// The closure gave another number of scores.
    #[error("{expected} images were to be scored, and there are {found} scores")]
    Scores {
        /// Images.
        expected: usize,
        /// Scores.
        found: usize,
    },

    /// A map that is the same everywhere.
    #[error("a map that is the same everywhere correlates with nothing: leave it out and say so")]
    Constant,

    /// A map without a positive value.
    #[error("the map is positive nowhere, and points at nothing: leave it out and say so")]
    NothingPositive,

    /// No pixel to fill others from.
    #[error("no pixel is known, and none can be filled from its neighbours")]
    NothingKnown,

    /// The filling did not settle.
    #[error("the gaps were not filled to {tolerance:e} in {iterations} iterations")]
    NotConverged {
        /// Residual asked for, relative.
        tolerance: f64,
        /// Iterations allowed.
        iterations: usize,
    },

    /// Shares outside 0..100.
    #[error("a percentile lies between 0 and 100, and {value} does not")]
    Percentile {
        /// The one that does not.
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
