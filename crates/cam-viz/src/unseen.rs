//! What a network did not see of a picture: pale and hatched, never coloured.

use image::imageops;
use image::{Rgb, RgbImage};

use crate::overlay::mix;
use cam_map::Window;

/// What the picture fades towards, and how far.
const VEIL: ([u8; 3], f32) = ([176, 178, 182], 0.6);
/// The hatching, and how far it hides the picture.
const HATCH: ([u8; 3], f32) = ([108, 112, 120], 0.7);
/// Hatching lines along the longer side, so that a figure shows as many as the picture.
const LINES: u32 = 36;

/// Draws on the part of a picture that a window covers, and hatches the rest, which was not seen.
///
/// `draw` is given that part alone, and gives a picture of the same size.
///
/// # Errors
/// Those of `draw`.
///
/// # Examples
/// ```
/// use cam_viz::{Map, OverlayError, OverlayStyle, Window, draw_seen, overlay};
///
/// let picture = image::RgbImage::new(40, 20);
/// // A network saw the square in the middle.
/// let seen = Window::of([10.0, 0.0, 20.0, 20.0], (40, 20)).expect("it lies in the picture");
/// let map = Map::new(2, 2, vec![0.0, 0.5, 0.5, 1.0])?.onto(&seen, 40, 20)?;
/// assert_eq!((map.width(), map.height()), (20, 20));
/// let drawn = draw_seen(&picture, &seen, |part| overlay(part, &map, &OverlayStyle::default()))?;
/// assert_eq!(drawn.dimensions(), (40, 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn draw_seen<E>(
    picture: &RgbImage,
    window: &Window,
    draw: impl FnOnce(&RgbImage) -> Result<RgbImage, E>,
) -> Result<RgbImage, E> {
    let seen = window.pixels(picture.dimensions());
    if (seen.width, seen.height) == picture.dimensions() {
        return draw(picture);
    }
    let part = imageops::crop_imm(picture, seen.x, seen.y, seen.width, seen.height).to_image();
    let drawn = draw(&part)?;
    let mut page = hatched(picture);
    imageops::replace(&mut page, &drawn, seen.x.into(), seen.y.into());
    Ok(page)
}

/// The picture in pale grey under diagonal lines.
fn hatched(picture: &RgbImage) -> RgbImage {
    let pitch = (picture.width().max(picture.height()) / LINES).max(4);
    let mut out = picture.clone();
    for (x, y, pixel) in out.enumerate_pixels_mut() {
        let Rgb([r, g, b]) = *pixel;
        let grey = (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1000;
        let (color, opacity) = if (x + y) % pitch < pitch.div_ceil(4) { HATCH } else { VEIL };
        *pixel = Rgb(mix([grey as u8; 3], color, opacity));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgb<u8> = Rgb([255, 0, 0]);

    fn drawn(window: [f64; 4]) -> RgbImage {
        let picture = RgbImage::from_pixel(40, 20, Rgb([20, 200, 20]));
        let window = Window::of(window, (40, 20)).unwrap();
        let red = |part: &RgbImage| -> Result<RgbImage, ()> {
            Ok(RgbImage::from_pixel(part.width(), part.height(), RED))
        };
        draw_seen(&picture, &window, red).unwrap()
    }

    #[test]
    fn what_was_not_seen_has_no_colour_and_is_hatched() {
        let page = drawn([10.0, 0.0, 20.0, 20.0]);
        let mut greys = std::collections::BTreeSet::new();
        for (x, _, pixel) in page.enumerate_pixels() {
            if (10..30).contains(&x) {
                assert_eq!(*pixel, RED);
            } else {
                assert!(pixel.0[0].abs_diff(pixel.0[2]) < 12, "{pixel:?} is a colour");
                greys.insert(pixel.0);
            }
        }
        assert_eq!(greys.len(), 2, "lines and what lies between them");
    }

    #[test]
    fn all_of_a_picture_with_borders_is_drawn_on() {
        assert!(drawn([0.0, -10.0, 40.0, 40.0]).pixels().all(|&pixel| pixel == RED));
    }
}
