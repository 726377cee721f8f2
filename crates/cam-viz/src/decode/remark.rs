/// Something that had to be done to a picture, or that it lacks; its `Display` is a line for the user.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Remark {
    /// The file ends early or is damaged inside: what could not be read is filled, commonly with grey.
    #[error("damaged file, part of the pixels is made up ({detail})")]
    Damaged {
        /// What is missing or wrong, and where.
        detail: String,
    },
    /// The file ends early behind the pixels, or contradicts its checksums; all pixels could be read.
    #[error("damaged file, though all pixels could be read ({detail})")]
    Unsound {
        /// What is missing or wrong.
        detail: String,
    },
    /// Transparent pixels were laid on the background.
    #[error("transparency laid on a background of #{:02x}{:02x}{:02x}", background[0], background[1], background[2])]
    Flattened {
        /// The background, RGB.
        background: [u8; 3],
    },
    /// The file holds an animation.
    #[error("animated: only the first frame is used")]
    Animated,
    /// The file holds several pages.
    #[error("several pages: only the first is used")]
    SeveralPages,
    /// Deeper samples became 8 bits, rounded; of those with a sign, what is negative became 0.
    #[error("{bits} bits per sample reduced to 8")]
    ReducedDepth {
        /// Bits of a sample in the file, over 8.
        bits: u32,
    },
    /// Floating-point samples were clipped to `0..=1` and rounded to 8 bits.
    #[error("floating-point samples clipped to 0..1 and reduced to 8 bits")]
    Float,
    /// Samples below black or above white became black or white.
    #[error(
        "samples reach from {lowest} to {highest}, and {} of them lie outside 0 to {full}: they became black or white", share(*percent)
    )]
    Clipped {
        /// The lowest finite sample.
        lowest: f64,
        /// The highest finite sample.
        highest: f64,
        /// The sample that is white: the largest that fits, or 1 of floating-point samples.
        full: f64,
        /// How many of the finite samples were clipped, of a hundred.
        percent: f64,
    },
    /// The samples, deeper than 8 bits, use less than a third of their range.
    #[error("{}", narrow_range(*lowest, *highest, *full))]
    NarrowRange {
        /// The lowest finite sample.
        lowest: f64,
        /// The highest finite sample.
        highest: f64,
        /// The sample that is white: the largest that fits, or 1 of floating-point samples.
        full: f64,
    },
    /// The lowest sample of all colours became 0, the highest 255, as was asked for.
    #[error("stretched: samples from {lowest} to {highest} became black to white")]
    Stretched {
        /// The lowest finite sample.
        lowest: f64,
        /// The highest finite sample.
        highest: f64,
    },
    /// Samples that are no finite number: NaN and negative infinity became 0, infinity became 255.
    #[error("{samples} samples are NaN or infinite: they became black or white")]
    NotFinite {
        /// How many.
        samples: u64,
    },
    /// The file has channels that are neither colour nor opacity.
    #[error("{unused} of {channels} channels not used: they are neither colour nor opacity")]
    UnusedChannels {
        /// How many are not used.
        unused: usize,
        /// How many there are.
        channels: usize,
    },
    /// The first page is marked as a small copy of a larger picture in the same file.
    #[error(
        "the first page is a reduced copy of a larger picture in the file, and only the copy is used"
    )]
    ReducedPage,
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

impl Remark {
    /// What is missing from the file or wrong in it.
    pub fn damage(&self) -> Option<&str> {
        match self {
            Remark::Damaged { detail } | Remark::Unsound { detail } => Some(detail),
            _ => None,
        }
    }

    /// Whether the picture may show more with [`DecodeOptions::stretch`](crate::DecodeOptions::stretch).
    pub fn is_helped_by_stretching(&self) -> bool {
        matches!(self, Remark::Clipped { .. } | Remark::NarrowRange { .. })
    }
}

fn share(percent: f64) -> String {
    if percent < 1.0 { "less than 1 %".to_owned() } else { format!("{percent:.0} %") }
}

fn narrow_range(lowest: f64, highest: f64, full: f64) -> String {
    /// What is darker than this part of the range, or brighter than the rest, is called so.
    const DARK: f64 = 1.0 / 3.0;
    let percent = |part: f64| (100.0 * part / full).round().max(1.0);
    let of = format!("of the range ({lowest} to {highest} of {full})");
    if highest < DARK * full {
        format!("uses only the lowest {} % {of}: it will look black", percent(highest))
    } else if lowest > (1.0 - DARK) * full {
        format!("uses only the highest {} % {of}: it will look white", percent(full - lowest))
    } else {
        format!("uses only {} % {of}: it will look flat", percent(highest - lowest))
    }
}
