//! The overlay of pytorch-grad-cam, step by step.

use image::RgbImage;

use crate::overlay::{OverlayError, OverlayStyle, check, check_unit_range};
use cam_map::Map;

/// The overlay as pytorch-grad-cam's `show_cam_on_image` computes it.
///
/// `idx = u8(255 * map)`, truncated; `o = (1 - w) * table[idx] / 255 + w * image / 255`; `o /= max(o)`
/// over the whole picture; `u8(255 * o)`, truncated; all in f32. The division stretches every picture to
/// full brightness, so that two overlays cannot be compared: [`overlay`](crate::overlay()) does not.
/// The reference's colours are [`Colormap::Jet`](crate::Colormap::Jet).
///
/// # Shapes
/// `image` and `map`: the same width and height; `map` in `0..=1`.
///
/// # Errors
/// Every variant of [`OverlayError`].
///
/// # Deviations
/// Where `o` is black everywhere the reference divides 0 by 0; here the picture stays black.
///
/// # Source
/// pytorch-grad-cam 1.5.7, `utils/image.py`.
pub fn overlay_compat(
    image: &RgbImage,
    map: &Map,
    style: &OverlayStyle,
) -> Result<RgbImage, OverlayError> {
    check(image, map, style.image_weight)?;
    check_unit_range(map)?;
    let blended = blend(image, map, style);
    let brightest = blended.iter().copied().fold(0.0, f32::max);
    let mut out = image.clone();
    for (byte, value) in out.iter_mut().zip(blended) {
        // 0 / 0 is NaN, which the cast makes 0.
        *byte = (255.0 * (value / brightest)) as u8;
    }
    Ok(out)
}

/// `[h, w, 3]`, in `0..=1`.
fn blend(image: &RgbImage, map: &Map, style: &OverlayStyle) -> Vec<f32> {
    let table = style.colormap.table();
    let weight = style.image_weight;
    let mut blended = Vec::with_capacity(image.as_raw().len());
    for (pixel, &value) in image.pixels().zip(map.values()) {
        let color = table[usize::from((255.0 * value) as u8)];
        for (&c, &p) in color.iter().zip(&pixel.0) {
            blended.push((1.0 - weight) * (f32::from(c) / 255.0) + weight * (f32::from(p) / 255.0));
        }
    }
    blended
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Colormap;

    #[test]
    fn a_black_picture_stays_black() {
        let map = Map::new(1, 1, vec![0.0]).unwrap();
        let style = OverlayStyle { colormap: Colormap::Inferno, image_weight: 1.0 };
        let out = overlay_compat(&RgbImage::new(1, 1), &map, &style).unwrap();
        assert_eq!(out.into_raw(), [0, 0, 0]);
    }

    #[test]
    fn the_brightest_channel_becomes_full() {
        let map = Map::new(1, 1, vec![1.0]).unwrap();
        let style = OverlayStyle { colormap: Colormap::Jet, image_weight: 0.0 };
        let out = overlay_compat(&RgbImage::new(1, 1), &map, &style).unwrap();
        assert_eq!(out.into_raw(), [255, 0, 0]);
    }
}
