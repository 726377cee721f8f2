//! The picture as it is filled, strip by strip or tile by tile.

use image::RgbImage;

use super::geometry::Area;

/// Pixels of the whole picture.
pub(super) struct Canvas {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let width = width as usize;
        Self { width, pixels: vec![[0; 3]; width * height as usize] }
    }

    /// The pixels from a place on to the end of its row.
    pub(super) fn row(&mut self, x: u32, y: u32) -> &mut [[u8; 3]] {
        let start = y as usize * self.width;
        &mut self.pixels[start + x as usize..start + self.width]
    }

    /// Takes rows over that are RGB8 already.
    pub(super) fn copy(&mut self, area: &Area, rows: &[u8], row_len: usize) {
        for (row, y) in rows.chunks_exact(row_len).zip(area.y..) {
            let (pixels, _) = row.as_chunks();
            self.row(area.x, y)[..area.width as usize]
                .copy_from_slice(&pixels[..area.width as usize]);
        }
    }

    pub(super) fn finish(self, height: u32) -> RgbImage {
        let bytes = self.pixels.into_flattened();
        RgbImage::from_raw(self.width as u32, height, bytes).unwrap_or_default()
    }
}
