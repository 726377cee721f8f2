//! 8-bit pixels and their way to another size.

mod opencv;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::preprocessing::Filter;

/// An image of 8-bit RGB pixels, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rgb8 {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Rgb8 {
    /// Pixels row by row, three bytes each.
    ///
    /// Returns `None` where their number is not width · height, or zero.
    pub fn new(width: usize, height: usize, bytes: &[u8]) -> Option<Self> {
        let (pixels, rest) = bytes.as_chunks::<3>();
        let expected = width.checked_mul(height)?;
        (expected > 0 && pixels.len() == expected && rest.is_empty()).then(|| Self {
            width,
            height,
            pixels: pixels.to_vec(),
        })
    }

    /// Width and height.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[[u8; 3]] {
        &self.pixels
    }

    /// The image at another size, squashed where the proportions differ. A size of zero counts
    /// as one.
    pub fn resized(&self, width: usize, height: usize, filter: Filter) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        if (width, height) == self.size() {
            return self.clone();
        }
        let pixels = match filter {
            Filter::OpenCv => opencv::resize(&self.pixels, self.size(), (width, height)),
            Filter::Bilinear => self.resampled(width, height, FilterType::Bilinear),
            Filter::Bicubic => self.resampled(width, height, FilterType::CatmullRom),
        };
        Self { width, height, pixels }
    }

    fn resampled(&self, width: usize, height: usize, filter: FilterType) -> Vec<[u8; 3]> {
        let pixels: Vec<U8x3> = self.pixels.iter().map(|&pixel| U8x3::new(pixel)).collect();
        let source = TypedImageRef::new(self.width as u32, self.height as u32, &pixels);
        let mut target = TypedImage::<U8x3>::new(width as u32, height as u32);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        source
            .ok()
            .and_then(|source| Resizer::new().resize_typed(&source, &mut target, &options).ok())
            .expect("both images hold width times height pixels of the same type");
        target.pixels().iter().map(|pixel| pixel.0).collect()
    }
}
