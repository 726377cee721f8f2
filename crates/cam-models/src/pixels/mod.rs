//! 8-bit pixels and their way to another size.

mod nearest;
mod opencv;

use std::ops::Range;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::placement::Placement;
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
        self.part((width, height), (0..width, 0..height), filter)
    }

    /// The image as a network's input: resized, cut off where it is cropped, and surrounded with a
    /// colour where it is padded.
    ///
    /// Only what is seen is computed, to the same values as if all were; to one step of 255 with
    /// [`Filter::Lanczos`].
    pub fn placed(&self, placement: &Placement, filter: Filter, background: [u8; 3]) -> Self {
        let (resized, offset, input) = (placement.resized(), placement.offset(), placement.input());
        let across = seen(offset.0, input.0, resized.0);
        let down = seen(offset.1, input.1, resized.1);
        let corner = [offset.0, offset.1].map(|offset| (-offset).max(0) as usize);
        let part = self.part(resized, (across, down), filter);
        if part.size() == input { part } else { part.on(background, input, corner) }
    }

    /// The columns and rows of the image at another size.
    fn part(
        &self,
        resized: (usize, usize),
        (across, down): (Range<usize>, Range<usize>),
        filter: Filter,
    ) -> Self {
        let (width, height) = (across.len(), down.len());
        if resized == self.size() && (width, height) == resized {
            return self.clone();
        }
        let part = (across, down);
        let pixels = match filter {
            Filter::Nearest => nearest::resize(&self.pixels, self.size(), resized, part),
            Filter::OpenCv => opencv::resize(&self.pixels, self.size(), resized, part),
            Filter::Bilinear => self.resampled(resized, part, FilterType::Bilinear),
            Filter::Hamming => self.resampled(resized, part, FilterType::Hamming),
            Filter::Bicubic => self.resampled(resized, part, FilterType::CatmullRom),
            Filter::Lanczos => self.resampled(resized, part, FilterType::Lanczos3),
        };
        Self { width, height, pixels }
    }

    fn resampled(
        &self,
        resized: (usize, usize),
        (across, down): (Range<usize>, Range<usize>),
        filter: FilterType,
    ) -> Vec<[u8; 3]> {
        // As they lie, for a copy of a photograph may be hundreds of megabytes.
        let bytes = self.pixels.as_flattened();
        let source = TypedImageRef::from_buffer(self.width as u32, self.height as u32, bytes);
        let mut target = TypedImage::<U8x3>::new(across.len() as u32, down.len() as u32);
        let [left, width] = in_source(&across, self.width, resized.0);
        let [top, height] = in_source(&down, self.height, resized.1);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        let options = options.crop(left, top, width, height);
        source
            .ok()
            .and_then(|source| Resizer::new().resize_typed(&source, &mut target, &options).ok())
            .expect("both images hold width times height pixels of the same type");
        target.pixels().iter().map(|pixel| pixel.0).collect()
    }

    /// The image on a page of a colour, its upper left corner at a place.
    fn on(&self, background: [u8; 3], size: (usize, usize), [x, y]: [usize; 2]) -> Self {
        let mut pixels = vec![background; size.0 * size.1];
        let rows = pixels.chunks_mut(size.0).skip(y);
        for (row, own) in rows.zip(self.pixels.chunks(self.width)) {
            row[x..x + self.width].copy_from_slice(own);
        }
        Self { width: size.0, height: size.1, pixels }
    }
}

/// The columns or rows of a resized image that lie in a window.
fn seen(offset: isize, window: usize, resized: usize) -> Range<usize> {
    let begin = offset.max(0) as usize;
    begin..(begin + window).min(resized)
}

/// Where resized columns or rows lie among the source's, and how far they reach, never beyond its end.
fn in_source(range: &Range<usize>, source: usize, resized: usize) -> [f64; 2] {
    let at = |position: usize| position as f64 * source as f64 / resized as f64;
    let begin = at(range.start);
    [begin, (at(range.end) - begin).min(source as f64 - begin)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fit;

    const FILTERS: [Filter; 6] = Filter::ALL;

    /// No two pixels alike.
    fn image(width: usize, height: usize) -> Rgb8 {
        let byte = |index: usize| (index * 97 + index / 7 * 31) as u8;
        let bytes: Vec<u8> = (0..width * height * 3).map(byte).collect();
        Rgb8::new(width, height, &bytes).expect("it has pixels")
    }

    fn cut(image: &Rgb8, (x, y): (usize, usize), (width, height): (usize, usize)) -> Vec<[u8; 3]> {
        let rows = image.pixels.chunks(image.width).skip(y).take(height);
        rows.flat_map(|row| row[x..x + width].iter().copied()).collect()
    }

    #[test]
    fn a_cropped_image_is_the_resized_one_cut_off() {
        for (picture, size) in [((61, 40), (24, 24)), ((40, 61), (24, 30)), ((8, 5), (20, 20))] {
            let image = image(picture.0, picture.1);
            let placed = Placement::new(Fit::Crop, picture, size, 8);
            let (width, height) = placed.resized();
            let corner = (placed.offset().0 as usize, placed.offset().1 as usize);
            for filter in FILTERS {
                let whole = image.resized(width, height, filter);
                let cropped = image.placed(&placed, filter, [0; 3]);
                assert_eq!(cropped.size(), size);
                // The weights of a window are rounded by themselves, and the longest filter has many: a byte may be one
                // more or less.
                let most = if filter == Filter::Lanczos { 1 } else { 0 };
                let whole = cut(&whole, corner, size);
                let bytes = cropped.pixels.as_flattened().iter().zip(whole.as_flattened());
                let largest = bytes.map(|(a, b)| a.abs_diff(*b)).max();
                assert!(largest <= Some(most), "{filter:?} {picture:?}: {largest:?}");
            }
        }
    }

    #[test]
    fn a_padded_image_is_the_resized_one_with_a_colour_around_it() {
        let (picture, size, colour) = ((40, 21), (24, 24), [1, 2, 3]);
        let placed = Placement::new(Fit::Pad, picture, size, 8);
        assert_eq!((placed.resized(), placed.offset()), ((24, 13), (0, -6)));
        let image = image(picture.0, picture.1);
        for filter in FILTERS {
            let padded = image.placed(&placed, filter, colour);
            assert_eq!(padded.size(), size);
            assert_eq!(cut(&padded, (0, 6), (24, 13)), image.resized(24, 13, filter).pixels);
            assert!(cut(&padded, (0, 0), (24, 6)).iter().all(|&pixel| pixel == colour));
            assert!(cut(&padded, (0, 19), (24, 5)).iter().all(|&pixel| pixel == colour));
        }
    }

    #[test]
    fn a_picture_of_one_row_is_cropped_without_room_for_all_of_it() {
        let placed = Placement::new(Fit::Crop, (16_000, 1), (224, 224), 32);
        assert_eq!(placed.resized(), (3_584_000, 224));
        let cropped = image(16_000, 1).placed(&placed, Filter::Bilinear, [0; 3]);
        assert_eq!(cropped.size(), (224, 224));
    }

    #[test]
    fn squashing_is_resizing() {
        let (image, placed) = (image(30, 20), Placement::new(Fit::Squash, (30, 20), (12, 16), 4));
        for filter in FILTERS {
            assert_eq!(image.placed(&placed, filter, [9; 3]), image.resized(12, 16, filter));
        }
    }
}
