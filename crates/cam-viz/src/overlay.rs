//! A heat map laid over its image.

use image::{Rgb, RgbImage};

use crate::colormap::Colormap;
use cam_map::Map;

/// Rounding may carry a map past its ends by this much; it is clamped, not refused.
const RANGE_TOLERANCE: f32 = 1e-5;

/// Why an overlay could not be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OverlayError {
    /// Map and image differ in size.
    #[error(
        "the map is {map_width}x{map_height}, the image {width}x{height}: resize the map to the image first"
    )]
    SizeMismatch {
        /// The map's width.
        map_width: usize,
        /// The map's height.
        map_height: usize,
        /// The image's width.
        width: u32,
        /// The image's height.
        height: u32,
    },
    /// The map has values beyond `0..=1`.
    #[error("the map reaches from {min} to {max}, drawing needs 0 to 1: take `min_max` first")]
    OutOfRange {
        /// The map's smallest value.
        min: f32,
        /// The map's largest value.
        max: f32,
    },
    /// The map has NaN or infinite values.
    #[error(
        "the map has values that are not finite: nothing can be drawn, look at the network's output"
    )]
    NotFinite,
    /// The image's weight is beyond `0..=1`.
    #[error(
        "the image's weight is {weight}, it must be between 0 (only colours) and 1 (only image)"
    )]
    Weight {
        /// The weight asked for.
        weight: f32,
    },
}

/// How a heat map is laid over an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverlayStyle {
    /// The colours of the map.
    pub colormap: Colormap,
    /// The image's share, `0..=1`; the colours have the rest.
    pub image_weight: f32,
}

impl Default for OverlayStyle {
    fn default() -> OverlayStyle {
        OverlayStyle { colormap: Colormap::default(), image_weight: 0.5 }
    }
}

/// The map's colours over the image: `(1 - w) * colour + w * image`, rounded to the nearest byte.
///
/// The table is entered at `round(255 * value)`. The image keeps its brightness: two overlays with one
/// style can be compared. For the arithmetic of pytorch-grad-cam see [`overlay_compat`](crate::overlay_compat).
///
/// # Shapes
/// `image` and `map`: the same width and height; `map` in `0..=1`.
///
/// # Errors
/// Every variant of [`OverlayError`].
///
/// # Examples
/// ```
/// use cam_viz::{Colormap, Map, OverlayError, OverlayStyle, overlay};
///
/// let black = image::RgbImage::new(2, 1);
/// let map = Map::new(2, 1, vec![0.0, 1.0])?;
/// let style = OverlayStyle { colormap: Colormap::default(), image_weight: 0.0 };
/// let picture = overlay(&black, &map, &style)?;
/// assert_eq!(picture.get_pixel(1, 0).0, style.colormap.color(1.0));
/// // What nobody has scaled is refused, not scaled in passing.
/// let raw = Map::new(2, 1, vec![-3.0, 40.0])?;
/// assert!(matches!(overlay(&black, &raw, &style), Err(OverlayError::OutOfRange { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn overlay(
    image: &RgbImage,
    map: &Map,
    style: &OverlayStyle,
) -> Result<RgbImage, OverlayError> {
    check(image, map, style.image_weight)?;
    check_unit_range(map)?;
    Ok(blend(image, map, |pixel, value| {
        mix(pixel, style.colormap.color(value), 1.0 - style.image_weight)
    }))
}

/// What every overlay asks for: equal sizes, finite values, a weight in range.
pub(crate) fn check(image: &RgbImage, map: &Map, weight: f32) -> Result<(), OverlayError> {
    let (width, height) = image.dimensions();
    if (map.width(), map.height()) != (width as usize, height as usize) {
        let (map_width, map_height) = (map.width(), map.height());
        return Err(OverlayError::SizeMismatch { map_width, map_height, width, height });
    }
    if !(0.0..=1.0).contains(&weight) {
        return Err(OverlayError::Weight { weight });
    }
    if map.is_finite() { Ok(()) } else { Err(OverlayError::NotFinite) }
}

pub(crate) fn check_unit_range(map: &Map) -> Result<(), OverlayError> {
    let (min, max) = (map.min(), map.max());
    if min < -RANGE_TOLERANCE || max > 1.0 + RANGE_TOLERANCE {
        return Err(OverlayError::OutOfRange { min, max });
    }
    Ok(())
}

pub(crate) fn blend(
    image: &RgbImage,
    map: &Map,
    color: impl Fn([u8; 3], f32) -> [u8; 3],
) -> RgbImage {
    let mut out = image.clone();
    for (pixel, &value) in out.pixels_mut().zip(map.values()) {
        *pixel = Rgb(color(pixel.0, value));
    }
    out
}

pub(crate) fn mix(pixel: [u8; 3], color: [u8; 3], opacity: f32) -> [u8; 3] {
    std::array::from_fn(|c| {
        let mixed = opacity * f32::from(color[c]) + (1.0 - opacity) * f32::from(pixel[c]);
        // Nothing here is negative, so that adding a half and truncating rounds to nearest.
        (mixed + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> RgbImage {
        RgbImage::from_fn(2, 1, |x, _| Rgb([10 * x as u8, 100, 201]))
    }

    fn map(values: [f32; 2]) -> Map {
        Map::new(2, 1, values.to_vec()).unwrap()
    }

    #[test]
    fn weight_one_is_the_image_and_weight_zero_the_colours() {
        let style = |image_weight| OverlayStyle { colormap: Colormap::Jet, image_weight };
        assert_eq!(overlay(&image(), &map([0.0, 1.0]), &style(1.0)).unwrap(), image());
        let colors = overlay(&image(), &map([0.0, 1.0]), &style(0.0)).unwrap();
        assert_eq!(colors.into_raw(), [0, 0, 128, 128, 0, 0]);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let style = OverlayStyle::default();
        let tall = Map::new(1, 2, vec![0.0; 2]).unwrap();
        assert!(matches!(overlay(&image(), &tall, &style), Err(OverlayError::SizeMismatch { .. })));
        let raw = overlay(&image(), &map([-0.5, 3.0]), &style);
        assert_eq!(raw, Err(OverlayError::OutOfRange { min: -0.5, max: 3.0 }));
        assert_eq!(overlay(&image(), &map([f32::NAN, 0.0]), &style), Err(OverlayError::NotFinite));
        let heavy = OverlayStyle { image_weight: 1.5, ..style };
        let refused = overlay(&image(), &map([0.0, 0.0]), &heavy);
        assert_eq!(refused, Err(OverlayError::Weight { weight: 1.5 }));
    }
}
