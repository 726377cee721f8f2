use cam_viz::{Map, Pixels, Window};
use serde::Serialize;

/// Where a connected region of a finished map lies on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BoundingBox {
    /// Its first column, in pixels of the picture.
    pub left: u32,
    /// Its first row.
    pub top: u32,
    /// Its columns, at least one.
    pub width: u32,
    /// Its rows, at least one.
    pub height: u32,
    /// The region's share of what the network saw of the picture, 0..=1.
    pub area: f32,
    /// The map's largest value in the region.
    pub max: f32,
    /// The map's mean in the region.
    pub mean: f32,
}

impl BoundingBox {
    /// The rectangle.
    pub fn pixels(&self) -> Pixels {
        Pixels { x: self.left, y: self.top, width: self.width, height: self.height }
    }
}

/// The boxes of a finished map that lies in a window of a picture of a width and height.
///
/// Edges are rounded to the nearest pixel of the picture.
pub fn of(map: &Map, threshold: f32, window: &Window, picture: (u32, u32)) -> Vec<BoundingBox> {
    let sides = [map.width() as f64, map.height() as f64];
    let seen = window.inside();
    // From pixels of the map to pixels of the picture.
    let placed = |x: u32, y: u32| {
        let [across, down] = seen.to_picture([f64::from(x) / sides[0], f64::from(y) / sides[1]]);
        [across * f64::from(picture.0), down * f64::from(picture.1)]
    };
    let regions = map.regions(threshold).into_iter();
    let boxes = regions.filter_map(|region| {
        let Pixels { x, y, width, height } = region.bounds;
        let ([left, top], [right, bottom]) = (placed(x, y), placed(x + width, y + height));
        let covered = Window::of([left, top, right - left, bottom - top], picture)?.pixels(picture);
        Some(BoundingBox {
            left: covered.x,
            top: covered.y,
            width: covered.width,
            height: covered.height,
            area: (region.pixels as f64 / (sides[0] * sides[1])) as f32,
            max: region.max,
            mean: region.mean(),
        })
    });
    boxes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(window: [f64; 4], picture: (u32, u32)) -> Vec<[u32; 4]> {
        // Of four by two pixels, the second and third of the lower row.
        let map = Map::new(4, 2, vec![0.0, 0.1, 0.0, 0.2, 0.0, 0.5, 1.0, 0.0]);
        let window = Window::of(window, picture).expect("it meets the picture");
        let found = of(&map.expect("eight values"), 0.5, &window, picture);
        assert!(found.iter().all(|b| (b.area, b.max, b.mean) == (0.25, 1.0, 0.75)), "{found:?}");
        found.iter().map(|b| [b.left, b.top, b.width, b.height]).collect()
    }

    #[test]
    fn a_box_lies_on_the_picture_as_the_map_does() {
        assert_eq!(boxes([0.0, 0.0, 400.0, 200.0], (400, 200)), [[100, 100, 200, 100]]);
        // Cropped: the network saw the middle half.
        assert_eq!(boxes([100.0, 0.0, 200.0, 200.0], (400, 200)), [[150, 100, 100, 100]]);
        // Padded above and below: the finished map is that of the picture alone.
        assert_eq!(boxes([0.0, -100.0, 400.0, 400.0], (400, 200)), [[100, 100, 200, 100]]);
        // A picture smaller than the map still has a pixel for it.
        assert_eq!(boxes([0.0, 0.0, 1.0, 1.0], (1, 1)), [[0, 0, 1, 1]]);
    }
}
