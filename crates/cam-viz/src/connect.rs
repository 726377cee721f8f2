//! Two pictures side by side, with lines between what belongs together.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use imageproc::drawing::{draw_antialiased_line_segment_mut, draw_filled_circle_mut};
use imageproc::pixelops::interpolate;

const PAPER: Rgb<u8> = Rgb([255, 255, 255]);

/// Colours that are told apart on photographs, in the order of use.
const COLORS: [[u8; 3]; 8] = [
    [255, 225, 25],
    [0, 200, 255],
    [255, 80, 200],
    [120, 255, 90],
    [255, 140, 0],
    [170, 130, 255],
    [255, 255, 255],
    [255, 60, 60],
];

/// A line's edge, against backgrounds of its own colour.
const EDGE: [u8; 3] = [20, 20, 20];

/// A point of the left picture and one of the right: each across and down, in 0..=1 of its sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    /// In the left picture.
    pub from: [f32; 2],
    /// In the right picture.
    pub to: [f32; 2],
}

/// The pictures at one height with a gap between them, and every connection as a line with dots at its
/// ends, the first ones on top.
///
/// Colours repeat after eight. Points beyond `0..=1`, and NaN, are taken to the nearest edge. A picture
/// without pixels is left blank.
pub fn connect(
    pictures: [&RgbImage; 2],
    connections: &[Connection],
    height: u32,
    gap: u32,
) -> RgbImage {
    let height = height.clamp(1, 4096);
    let widths = pictures.map(|picture| {
        let aspect = f64::from(picture.width()) / f64::from(picture.height().max(1));
        ((aspect * f64::from(height)).round() as u32).clamp(1, 3 * height)
    });
    let starts = [0, widths[0] + gap];
    let mut page = RgbImage::from_pixel(starts[1] + widths[1], height, PAPER);
    for (side, picture) in pictures.into_iter().enumerate() {
        if picture.width() > 0 && picture.height() > 0 {
            let scaled = imageops::resize(picture, widths[side], height, FilterType::CatmullRom);
            imageops::replace(&mut page, &scaled, starts[side].into(), 0);
        }
    }
    let place = |side: usize, [across, down]: [f32; 2]| {
        let on = |share: f32, length: u32| {
            let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
            (share * (length - 1) as f32).round() as i32
        };
        (starts[side] as i32 + on(across, widths[side]), on(down, height))
    };
    for (index, connection) in connections.iter().enumerate().rev() {
        let (from, to) = (place(0, connection.from), place(1, connection.to));
        let color = COLORS[index % COLORS.len()];
        stroke(&mut page, from, to, 2, EDGE);
        stroke(&mut page, from, to, 1, color);
        for end in [from, to] {
            draw_filled_circle_mut(&mut page, end, 6, Rgb(EDGE));
            draw_filled_circle_mut(&mut page, end, 4, Rgb(color));
        }
    }
    page
}

/// A line that is `2 * reach + 1` pixels thick.
fn stroke(page: &mut RgbImage, from: (i32, i32), to: (i32, i32), reach: i32, color: [u8; 3]) {
    let is_flat = (to.0 - from.0).abs() >= (to.1 - from.1).abs();
    for by in -reach..=reach {
        let shifted = |(x, y): (i32, i32)| if is_flat { (x, y + by) } else { (x + by, y) };
        draw_antialiased_line_segment_mut(
            page,
            shifted(from),
            shifted(to),
            Rgb(color),
            interpolate,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> RgbImage {
        RgbImage::from_pixel(width, height, Rgb([90, 90, 90]))
    }

    #[test]
    fn a_line_has_its_colour_at_both_ends() {
        let (left, right) = (grey(100, 50), grey(50, 50));
        let connection = Connection { from: [0.5, 0.5], to: [0.5, 0.25] };
        let page = connect([&left, &right], &[connection], 200, 20);
        assert_eq!(page.dimensions(), (400 + 20 + 200, 200));
        assert_eq!(page.get_pixel(200, 100).0, COLORS[0]);
        assert_eq!(page.get_pixel(420 + 100, 50).0, COLORS[0]);
        assert_eq!(page.get_pixel(10, 10).0, [90, 90, 90]);
        assert_eq!(page.get_pixel(410, 190).0, PAPER.0, "the gap is left blank");
    }

    #[test]
    fn anything_can_be_drawn() {
        let nowhere = Connection { from: [f32::NAN, -3.0], to: [f32::INFINITY, 7.0] };
        let page = connect([&RgbImage::new(0, 0), &grey(3, 1)], &[nowhere; 20], 30, 0);
        assert_eq!(page.height(), 30);
    }
}
