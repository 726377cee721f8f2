//! Rectangles drawn on a picture.

use image::{Rgb, RgbImage};

use cam_map::Pixels;

/// White between dark edges: one of the two is seen on any photograph and on every colour map.
const LINE: Rgb<u8> = Rgb([255, 255, 255]);
const EDGE: Rgb<u8> = Rgb([20, 20, 20]);

/// The longer side, in pixels, of a picture on which a line is one pixel thick: that of a figure's panel.
const THIN: f64 = 320.0;

/// Outlines rectangles on a picture, from their edges inwards: a white line between two dark ones.
///
/// Lines are as thick as the picture is large, so that they are seen where it is scaled down.
pub fn outline(picture: &mut RgbImage, rectangles: &[Pixels]) {
    let longest = picture.width().max(picture.height());
    let thickness = ((f64::from(longest) / THIN).round() as u32).max(1);
    for rectangle in rectangles {
        for (ring, color) in [EDGE, LINE, EDGE].into_iter().enumerate() {
            let first = ring as u32 * thickness;
            (first..first + thickness).for_each(|inset| frame(picture, rectangle, inset, color));
        }
    }
}

/// A frame one pixel thick, so far inside of a rectangle's edges; none where the rectangle ends before.
fn frame(picture: &mut RgbImage, rectangle: &Pixels, inset: u32, color: Rgb<u8>) {
    let side = |start: u32, length: u32, limit: u32| {
        let (first, last) = (start + inset, (start + length).checked_sub(inset + 1)?);
        (first <= last && last < limit).then_some((first, last))
    };
    let across = side(rectangle.x, rectangle.width, picture.width());
    let down = side(rectangle.y, rectangle.height, picture.height());
    let Some(((left, right), (top, bottom))) = across.zip(down) else { return };
    for x in left..=right {
        picture.put_pixel(x, top, color);
        picture.put_pixel(x, bottom, color);
    }
    for y in top..=bottom {
        picture.put_pixel(left, y, color);
        picture.put_pixel(right, y, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_outlined_inside_its_edges() {
        let before = RgbImage::from_pixel(40, 20, Rgb([90, 90, 90]));
        let mut picture = before.clone();
        outline(&mut picture, &[Pixels { x: 4, y: 2, width: 20, height: 10 }]);
        let row: Vec<u8> = (2..10).map(|x| picture.get_pixel(x, 7).0[0]).collect();
        assert_eq!(row, [90, 90, 20, 255, 20, 90, 90, 90]);
        assert_eq!([picture[(23, 11)], picture[(22, 10)]], [EDGE, LINE]);
        assert_eq!(picture[(24, 12)], before[(24, 12)]);
    }

    #[test]
    fn lines_grow_with_the_picture() {
        let mut picture = RgbImage::from_pixel(1280, 640, Rgb([90, 90, 90]));
        outline(&mut picture, &[Pixels { x: 0, y: 0, width: 1280, height: 640 }]);
        let row: Vec<u8> = (0..13).map(|x| picture.get_pixel(x, 320).0[0]).collect();
        assert_eq!(row, [20, 20, 20, 20, 255, 255, 255, 255, 20, 20, 20, 20, 90]);
    }

    #[test]
    fn rectangles_of_any_size_are_drawn_as_far_as_they_go() {
        let mut picture = RgbImage::new(3, 1);
        outline(&mut picture, &[Pixels { x: 0, y: 0, width: 3, height: 1 }]);
        assert!(picture.pixels().all(|&pixel| pixel == EDGE));
        outline(&mut picture, &[Pixels { x: 2, y: 0, width: 9, height: 9 }]);
        outline(&mut RgbImage::new(0, 0), &[Pixels { x: 0, y: 0, width: 1, height: 1 }]);
    }
}
