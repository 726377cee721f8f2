//! Where the pixels lie: strips or tiles, with all samples or one plane each.

use super::directory::Directory;
use super::layout::{corrupt, unsupported};
use crate::decode::DecodeError;

mod tag {
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const PLANAR: u16 = 284;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
}

/// How a picture is cut into chunks, which are strips as wide as the picture, or tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) chunk_width: u32,
    /// Rows of a chunk; of the last strip there may be fewer.
    pub(super) chunk_height: u32,
    pub(super) tiled: bool,
    /// Planes that follow each other, one for each sample; 1 where pixels hold all samples.
    pub(super) planes: usize,
    /// Samples that stand together.
    pub(super) channels: usize,
    bits: u32,
}

/// A part of the picture that is stored together, in each plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    /// Its number in the first plane.
    pub(super) index: usize,
    pub(super) x: u32,
    pub(super) y: u32,
    /// What lies within the picture.
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Geometry {
    pub(super) fn read(
        directory: &Directory,
        samples: usize,
        bits: u32,
    ) -> Result<Self, DecodeError> {
        let find = |tag| directory.value(tag).map_err(corrupt);
        let side =
            |value: Option<u64>, what| u32::try_from(value.unwrap_or(0)).map_err(|_| corrupt(what));
        let width = side(find(tag::WIDTH)?, "a width of more than 32 bits")?;
        let height = side(find(tag::HEIGHT)?, "a height of more than 32 bits")?;
        let tiled = find(tag::TILE_WIDTH)?.is_some();
        let (chunk_width, chunk_height) = if tiled {
            let what = "tiles with a side of more than 32 bits";
            (side(find(tag::TILE_WIDTH)?, what)?, side(find(tag::TILE_HEIGHT)?, what)?)
        } else {
            // Often all bits are set, for one strip.
            let rows = find(tag::ROWS_PER_STRIP)?.unwrap_or(u64::MAX).min(height.into());
            (width, rows as u32)
        };
        if height > 0 && (chunk_width == 0 || chunk_height == 0) && width > 0 {
            return Err(corrupt("strips or tiles without pixels"));
        }
        let (planes, channels) = match find(tag::PLANAR)?.unwrap_or(1) {
            1 => (1, samples),
            2 => (samples, 1),
            other => return Err(unsupported(format!("planar configuration {other}"))),
        };
        Ok(Self { width, height, chunk_width, chunk_height, tiled, planes, channels, bits })
    }

    /// Bytes of a chunk's row.
    pub(super) fn row_bytes(&self) -> u64 {
        // Each factor has 32 bits at most, and samples 16.
        (u64::from(self.chunk_width) * self.channels as u64)
            .saturating_mul(self.bits.into())
            .div_ceil(8)
    }

    fn across(&self) -> u32 {
        self.width.div_ceil(self.chunk_width)
    }

    /// How many areas there are.
    pub(super) fn areas_count(&self) -> usize {
        self.across() as usize * self.height.div_ceil(self.chunk_height) as usize
    }

    /// The parts of the picture, row by row.
    pub(super) fn areas(&self) -> impl Iterator<Item = Area> + use<> {
        let (geometry, across) = (*self, self.across() as usize);
        (0..self.areas_count()).map(move |index| {
            let x = (index % across) as u32 * geometry.chunk_width;
            let y = (index / across) as u32 * geometry.chunk_height;
            let width = geometry.chunk_width.min(geometry.width - x);
            let height = geometry.chunk_height.min(geometry.height - y);
            Area { index, x, y, width, height }
        })
    }
}
