//! A signed heat map laid over its image.

use image::RgbImage;

use crate::colormap::Colormap;
use crate::overlay::{OverlayError, blend, check, mix};
use cam_map::Map;

/// A signed map over its image: red where it is positive, blue where it is negative, and the untouched
/// image where it is 0.
///
/// With `m` the map's largest magnitude and `t = |value| / m`, a pixel's opacity is
/// `(1 - image_weight) * t * (2 - t)` and its colour the diverging table's at `sign * (1 + t) / 2`: the
/// table's pale middle is left to opacity, for white over an image is fog. A map of nothing but zeros leaves the
/// image as it is.
///
/// # Shapes
/// `image` and `map`: the same width and height; `map` finite, of any range.
///
/// # Errors
/// Every variant of [`OverlayError`] but [`OverlayError::OutOfRange`].
pub fn overlay_signed(
    image: &RgbImage,
    map: &Map,
    image_weight: f32,
) -> Result<RgbImage, OverlayError> {
    overlay_signed_within(image, map, map.max().max(-map.min()), image_weight)
}

/// The same on a scale that several maps share: full strength stands for the magnitude `largest`, and what
/// is beyond it is drawn as strong.
///
/// # Errors
/// As [`overlay_signed`].
pub fn overlay_signed_within(
    image: &RgbImage,
    map: &Map,
    largest: f32,
    image_weight: f32,
) -> Result<RgbImage, OverlayError> {
    check(image, map, image_weight)?;
    if largest == 0.0 {
        return Ok(image.clone());
    }
    Ok(blend(image, map, |pixel, value| {
        let strength = (value.abs() / largest).min(1.0);
        let signed = (0.5 + 0.5 * strength).copysign(value);
        let color = Colormap::Diverging.color(0.5 + 0.5 * signed);
        mix(pixel, color, (1.0 - image_weight) * strength * (2.0 - strength))
    }))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn image() -> RgbImage {
        RgbImage::from_fn(2, 1, |x, _| Rgb([10 * x as u8, 100, 201]))
    }

    fn map(values: [f32; 2]) -> Map {
        Map::new(2, 1, values.to_vec()).unwrap()
    }

    #[test]
    fn a_signed_map_leaves_the_image_where_it_is_zero() {
        let out = overlay_signed(&image(), &map([0.0, -4.0]), 0.0).unwrap();
        assert_eq!(out.get_pixel(0, 0), image().get_pixel(0, 0));
        assert_eq!(out.get_pixel(1, 0).0, Colormap::Diverging.table()[0]);
        assert_eq!(overlay_signed(&image(), &map([0.0, 0.0]), 0.5).unwrap(), image());
    }

    #[test]
    fn on_a_shared_scale_half_the_largest_is_half_as_strong() {
        // t = ½: the opacity is ½ · (2 − ½) = ¾, and the colour the table's at −(1 + ½)/2.
        let color = Colormap::Diverging.color(0.5 + 0.5 * -0.75);
        let drawn = overlay_signed_within(&image(), &map([0.0, -4.0]), 8.0, 0.0).unwrap();
        let expected = mix([10, 100, 201], color, 0.75);
        assert_eq!(drawn.get_pixel(1, 0).0, expected);
    }

    #[test]
    fn negating_the_map_swaps_the_colours() {
        let table = Colormap::Diverging.table();
        let out = overlay_signed(&image(), &map([1e-30, -1e-30]), 0.0).unwrap();
        assert_eq!(out.into_raw(), [table[255], table[0]].concat());
        let out = overlay_signed(&image(), &map([-1e30, 1e30]), 0.0).unwrap();
        assert_eq!(out.into_raw(), [table[0], table[255]].concat());
    }
}
