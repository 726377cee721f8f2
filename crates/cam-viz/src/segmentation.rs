//! Which of many things is where: a colour for each, over the image, and what the colours mean.

use image::{Rgb, RgbImage};
use imageproc::drawing::draw_filled_rect_mut;
use imageproc::rect::Rect;

use crate::overlay::mix;
use crate::text;

const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [28, 30, 34];
const GREY: [u8; 3] = [108, 112, 120];

/// Sizes of a legend, in pixels.
const PITCH: u32 = 26;
const TEXT: u32 = 16;
const SQUARE: u32 = 16;
const MARGIN: u32 = 8;
/// Names are cut beyond this.
const WIDEST_NAME: u32 = 220;

/// A colour for each number, neighbours far apart: hues by the golden angle, in three brightnesses.
pub fn qualitative_color(index: usize) -> [u8; 3] {
    const GOLDEN_ANGLE: f64 = 137.507_764;
    let hue = (index as f64 * GOLDEN_ANGLE + 10.0) % 360.0;
    let value = [0.95, 0.72, 0.85][index % 3];
    let saturation = [0.75, 0.85, 0.55][index % 3];
    let channel = |n: f64| {
        let k = (n + hue / 60.0) % 6.0;
        let factor = k.min(4.0 - k).clamp(0.0, 1.0);
        (255.0 * value * (1.0 - saturation * factor)).round() as u8
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}

/// The image in grey with a colour over every pixel that has a label; the image's own share is
/// `image_weight`.
///
/// # Shapes
/// One label for each pixel, row by row; missing ones count as none.
pub fn overlay_labels(image: &RgbImage, labels: &[Option<usize>], image_weight: f32) -> RgbImage {
    let opacity = (1.0 - image_weight).clamp(0.0, 1.0);
    let mut out = image.clone();
    for (index, pixel) in out.pixels_mut().enumerate() {
        let Rgb([r, g, b]) = *pixel;
        // Rec. 601, as everywhere.
        let grey = (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1000;
        let grey = [grey as u8; 3];
        *pixel = Rgb(match labels.get(index).copied().flatten() {
            Some(label) => mix(grey, qualitative_color(label), opacity),
            None => grey,
        });
    }
    out
}

/// What colours mean: a square, a name and a remark for each label, from the top. The page is at least
/// `least_height` pixels high, so that a figure need not enlarge it.
pub fn legend(entries: &[(usize, String, String)], least_height: u32) -> RgbImage {
    let names = entries.iter().map(|(_, name, _)| text::width(name, TEXT)).max().unwrap_or(0);
    let names = names.min(WIDEST_NAME);
    let remarks = entries.iter().map(|(_, _, remark)| text::width(remark, TEXT)).max().unwrap_or(0);
    let name_at = 2 * MARGIN + SQUARE;
    let remark_at = name_at + names + 2 * MARGIN;
    let height = (2 * MARGIN + PITCH * entries.len().max(1) as u32).max(least_height.min(4096));
    let mut page = RgbImage::from_pixel(remark_at + remarks + MARGIN, height, Rgb(PAPER));
    for (row, (label, name, remark)) in entries.iter().enumerate() {
        let y = MARGIN + PITCH * row as u32;
        let square = Rect::at(MARGIN as i32, y as i32 + 2).of_size(SQUARE, SQUARE);
        draw_filled_rect_mut(&mut page, square, Rgb(qualitative_color(*label)));
        let name = text::wrap(name, TEXT, WIDEST_NAME, 1).concat();
        text::draw(&mut page, (name_at, y), TEXT, INK, &name);
        text::draw(&mut page, (remark_at, y), TEXT, GREY, remark);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colours_are_far_apart() {
        for a in 0..12 {
            for b in 0..a {
                let [x, y] = [a, b].map(qualitative_color);
                let apart: u32 = x.iter().zip(y).map(|(&x, y)| u32::from(x.abs_diff(y))).sum();
                assert!(apart > 50, "{a} {x:?} and {b} {y:?}");
            }
        }
    }

    #[test]
    fn what_has_no_label_is_grey_and_what_has_one_is_coloured() {
        let image = RgbImage::from_pixel(2, 1, Rgb([200, 100, 50]));
        let out = overlay_labels(&image, &[Some(0), None], 0.0);
        assert_eq!(out.get_pixel(0, 0).0, qualitative_color(0));
        let [r, g, b] = out.get_pixel(1, 0).0;
        assert!(r == g && g == b);
        assert_eq!(overlay_labels(&image, &[], 0.5).dimensions(), (2, 1));
    }

    #[test]
    fn a_legend_has_a_row_for_each_entry() {
        let entry = |label| (label, "a name".to_owned(), "3 %".to_owned());
        let [one, three] =
            [1, 3].map(|count| legend(&(0..count).map(entry).collect::<Vec<_>>(), 0));
        assert_eq!(three.height() - one.height(), 2 * PITCH);
        assert_eq!(legend(&[(0, "x".repeat(10_000), String::new())], 320).height(), 320);
    }
}
