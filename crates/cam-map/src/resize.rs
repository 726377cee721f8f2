//! Resizing of maps: bilinear, as OpenCV's `INTER_LINEAR` computes it on f32, or in flat steps.

use std::ops::Range;

use crate::{Map, MapError, Pixels, Window};

/// What lies between the middles of a map's pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Between {
    /// Each pixel is flat up to its edges.
    Steps,
    /// Linear.
    Lines,
}

/// One output position's two source positions and the weight of the second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tap {
    first: usize,
    second: usize,
    weight: f32,
}

impl Map {
    /// The map at another size, bilinear.
    ///
    /// Output pixel `d` reads source position `(d + 0.5) * source / target - 0.5`, positions beyond the
    /// outer pixels' centres read the outer pixels. There is no antialiasing: shrinking skips pixels.
    /// The same as OpenCV's `resize(.., INTER_LINEAR)` on f32 to 1e-6, and as bilinear interpolation with
    /// `align_corners=False` elsewhere. Values stay within the map's range; the peak of a map is *not*
    /// reached when it is enlarged by an even factor, for no output pixel lies at its centre.
    ///
    /// # Errors
    /// [`MapError::Empty`] where a side is 0, [`MapError::TooLarge`] where the result would exceed 2^28 values.
    pub fn resize(&self, width: usize, height: usize) -> Result<Map, MapError> {
        fitted(self, width, height, Between::Lines)
    }

    /// The map as it lies on a picture of a width and height, bilinear: as large as the pixels that its
    /// window covers ([`Window::pixels`]). What lies beyond the picture is left out.
    ///
    /// # Errors
    /// As [`resize`](Map::resize).
    pub fn onto(&self, window: &Window, width: usize, height: usize) -> Result<Map, MapError> {
        placed(self, window, (width, height), Between::Lines)
    }
}

/// The map at another size.
pub(crate) fn fitted(
    map: &Map,
    width: usize,
    height: usize,
    between: Between,
) -> Result<Map, MapError> {
    if width == 0 || height == 0 {
        return Err(MapError::Empty { width, height });
    }
    if is_too_large(map, width, height) {
        return Err(MapError::TooLarge { width, height });
    }
    if (width, height) == (map.width(), map.height()) {
        return Ok(map.clone());
    }
    let columns = taps(map.width(), width, between);
    stretch(map, &columns, &taps(map.height(), height, between))
}

/// The map as it lies on a picture of a width and height.
pub(crate) fn placed(
    map: &Map,
    window: &Window,
    (width, height): (usize, usize),
    between: Between,
) -> Result<Map, MapError> {
    if window.is_whole() {
        return fitted(map, width, height, between);
    }
    if width == 0 || height == 0 {
        return Err(MapError::Empty { width, height });
    }
    let too_large = MapError::TooLarge { width, height };
    let (Ok(across), Ok(down)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err(too_large);
    };
    let Pixels { x, y, width: w, height: h } = window.pixels((across, down));
    if is_too_large(map, w as usize, h as usize) {
        return Err(too_large);
    }
    let share = |d: usize, side: usize| (d as f64 + 0.5) / side as f64;
    let column = |d| window.to_map([share(d, width), 0.0])[0];
    let row = |d| window.to_map([0.0, share(d, height)])[1];
    let columns = taps_at(map.width(), covered(x, w), column, between);
    stretch(map, &columns, &taps_at(map.height(), covered(y, h), row, between))
}

/// Whether the result, and the half-way state with the source's height, may be allocated.
pub(crate) fn is_too_large(map: &Map, width: usize, height: usize) -> bool {
    let tallest = height.max(map.height());
    width.checked_mul(tallest).is_none_or(|values| values > Map::MOST_VALUES)
}

/// `[h, w]` -> `[rows, columns]`.
fn stretch(map: &Map, columns: &[Tap], rows: &[Tap]) -> Result<Map, MapError> {
    let mut wide = Vec::with_capacity(columns.len() * map.height());
    stretch_rows(map.values(), map.width(), columns, &mut wide);
    let mut values = Vec::with_capacity(columns.len() * rows.len());
    for tap in rows {
        values.extend(between_rows(&wide, columns.len(), tap));
    }
    Map::new(columns.len(), rows.len(), values)
}

/// `[h, width]` -> `[h, columns]`, which replaces what was in `wide`.
pub(crate) fn stretch_rows(values: &[f32], width: usize, columns: &[Tap], wide: &mut Vec<f32>) {
    wide.clear();
    for row in values.chunks_exact(width) {
        wide.extend(columns.iter().map(|tap| mix(row[tap.first], row[tap.second], tap.weight)));
    }
}

