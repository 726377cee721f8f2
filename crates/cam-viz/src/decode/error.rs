use image::ImageError;

use super::Format;

/// Why bytes could not be decoded to a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// A web page, commonly an error page or a login form saved in place of the picture.
    #[error("this is a web page (HTML), not a picture: the download went wrong, fetch it again")]
    Html,
    /// A Git-LFS pointer, left where large files were not fetched.
    #[error("this is a Git-LFS pointer, not the picture itself: run `git lfs pull`")]
    GitLfsPointer,
    /// A format that is known by name but not read.
    #[error("{name} files are not read: convert to PNG, JPEG, WebP, GIF, BMP or TIFF")]
    UnsupportedFormat {
        /// What the file is.
        name: &'static str,
    },
    /// Nothing that is known.
    #[error(
        "not a known picture format (the file begins {start}): PNG, JPEG, WebP, GIF, BMP and TIFF are read"
    )]
    UnknownFormat {
        /// The first bytes, in hexadecimal.
        start: String,
    },
    /// A kind of its format that the decoder does not read.
    #[error("this kind of {format} is not read ({detail}): save it as a plain PNG or JPEG")]
    UnsupportedKind {
        /// The format.
        format: Format,
        /// What the decoder said.
        detail: String,
    },
    /// A side is zero.
    #[error("the {format} says that it is {width}x{height}: there are no pixels in it")]
    NoPixels {
        /// The format.
        format: Format,
        /// Width according to the header.
        width: u32,
        /// Height according to the header.
        height: u32,
    },
    /// The header announces more pixels than the limit allows; nothing was decoded.
    #[error(
        "the {format} is {width}x{height}: its {pixels} pixels are over the limit of {limit}; scale it down or raise the limit"
    )]
    OverLimit {
        /// The format.
        format: Format,
        /// Width according to the header, in pixels.
        width: u32,
        /// Height according to the header, in pixels.
        height: u32,
        /// Their product.
        pixels: u64,
        /// How large it may be.
        limit: u64,
    },
    /// Decoding would take more memory than it may; nothing was decoded.
    #[error(
        "the {format} is {width}x{height}: decoding it takes {} MB of memory, and {} MB are allowed; scale it down or allow more",
        needed.div_ceil(1_000_000), limit / 1_000_000
    )]
    OverMemory {
        /// The format.
        format: Format,
        /// Width according to the header, in pixels.
        width: u32,
        /// Height according to the header, in pixels.
        height: u32,
        /// What it takes, in bytes.
        needed: u64,
        /// What it may take, in bytes.
        limit: u64,
    },
    /// The decoder's own buffers grew over what it may take.
    #[error(
        "decoding the {format} takes more memory than the {} MB that are allowed; allow more or save the picture anew",
        limit / 1_000_000
    )]
    DecoderOverMemory {
        /// The format.
        format: Format,
        /// What it may take, in bytes.
        limit: u64,
    },
    /// The bytes contradict the format.
    #[error("the {format} is corrupt or cut off ({detail}): fetch or save it again")]
    Corrupt {
        /// The format.
        format: Format,
        /// What the decoder said.
        detail: String,
    },
    /// The decoder itself broke, which is a bug in it.
    #[error(
        "the decoder of {format} broke on this file, a bug in it: save the picture as a plain PNG or JPEG"
    )]
    DecoderFault {
        /// The format.
        format: Format,
    },
    /// The file is not whole or contradicts its checksums, and such files were to be refused.
    #[error(
        "the {format} is damaged ({detail}): fetch or save it again, or decode without `strict`"
    )]
    Damaged {
        /// The format.
        format: Format,
        /// What the decoder said.
        detail: String,
    },
}

/// What the decoders of `image` report, in this crate's terms.
pub(super) fn from_image(error: ImageError, format: Format, memory: u64) -> DecodeError {
    match error {
        ImageError::Limits(_) => DecodeError::DecoderOverMemory { format, limit: memory },
        ImageError::Unsupported(error) => {
            DecodeError::UnsupportedKind { format, detail: one_line(&error.to_string()) }
        }
        ImageError::Decoding(error) => corrupt(format, &error.to_string()),
        error => corrupt(format, &error.to_string()),
    }
}

pub(super) fn corrupt(format: Format, detail: &str) -> DecodeError {
    DecodeError::Corrupt { format, detail: one_line(detail) }
}

/// Decoders' messages may hold line breaks and bytes of the file: one line, nothing unprintable, not long.
pub(super) fn one_line(detail: &str) -> String {
    const LONGEST: usize = 200;
    let plain: String = detail.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    words.trim_matches('"').chars().take(LONGEST).collect()
}
