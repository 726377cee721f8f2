/// Why a map could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// A side is zero.
    #[error("a map of {width}x{height} has no pixels: both sides must be at least 1")]
    Empty {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
    },
    /// The number of values is not width times height.
    #[error(
        "a map of {width}x{height} needs one value per pixel, got {values}: are width and height swapped?"
    )]
    WrongLength {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
        /// Number of values given.
        values: usize,
    },
    /// The map would be larger than any picture.
    #[error("a map of {width}x{height} is over the limit of 2^28 values: ask for a smaller one")]
    TooLarge {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
    },
    /// A raw map has NaN or infinite values.
    #[error("a raw map is not finite: the gradient at the layer overflowed")]
    NotFinite,
    /// A guide is no picture of its size.
    #[error(
        "a guide of {width}x{height} needs three finite numbers for each pixel, got {pixels} pixels: give as many as width \
         times height"
    )]
    Guide {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
        /// Number of pixels given.
        pixels: usize,
    },
    /// The layers do not have equally many maps, or there is none.
    #[error(
        "the layers have {counts:?} maps: give at least one layer, and equally many maps of each"
    )]
    Layers {
        /// Maps of each layer.
        counts: Vec<usize>,
    },
}
