//! Where a map lies on a picture, of which a network may have seen a part only, or with borders around it.

/// The shares of two sides that are taken for one place: far below a pixel of any picture.
const SAME_PLACE: f64 = 1e-9;

/// The rectangle of a picture that a map covers, in shares of the picture's sides: `0, 0, 1, 1` is all of
/// it. It reaches beyond the picture where the network saw borders around it, and lies inside where the
/// network saw a part of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// A rectangle of whole pixels, inside of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels {
    /// Its first column.
    pub x: u32,
    /// Its first row.
    pub y: u32,
    /// Columns, at least one of a picture that has any.
    pub width: u32,
    /// Rows, likewise.
    pub height: u32,
}

impl Window {
    /// All of the picture.
    pub const WHOLE: Window = Window { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };

    /// From a rectangle `[left, top, width, height]` in pixels of a picture `(width, height)`.
    ///
    /// `None` where it has no size or does not meet the picture.
    pub fn of(rectangle: [f64; 4], picture: (u32, u32)) -> Option<Window> {
        let (across, down) = (f64::from(picture.0), f64::from(picture.1));
        let [left, top, width, height] = rectangle;
        let window = Window {
            left: left / across,
            top: top / down,
            width: width / across,
            height: height / down,
        };
        let meets = |begin: f64, length: f64| {
            begin.is_finite()
                && length.is_finite()
                && length > 0.0
                && begin < 1.0
                && begin + length > 0.0
        };
        let is_there = meets(window.left, window.width) && meets(window.top, window.height);
        is_there.then_some(window)
    }

    /// Its part inside of the picture: what was seen of it.
    pub fn inside(&self) -> Window {
        let clipped = |begin: f64, length: f64| {
            let (from, to) = (begin.max(0.0), (begin + length).min(1.0));
            (from, to - from)
        };
        let (left, width) = clipped(self.left, self.width);
        let (top, height) = clipped(self.top, self.height);
        Window { left, top, width, height }
    }

    /// Whether it is the picture's own rectangle.
    pub fn is_whole(&self) -> bool {
        let whole = Window::WHOLE;
        [self.left, self.top, self.width - whole.width, self.height - whole.height]
            .into_iter()
            .all(|off| off.abs() < SAME_PLACE)
    }

    /// The pixels that it covers of a picture of a size, its edges rounded to the nearest.
    pub fn pixels(&self, (width, height): (u32, u32)) -> Pixels {
        let Window { left, top, width: across, height: down } = self.inside();
        let along = |begin: f64, length: f64, side: u32| {
            let edge = |share: f64| ((share * f64::from(side)).round() as u32).min(side);
            let first = edge(begin).min(side.saturating_sub(1));
            (first, edge(begin + length).max(first + 1).min(side) - first)
        };
        let (x, width) = along(left, across, width);
        let (y, height) = along(top, down, height);
        Pixels { x, y, width, height }
    }

    /// A point of the map, in shares of its sides, as a point of the picture, in shares of its sides.
    pub fn to_picture(&self, [across, down]: [f64; 2]) -> [f64; 2] {
        [self.left + across * self.width, self.top + down * self.height]
    }

    /// A point of the picture, in shares of its sides, as a point of the map; outside of `0..1` where the
    /// map does not reach.
    pub fn to_map(&self, [across, down]: [f64; 2]) -> [f64; 2] {
        [(across - self.left) / self.width, (down - self.top) / self.height]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_picture_is_its_middle_pixels() {
        let middle = Window::of([25.0, 0.0, 50.0, 40.0], (100, 40)).unwrap();
        assert_eq!(middle.pixels((100, 40)), Pixels { x: 25, y: 0, width: 50, height: 40 });
        assert_eq!(middle.pixels((10, 4)), Pixels { x: 3, y: 0, width: 5, height: 4 });
        assert_eq!(middle.pixels((1, 1)), Pixels { x: 0, y: 0, width: 1, height: 1 });
        assert!(!middle.is_whole());
    }

    #[test]
    fn borders_around_a_picture_are_no_part_of_it() {
        let padded = Window::of([0.0, -30.0, 100.0, 100.0], (100, 40)).unwrap();
        assert!(!padded.is_whole());
        assert!(padded.inside().is_whole());
        assert_eq!(padded.pixels((100, 40)), Pixels { x: 0, y: 0, width: 100, height: 40 });
    }

    #[test]
    fn a_point_comes_back_from_the_map() {
        let padded = Window::of([0.0, -30.0, 100.0, 100.0], (100, 40)).unwrap();
        assert_eq!(padded.to_map([0.5, 0.0]), [0.5, 0.3]);
        let [across, down] = padded.to_picture(padded.to_map([0.25, 0.75]));
        assert!((across - 0.25).abs() < 1e-12 && (down - 0.75).abs() < 1e-12);
    }

    #[test]
    fn a_rectangle_outside_of_the_picture_is_no_window() {
        for bad in [[100.0, 0.0, 5.0, 5.0], [0.0, 0.0, 0.0, 5.0], [f64::NAN, 0.0, 5.0, 5.0]] {
            assert_eq!(Window::of(bad, (100, 40)), None, "{bad:?}");
        }
    }
}
