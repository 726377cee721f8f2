//! Walks through the pixels of a file, a strip or tile at a time.

use std::borrow::Cow;

use super::chunks::Chunks;
use super::compression::{self, Shared};
use super::directory::Directory;
use super::geometry::Area;
use super::layout::{Layout, Photometric, corrupt, unsupported};
use super::ycbcr::Subsampling;
use crate::decode::{DecodeError, DecodeOptions, Format};

const FAX_OPTIONS: u16 = 292;
const JPEG_TABLES: u16 = 347;
const JPEG: u64 = 7;

/// A picture on its way out of the file.
pub(super) struct Reader<'a> {
    pub(super) layout: Layout,
    chunks: Chunks<'a>,
    shared: Shared<'a>,
    /// Where differences of colours are stored for blocks of pixels.
    subsampling: Option<Subsampling>,
    /// What was missing so far, where that is no error.
    pub(super) damage: Option<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        bytes: &'a [u8],
        directory: &Directory<'a>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let layout = Layout::read(directory)?;
        let geometry = &layout.geometry;
        let size = (geometry.width, geometry.height);
        options.limits.check(Format::Tiff, size, memory(&layout))?;
        let subsampling = subsampling(directory, &layout)?;
        let chunks = Chunks::find(bytes, directory, geometry, layout.planes_used())?;
        let tables = directory.find(JPEG_TABLES).map_err(corrupt)?;
        let shared = Shared {
            jpeg_tables: tables.map_or(&[], |tables| tables.bytes()),
            fax_options: directory.value(FAX_OPTIONS).map_err(corrupt)?.unwrap_or(0),
        };
        Ok(Self { layout, chunks, shared, subsampling, damage: None })
    }

    /// Hands over each strip or tile: its area, and the rows of each plane.
    pub(super) fn each_area(
        &mut self,
        mut hand_over: impl FnMut(&Area, &[Cow<[u8]>]),
    ) -> Result<(), DecodeError> {
        let geometry = self.layout.geometry;
        let used = self.layout.planes_used();
        for area in geometry.areas() {
            let planes: Result<Vec<_>, _> =
                (0..used).map(|plane| self.rows(&area, plane)).collect();
            hand_over(&area, &planes?);
        }
        Ok(())
    }

    /// Hands over each row of each strip or tile: where it begins, and its samples, pixel by pixel.
    pub(super) fn each_row(
        &mut self,
        mut hand_over: impl FnMut(u32, u32, &mut [f64]),
    ) -> Result<(), DecodeError> {
        let Layout { geometry, encoding, samples, .. } = self.layout;
        let mut row = Vec::new();
        let row_len = self.row_len();
        self.each_area(|area, planes| {
            row.resize(samples * area.width as usize, 0.0);
            for y in 0..area.height {
                for (plane, rows) in planes.iter().enumerate() {
                    let bytes = &rows[y as usize * row_len..][..row_len];
                    let stride = if geometry.planes > 1 { samples } else { 1 };
                    encoding.unpack(bytes, &mut row[plane..], stride);
                }
                hand_over(area.x, area.y + y, &mut row);
            }
        })
    }

    /// Bytes of a row of a chunk, once it is decoded.
    pub(super) fn row_len(&self) -> usize {
        let geometry = &self.layout.geometry;
        match self.subsampling {
            Some(_) => 3 * geometry.chunk_width as usize,
            None => geometry.row_bytes() as usize,
        }
    }

    /// The rows of an area that lie in the picture, as wide as the chunk.
    fn rows(&mut self, area: &Area, plane: usize) -> Result<Cow<'a, [u8]>, DecodeError> {
        let chunk = self.chunks.of(area, plane)?;
        let (width, height) = (self.layout.geometry.chunk_width as usize, area.height as usize);
        let (rows, len) = match self.subsampling {
            Some(subsampling) => subsampling.blocks(width, height),
            None => (height, self.row_len()),
        };
        let rows = compression::rows(chunk, &self.layout, self.shared, rows, len)?;
        self.damage = self.damage.take().or(rows.damage);
        Ok(match self.subsampling {
            Some(subsampling) => subsampling.spread(&rows.bytes, width, height).into(),
            None => rows.bytes,
        })
    }
}

/// Bytes that decoding takes: the RGB8 pixels, and the strips or tiles of an area. These may be larger than
/// the picture; so may be a row of numbers.
fn memory(layout: &Layout) -> u64 {
    const BYTES_OF_NUMBER: u64 = 8;
    let geometry = &layout.geometry;
    let rgb = 3 * u64::from(geometry.width) * u64::from(geometry.height);
    let rows = u64::from(geometry.chunk_height.min(geometry.height));
    let chunk = geometry.row_bytes().saturating_mul(rows);
    let chunks = chunk.saturating_mul(layout.planes_used() as u64);
    let numbers = u64::from(geometry.width) * layout.samples as u64 * BYTES_OF_NUMBER;
    rgb.saturating_add(chunks).saturating_add(numbers)
}

/// JPEG data bring their own subsampling, which their decoder undoes.
fn subsampling(directory: &Directory, layout: &Layout) -> Result<Option<Subsampling>, DecodeError> {
    if layout.photometric != Photometric::YCbCr || layout.compression == JPEG {
        return Ok(None);
    }
    let subsampling = Subsampling::read(directory)?;
    if subsampling.is_none() {
        return Ok(None);
    }
    if layout.geometry.planes > 1 || layout.samples > 3 || layout.predictor != 1 {
        return Err(unsupported("subsampled YCbCr in planes, with more channels or a predictor"));
    }
    Ok(Some(subsampling))
}
