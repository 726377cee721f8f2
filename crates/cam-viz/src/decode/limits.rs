use std::fmt;

use super::{DecodeError, Format};

/// The largest picture that is decoded, checked against the header before pixels are allocated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest side, in pixels; 32,768 by default.
    pub max_side: u32,
    /// Width times height; 100 million by default, a little over the largest cameras.
    pub max_pixels: u64,
    /// Size of the decoded pixels in the file's own sample format, in bytes; 800 MB by default, which
    /// `max_pixels` reach with 16-bit RGBA. A decoder's working memory may reach the same size again.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_side: 32_768, max_pixels: 100_000_000, max_bytes: 800_000_000 }
    }
}

/// What may exceed a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// The longest side, in pixels.
    Side,
    /// Width times height.
    Pixels,
    /// The size of the decoded pixels, in bytes.
    Bytes,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Quantity::Side => "longest side",
            Quantity::Pixels => "number of pixels",
            Quantity::Bytes => "size in bytes when decoded",
        })
    }
}

impl Limits {
    /// Checks what a header announces: `bytes` is the size of the decoded pixels, 0 where not yet known.
    pub(super) fn check(
        &self,
        format: Format,
        size: (u32, u32),
        bytes: u64,
    ) -> Result<(), DecodeError> {
        let (width, height) = size;
        if width == 0 || height == 0 {
            return Err(DecodeError::NoPixels { format, width, height });
        }
        let over = |quantity, value, limit| {
            if value <= limit {
                return Ok(());
            }
            Err(DecodeError::OverLimit { format, width, height, quantity, value, limit })
        };
        over(Quantity::Side, width.max(height).into(), self.max_side.into())?;
        over(Quantity::Pixels, u64::from(width) * u64::from(height), self.max_pixels)?;
        over(Quantity::Bytes, bytes, self.max_bytes)
    }

    /// What a decoder may allocate altogether: the pixels and as much again for its own buffers.
    pub(super) fn memory(&self) -> u64 {
        self.max_bytes.saturating_mul(2)
    }
}
