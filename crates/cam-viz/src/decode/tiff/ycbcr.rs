//! Brightness and two differences of colour, which may be stored for blocks of pixels.

use super::directory::Directory;
use super::layout::{corrupt, unsupported};
use crate::decode::DecodeError;

mod tag {
    pub const COEFFICIENTS: u16 = 529;
    pub const SUBSAMPLING: u16 = 530;
    pub const REFERENCE: u16 = 532;
}

/// How brightness and differences become RGB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Conversion {
    /// The parts of red, green and blue in brightness.
    luma: [f64; 3],
    /// The samples that mean none and all, of each channel.
    reference: [f64; 6],
}

/// What JPEG files mean, ITU-R BT.601 over the full range.
pub(super) const JPEG: Conversion =
    Conversion { luma: [0.299, 0.587, 0.114], reference: [0.0, 255.0, 128.0, 255.0, 128.0, 255.0] };

impl Conversion {
    pub(super) fn read(directory: &Directory) -> Result<Self, DecodeError> {
        let mut conversion = JPEG;
        fill(directory, tag::COEFFICIENTS, &mut conversion.luma)?;
        fill(directory, tag::REFERENCE, &mut conversion.reference)?;
        if conversion.is_usable() { Ok(conversion) } else { Err(corrupt("YCbCr of no range")) }
    }

    fn is_usable(&self) -> bool {
        let spans = self.reference.chunks(2).all(|pair| pair[0] < pair[1]);
        // Luma is divided by the part of green.
        spans
            && self.luma.iter().chain(&self.reference).all(|value| value.is_finite())
            && self.luma[1] > 0.0
    }

    /// One pixel; TIFF 6.0, section 21.
    pub(super) fn rgb(&self, pixel: [f64; 3]) -> [u8; 3] {
        let [none, all, none_blue, all_blue, none_red, all_red] = self.reference;
        let luma = (pixel[0] - none) * 255.0 / (all - none);
        let blue_over = (pixel[1] - none_blue) * 127.0 / (all_blue - none_blue);
        let red_over = (pixel[2] - none_red) * 127.0 / (all_red - none_red);
        let [red_part, green_part, blue_part] = self.luma;
        let red = luma + (2.0 - 2.0 * red_part) * red_over;
        let blue = luma + (2.0 - 2.0 * blue_part) * blue_over;
        let green = (luma - red_part * red - blue_part * blue) / green_part;
        [red, green, blue].map(|value| (value + 0.5) as u8)
    }
}

fn fill(directory: &Directory, tag: u16, values: &mut [f64]) -> Result<(), DecodeError> {
    let Some(entry) = directory.find(tag).map_err(corrupt)? else { return Ok(()) };
    for (index, value) in values.iter_mut().enumerate() {
        *value = entry.fraction(index).map_err(corrupt)?;
    }
    Ok(())
}

/// Pixels that share a pair of differences, across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subsampling {
    across: usize,
    down: usize,
}

impl Subsampling {
    pub(super) fn read(directory: &Directory) -> Result<Self, DecodeError> {
        let values = directory.values(tag::SUBSAMPLING).map_err(corrupt)?;
        match *values {
            [] => Ok(Self { across: 2, down: 2 }),
            [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => {
                Ok(Self { across: across as usize, down: down as usize })
            }
            _ => Err(unsupported("unusual subsampling of YCbCr")),
        }
    }

    pub(super) fn is_none(self) -> bool {
        self.across * self.down == 1
    }

    /// Rows of blocks in a chunk, and the bytes of one.
    pub(super) fn blocks(self, width: usize, rows: usize) -> (usize, usize) {
        (rows.div_ceil(self.down), width.div_ceil(self.across) * (self.across * self.down + 2))
    }

    /// Gives each pixel its differences: from blocks of brightness and a pair, to three samples a pixel.
    pub(super) fn spread(self, blocks: &[u8], width: usize, rows: usize) -> Vec<u8> {
        let size = self.across * self.down + 2;
        let (_, row_len) = self.blocks(width, rows);
        let mut pixels = Vec::with_capacity(3 * width * rows);
        for y in 0..rows {
            for x in 0..width {
                let start = y / self.down * row_len + x / self.across * size;
                let block = &blocks[start..start + size];
                let luma = block[y % self.down * self.across + x % self.across];
                pixels.extend([luma, block[size - 2], block[size - 1]]);
            }
        }
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries_come_back() {
        // BT.601: 0.299 · 255 of brightness, and so on.
        assert_eq!(JPEG.rgb([76.0, 85.0, 255.0]), [254, 0, 0]);
        assert_eq!(JPEG.rgb([128.0, 128.0, 128.0]), [128; 3]);
        assert_eq!(JPEG.rgb([255.0, 128.0, 128.0]), [255; 3]);
    }

    #[test]
    fn a_block_shares_its_differences() {
        let half = Subsampling { across: 2, down: 2 };
        // Two blocks for three pixels: the last column of the second is not there.
        let blocks = [1, 2, 3, 4, 50, 60, 5, 0, 6, 0, 70, 80];
        let pixels = half.spread(&blocks, 3, 2);
        let expected =
            [[1, 50, 60], [2, 50, 60], [5, 70, 80], [3, 50, 60], [4, 50, 60], [6, 70, 80]];
        assert_eq!(pixels, expected.as_flattened());
        assert_eq!(half.blocks(3, 2), (1, 12));
    }
}
