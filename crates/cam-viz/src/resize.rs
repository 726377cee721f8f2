//! Bilinear resizing of maps, as OpenCV's `INTER_LINEAR` computes it on f32.

use crate::map::{Map, MapError};

/// One output position's two source positions and the weight of the second.
#[derive(Debug, Clone, Copy)]
struct Tap {
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
        if width == 0 || height == 0 {
            return Err(MapError::Empty { width, height });
        }
        if is_too_large(self, width, height) {
            return Err(MapError::TooLarge { width, height });
        }
        if (width, height) == (self.width(), self.height()) {
            return Ok(self.clone());
        }
        let wide = stretch_rows(self, width);
        Map::new(width, height, stretch_columns(&wide, width, self.height(), height))
    }
}

/// Largest map that is made: 1 GiB, more than any picture within the default limits of decoding.
const MOST_VALUES: usize = 1 << 28;

/// Whether the result, and the half-way state with the source's height, may be allocated.
fn is_too_large(map: &Map, width: usize, height: usize) -> bool {
    let tallest = height.max(map.height());
    width.checked_mul(tallest).is_none_or(|values| values > MOST_VALUES)
}

/// `[h, w]` -> `[h, width]`.
fn stretch_rows(map: &Map, width: usize) -> Vec<f32> {
    let taps = taps(map.width(), width);
    let mut wide = Vec::with_capacity(width * map.height());
    for row in map.values().chunks_exact(map.width()) {
        wide.extend(taps.iter().map(|tap| mix(row[tap.first], row[tap.second], tap.weight)));
    }
    wide
}

/// `[from, width]` -> `[to, width]`, whole rows at a time so that the inner loop is a plain sweep.
fn stretch_columns(wide: &[f32], width: usize, from: usize, to: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(width * to);
    for tap in taps(from, to) {
        let first = &wide[tap.first * width..][..width];
        let second = &wide[tap.second * width..][..width];
        values.extend(first.iter().zip(second).map(|(&a, &b)| mix(a, b, tap.weight)));
    }
    values
}

/// The form OpenCV sums in; `a + w * (b - a)` differs in the last bits.
fn mix(a: f32, b: f32, weight: f32) -> f32 {
    a * (1.0 - weight) + b * weight
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    (0..to).map(|d| tap(((d as f64 + 0.5) * scale - 0.5) as f32, from - 1)).collect()
}

fn tap(position: f32, last: usize) -> Tap {
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
}
