use super::{DecodeError, Format};

/// The largest picture that is decoded, checked against the header before pixels are allocated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Width times height; 500 million by default, twice what the largest cameras have.
    pub max_pixels: u64,
    /// What decoding may take at its peak, in bytes: the pixels as the file has them, the RGB8 that they
    /// become, and a decoder's own buffers; 4 GB by default. The file's bytes do not count.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_pixels: 500_000_000, memory: 4_000_000_000 }
    }
}

impl Limits {
    /// Checks what a header announces: `needed` is the memory in bytes, 0 where not yet known.
    pub(super) fn check(
        &self,
        format: Format,
        (width, height): (u32, u32),
        needed: u64,
    ) -> Result<(), DecodeError> {
        if width == 0 || height == 0 {
            return Err(DecodeError::NoPixels { format, width, height });
        }
        let (pixels, limit) = (u64::from(width) * u64::from(height), self.max_pixels);
        if pixels > limit {
            return Err(DecodeError::OverLimit { format, width, height, pixels, limit });
        }
        let limit = self.memory;
        if needed > limit {
            return Err(DecodeError::OverMemory { format, width, height, needed, limit });
        }
        Ok(())
    }
}
