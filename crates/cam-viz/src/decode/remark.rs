/// Something that had to be done to a picture, or that it lacks; its `Display` is a line for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Remark {
    /// The file ends early or is damaged inside: what could not be read is filled, commonly with grey.
    #[error("damaged file, part of the pixels is made up ({detail})")]
    Damaged {
        /// What the strict decoder said.
        detail: String,
    },
    /// Transparent pixels were laid on the background.
    #[error("transparency laid on a background of #{:02x}{:02x}{:02x}", background[0], background[1], background[2])]
    Flattened {
        /// The background, RGB.
        background: [u8; 3],
    },
    /// The file holds an animation or several pages.
    #[error("{frames} frames or pages, only the first is used")]
    SeveralFrames {
        /// How many there are.
        frames: usize,
    },
    /// 16 bits per sample became 8, rounded.
    #[error("16 bits per sample reduced to 8")]
    SixteenBit,
    /// Floating-point samples were clipped to `0..=1` and rounded to 8 bits; NaN became 0.
    #[error("floating-point samples clipped to 0..1 and reduced to 8 bits")]
    Float,
    /// Printing colours were converted by the usual formula, without a colour profile.
    #[error("CMYK colours converted without a colour profile, they may look harsh")]
    Cmyk,
    /// The picture was turned or mirrored as its EXIF orientation asks.
    #[error("turned upright (EXIF orientation {exif})")]
    Oriented {
        /// The EXIF value, 2 to 8.
        exif: u8,
    },
    /// There is an EXIF block, but no orientation can be read from it; the picture stays as stored.
    #[error("the EXIF block is unreadable, any orientation in it is ignored")]
    UnreadableExif,
}
