//! Samples of 8 or 16 bits, as decoders give them, to opaque RGB8.

use image::{DynamicImage, RgbImage};

use super::levels::{Depth, Levels, Spread};
use super::{DecodeOptions, Remark};

/// RGB8, transparency laid on the background; says what was lost.
pub(super) fn to_rgb8(
    image: DynamicImage,
    options: &DecodeOptions,
    remarks: &mut Vec<Remark>,
) -> RgbImage {
    let image = match image {
        DynamicImage::ImageRgb8(pixels) if !options.stretch => return pixels,
        DynamicImage::ImageRgba8(pixels) if !options.stretch => {
            return without_alpha(pixels, options.background, remarks);
        }
        image => image,
    };
    let color = image.color();
    let bits = 8 * u32::from(color.bytes_per_pixel() / color.channel_count());
    let channels = color.channel_count().into();
    let mut flattener = Flattener::new(channels, color.has_alpha(), bits, options);
    flattener.count(image.as_bytes());
    let mut pixels = vec![[0; 3]; image.width() as usize * image.height() as usize];
    flattener.paint(image.as_bytes(), &mut pixels);
    flattener.remarks(remarks);
    let bytes = pixels.into_flattened();
    RgbImage::from_raw(image.width(), image.height(), bytes).unwrap_or_default()
}

/// The same within the memory of the pixels themselves, whose colours only move forward.
fn without_alpha(
    image: image::RgbaImage,
    background: [u8; 3],
    remarks: &mut Vec<Remark>,
) -> RgbImage {
    let (width, height) = image.dimensions();
    let mut bytes = image.into_raw();
    let mut flattened = false;
    for pixel in 0..bytes.len() / 4 {
        let [color @ .., alpha] = [0, 1, 2, 3].map(|channel| bytes[4 * pixel + channel]);
        flattened |= alpha < 255;
        bytes[3 * pixel..3 * pixel + 3].copy_from_slice(&over(color, background, alpha));
    }
    bytes.truncate(bytes.len() / 4 * 3);
    bytes.shrink_to_fit();
    if flattened {
        remarks.push(Remark::Flattened { background });
    }
    RgbImage::from_raw(width, height, bytes).unwrap_or_default()
}

/// Brings pixels to RGB8, any number at a time.
pub(super) struct Flattener {
    channels: usize,
    has_alpha: bool,
    depth: Depth,
    background: [u8; 3],
    stretch: bool,
    spread: Spread,
    /// Whether a pixel was not opaque.
    flattened: bool,
}

impl Flattener {
    pub(super) fn new(
        channels: usize,
        has_alpha: bool,
        bits: u32,
        options: &DecodeOptions,
    ) -> Self {
        let depth = Depth::unsigned(bits);
        Self {
            channels,
            has_alpha,
            depth,
            background: options.background,
            stretch: options.stretch,
            spread: Spread::new(depth),
            flattened: false,
        }
    }

    fn colors(&self) -> usize {
        self.channels - usize::from(self.has_alpha)
    }

    fn bytes_per_pixel(&self) -> usize {
        self.channels * self.sample_len()
    }

    fn sample_len(&self) -> usize {
        self.depth.bits as usize / 8
    }

    fn sample(&self, pixel: &[u8], channel: usize) -> f64 {
        let len = self.sample_len();
        match pixel[channel * len..][..len] {
            [byte] => byte.into(),
            [a, b] => u16::from_ne_bytes([a, b]).into(),
            _ => 0.0,
        }
    }

    /// Counts what samples the colours that are seen use.
    pub(super) fn count(&mut self, bytes: &[u8]) {
        if self.depth.bits == 8 && !self.stretch {
            return;
        }
        for pixel in bytes.chunks_exact(self.bytes_per_pixel()) {
            if self.has_alpha && self.sample(pixel, self.colors()) == 0.0 {
                continue;
            }
            for channel in 0..self.colors() {
                self.spread.add(self.sample(pixel, channel));
            }
        }
    }

    fn levels(&self) -> Levels {
        self.spread.levels(self.depth, self.stretch)
    }

    pub(super) fn paint(&mut self, bytes: &[u8], drawn: &mut [[u8; 3]]) {
        let levels = self.levels();
        for (pixel, drawn) in bytes.chunks_exact(self.bytes_per_pixel()).zip(drawn) {
            let byte = |channel| levels.byte(self.sample(pixel, channel));
            *drawn = if self.colors() == 1 { [byte(0); 3] } else { [byte(0), byte(1), byte(2)] };
            if self.has_alpha {
                let alpha = self.depth.levels().byte(self.sample(pixel, self.colors()));
                self.flattened |= alpha < 255;
                *drawn = over(*drawn, self.background, alpha);
            }
        }
    }

    pub(super) fn remarks(&self, remarks: &mut Vec<Remark>) {
        self.spread.remarks(self.depth, self.levels(), remarks);
        if self.flattened {
            remarks.push(Remark::Flattened { background: self.background });
        }
    }
}

/// A color over an opaque one.
pub(super) fn over(color: [u8; 3], background: [u8; 3], alpha: u8) -> [u8; 3] {
    std::array::from_fn(|channel| mix(color[channel], background[channel], alpha))
}

/// Alpha over an opaque byte, rounded to nearest.
fn mix(over: u8, under: u8, alpha: u8) -> u8 {
    let (over, under, alpha) = (u32::from(over), u32::from(under), u32::from(alpha));
    ((over * alpha + under * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use image::ImageBuffer;

    use super::*;

    fn flattened(image: DynamicImage, stretch: bool) -> (Vec<u8>, Vec<Remark>) {
        let mut remarks = vec![];
        let options = DecodeOptions { stretch, ..DecodeOptions::default() };
        (to_rgb8(image, &options, &mut remarks).into_raw(), remarks)
    }

    #[test]
    fn stretching_leaves_opacity_and_hidden_colours_alone() {
        // Grey and opacity: 100 and 300 are seen, 0 is not.
        let samples = vec![100u16, 65_535, 0, 0, 300, 32_768];
        let image = ImageBuffer::from_raw(3, 1, samples).unwrap();
        let (bytes, remarks) = flattened(DynamicImage::ImageLumaA16(image), true);
        assert_eq!(bytes, [[0; 3], [255; 3], [255; 3]].as_flattened());
        let stretched = Remark::Stretched { lowest: 100.0, highest: 300.0 };
        assert_eq!(remarks, [stretched, Remark::Flattened { background: [255; 3] }]);
    }

    #[test]
    fn eight_bits_are_stretched_over_all_colours_together() {
        let image = RgbImage::from_raw(2, 1, vec![10, 20, 30, 40, 50, 60]).unwrap();
        let (bytes, _) = flattened(image.into(), true);
        assert_eq!(bytes, [0, 51, 102, 153, 204, 255]);
    }

    #[test]
    fn opaque_pixels_keep_their_bytes_and_clear_ones_take_the_background() {
        for byte in 0..=255 {
            assert_eq!(mix(byte, 77, 255), byte);
            assert_eq!(mix(byte, 77, 0), 77);
        }
    }
}