/// A row between two rows of `[h, width]`: whole rows at a time, so that the loop is a plain sweep.
pub(crate) fn between_rows<'a>(
    wide: &'a [f32],
    width: usize,
    &Tap { first, second, weight }: &Tap,
) -> impl ExactSizeIterator<Item = f32> + use<'a> {
    let [first, second] = [first, second].map(|row| &wide[row * width..][..width]);
    first.iter().zip(second).map(move |(&a, &b)| mix(a, b, weight))
}

/// The form OpenCV sums in; `a + w * (b - a)` differs in the last bits.
fn mix(a: f32, b: f32, weight: f32) -> f32 {
    a * (1.0 - weight) + b * weight
}

/// Where `to` values come from along a side of `from` values.
pub(crate) fn taps(from: usize, to: usize, between: Between) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    (0..to).map(|d| between.tap(((d as f64 + 0.5) * scale - 0.5) as f32, from - 1)).collect()
}

/// The taps of some pixels, whose places in the source are shares of its side.
fn taps_at(
    from: usize,
    pixels: Range<usize>,
    share: impl Fn(usize) -> f64,
    between: Between,
) -> Vec<Tap> {
    pixels.map(|d| between.tap((share(d) * from as f64 - 0.5) as f32, from - 1)).collect()
}

fn covered(first: u32, count: u32) -> Range<usize> {
    first as usize..(first + count) as usize
}

impl Between {
    fn tap(self, position: f32, last: usize) -> Tap {
        match self {
            Self::Steps => step(position, last),
            Self::Lines => line(position, last),
        }
    }
}

/// The source pixel that holds the position; between two, the second.
fn step(position: f32, last: usize) -> Tap {
    let nearest = ((position + 0.5).max(0.0) as usize).min(last);
    Tap { first: nearest, second: nearest, weight: 0.0 }
}

fn line(position: f32, last: usize) -> Tap {
    let position = position.max(0.0);
    // Beyond the last centre both taps are the last pixel, whatever the weight.
    let first = (position.floor() as usize).min(last);
    let weight = if first == last { 0.0 } else { position - first as f32 };
    Tap { first, second: (first + 1).min(last), weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pixels_become_a_ramp_with_flat_ends() {
        let map = Map::new(2, 1, vec![0.0, 1.0]).unwrap();
        let wide = map.resize(4, 1).unwrap();
        assert_eq!(wide.values(), [0.0, 0.25, 0.75, 1.0]);
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let map = Map::new(3, 2, vec![0.1, 0.2, 0.3, -0.4, 0.5, 0.6]).unwrap();
        assert_eq!(map.resize(3, 2).unwrap(), map);
    }

    #[test]
    fn impossible_sizes_are_errors() {
        let map = Map::new(1, 1, vec![1.0]).unwrap();
        assert!(matches!(map.resize(0, 4), Err(MapError::Empty { .. })));
        assert!(matches!(map.resize(usize::MAX, 4), Err(MapError::TooLarge { .. })));
        assert!(matches!(map.resize(usize::MAX / 8, 1), Err(MapError::TooLarge { .. })));
    }

    #[test]
    fn borders_around_a_picture_are_cut_away() {
        // A picture of 4x2 pixels in an input of 4x4: one row above it, one below.
        let window = Window::of([0.0, -1.0, 4.0, 4.0], (4, 2)).unwrap();
        let map = Map::new(4, 4, (0..16).map(|i| i as f32).collect()).unwrap();
        let cut = map.onto(&window, 4, 2).unwrap();
        assert_eq!(cut.values(), [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        // At twice the size each row lies a quarter of the way to its neighbour, borders included.
        let rows = Map::new(1, 4, vec![0.0, 1.0, 2.0, 3.0]).unwrap().onto(&window, 1, 4).unwrap();
        assert_eq!(rows.values(), [0.75, 1.25, 1.75, 2.25]);
    }

    #[test]
    fn a_map_of_a_part_is_as_large_as_the_part() {
        let window = Window::of([1.0, 0.0, 2.0, 2.0], (4, 2)).unwrap();
        let map = Map::new(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(map.onto(&window, 4, 2).unwrap(), map);
        let large = map.onto(&window, 400, 200).unwrap();
        assert_eq!(large, map.resize(200, 200).unwrap());
    }

    #[test]
    fn on_all_of_a_picture_a_map_is_resized() {
        let map = Map::new(3, 2, vec![0.1, 0.2, 0.3, -0.4, 0.5, 0.6]).unwrap();
        assert_eq!(map.onto(&Window::WHOLE, 17, 9).unwrap(), map.resize(17, 9).unwrap());
    }
}
