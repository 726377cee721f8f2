//! Whatever samples a decoder gives, to opaque RGB8.

use image::{DynamicImage, Rgb, RgbImage, RgbaImage};

use super::Remark;

/// RGB8, transparency laid on the background; says what was lost.
pub(super) fn to_rgb8(
    image: DynamicImage,
    background: [u8; 3],
    remarks: &mut Vec<Remark>,
) -> RgbImage {
    let color = image.color();
    if color.bytes_per_pixel() == 2 * color.channel_count() {
        remarks.push(Remark::SixteenBit);
    }
    match image {
        DynamicImage::ImageRgb8(pixels) => pixels,
        DynamicImage::ImageRgb32F(pixels) => {
            remarks.push(Remark::Float);
            RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
                Rgb(pixels.get_pixel(x, y).0.map(byte_from_float))
            })
        }
        DynamicImage::ImageRgba32F(pixels) => {
            remarks.push(Remark::Float);
            let bytes = RgbaImage::from_fn(pixels.width(), pixels.height(), |x, y| {
                image::Rgba(pixels.get_pixel(x, y).0.map(byte_from_float))
            });
            lay_on(&bytes, background, remarks)
        }
        image if color.has_alpha() => lay_on(&image.into_rgba8(), background, remarks),
        image => image.into_rgb8(),
    }
}

/// `image`'s own conversion panics on NaN; the cast makes it 0.
fn byte_from_float(sample: f32) -> u8 {
    (255.0 * sample).round() as u8
}

fn lay_on(image: &RgbaImage, background: [u8; 3], remarks: &mut Vec<Remark>) -> RgbImage {
    if image.pixels().any(|pixel| pixel.0[3] < 255) {
        remarks.push(Remark::Flattened { background });
    }
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0;
        Rgb([
            mix(r, background[0], alpha),
            mix(g, background[1], alpha),
            mix(b, background[2], alpha),
        ])
    })
}

/// Alpha over an opaque byte, rounded to nearest.
fn mix(over: u8, under: u8, alpha: u8) -> u8 {
    let (over, under, alpha) = (u32::from(over), u32::from(under), u32::from(alpha));
    ((over * alpha + under * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_clipped_and_nan_is_black() {
        let samples = vec![f32::NAN, -1.0, 2.0, f32::INFINITY, 0.5, 1.0];
        let image = image::Rgb32FImage::from_raw(2, 1, samples).unwrap();
        let mut remarks = vec![];
        let pixels = to_rgb8(DynamicImage::ImageRgb32F(image), [255; 3], &mut remarks);
        assert_eq!(pixels.into_raw(), [0, 0, 255, 255, 128, 255]);
        assert_eq!(remarks, [Remark::Float]);
    }

    #[test]
    fn opaque_pixels_keep_their_bytes_and_clear_ones_take_the_background() {
        for byte in 0..=255 {
            assert_eq!(mix(byte, 77, 255), byte);
            assert_eq!(mix(byte, 77, 0), 77);
        }
    }
}
