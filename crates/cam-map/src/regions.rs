//! The connected parts of a map that are at or above a threshold.

use crate::{Map, Pixels};

/// The eight pixels around a pixel, across and down.
const NEIGHBOURS: [(isize, isize); 8] =
    [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];

/// A connected part of a map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// The smallest rectangle that holds it, in pixels of the map.
    pub bounds: Pixels,
    /// How many pixels it has, at least one.
    pub pixels: usize,
    /// Its largest value.
    pub max: f32,
    /// The sum of its values.
    pub mass: f64,
}

impl Region {
    /// The mean of its values.
    pub fn mean(&self) -> f32 {
        (self.mass / self.pixels as f64) as f32
    }

    fn at(x: usize, y: usize) -> Self {
        let bounds = Pixels { x: x as u32, y: y as u32, width: 1, height: 1 };
        Self { bounds, pixels: 0, max: f32::NEG_INFINITY, mass: 0.0 }
    }

    fn take(&mut self, (x, y): (usize, usize), value: f32) {
        let Pixels { x: left, y: top, width, height } = self.bounds;
        let (first, last) = (left.min(x as u32), (left + width - 1).max(x as u32));
        let (upper, lower) = (top.min(y as u32), (top + height - 1).max(y as u32));
        self.bounds =
            Pixels { x: first, y: upper, width: last - first + 1, height: lower - upper + 1 };
        self.pixels += 1;
        self.max = self.max.max(value);
        self.mass += f64::from(value);
    }
}

impl Map {
    /// The connected regions of all pixels at or above a threshold, the one of the largest mass first. Pixels that
    /// touch at a corner are connected.
    ///
    /// Each pixel is looked at once (a flood fill). NaN belongs to no region.
    ///
    /// # Examples
    /// ```
    /// use cam_map::Map;
    ///
    /// let map = Map::new(4, 2, vec![0.9, 0.0, 0.0, 0.6, 0.0, 0.8, 0.0, 0.0])?;
    /// let regions = map.regions(0.5);
    /// assert_eq!(regions.len(), 2);
    /// assert_eq!((regions[0].pixels, regions[0].max), (2, 0.9));
    /// # Ok::<(), cam_map::MapError>(())
    /// ```
    pub fn regions(&self, threshold: f32) -> Vec<Region> {
        let mut regions = self.filled(threshold, |_, _| {});
        // A stable sort: of equal ones the upper left comes first.
        regions.sort_by(|a, b| b.mass.total_cmp(&a.mass));
        regions
    }

    /// The regions in the order of their first pixels; `each` is told which region each of their pixels is of.
    fn filled(&self, threshold: f32, mut each: impl FnMut(usize, usize)) -> Vec<Region> {
        let (width, values) = (self.width(), self.values());
        let mut is_left: Vec<bool> = values.iter().map(|&value| value >= threshold).collect();
        let mut regions = Vec::new();
        let mut stack = Vec::new();
        for start in 0..values.len() {
            if !std::mem::take(&mut is_left[start]) {
                continue;
            }
            let mut region = Region::at(start % width, start / width);
            stack.push(start);
            while let Some(index) = stack.pop() {
                let (x, y) = (index % width, index / width);
                region.take((x, y), values[index]);
                each(regions.len(), index);
                for (across, down) in NEIGHBOURS {
                    let at = x.checked_add_signed(across).zip(y.checked_add_signed(down));
                    let at = at.filter(|&(x, y)| x < width && y < self.height());
                    let Some(next) = at.map(|(x, y)| y * width + x) else { continue };
                    if std::mem::take(&mut is_left[next]) {
                        stack.push(next);
                    }
                }
            }
            regions.push(region);
        }
        regions
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A map of a picture in which `#` is 1 and anything else 0.
    fn drawn(rows: &[&str]) -> Map {
        let values = rows.concat().chars().map(|c| f32::from(u8::from(c == '#'))).collect();
        Map::new(rows[0].len(), rows.len(), values).expect("rows of one length")
    }

    fn bounds(map: &Map) -> Vec<[u32; 4]> {
        let bounds = map.regions(0.5).into_iter().map(|region| region.bounds);
        bounds.map(|Pixels { x, y, width, height }| [x, y, width, height]).collect()
    }

    #[test]
    fn pixels_that_touch_at_a_corner_are_one_region() {
        assert_eq!(bounds(&drawn(&["#..", ".#.", "..#"])), [[0, 0, 3, 3]]);
        assert_eq!(bounds(&drawn(&["..#", ".#.", "#.."])), [[0, 0, 3, 3]]);
    }

    #[test]
    fn a_ring_is_one_region_and_what_it_surrounds_is_another() {
        let map = drawn(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
        assert_eq!(bounds(&map), [[0, 0, 5, 5], [2, 2, 1, 1]]);
        assert_eq!(map.regions(0.5)[0].pixels, 16);
    }

    #[test]
    fn a_whole_map_is_one_region_and_an_empty_one_has_none() {
        assert_eq!(bounds(&drawn(&["###", "###"])), [[0, 0, 3, 2]]);
        assert_eq!(bounds(&drawn(&["...", "..."])), [[0; 4]; 0]);
        let nothing = Map::new(2, 1, vec![f32::NAN; 2]).expect("two values");
        assert_eq!(nothing.regions(0.5), []);
    }

    #[test]
    fn the_largest_mass_comes_first_and_the_threshold_itself_is_in() {
        let map = Map::new(5, 1, vec![0.75, 0.0, 0.5, 0.5, 0.0]).expect("five values");
        let regions = map.regions(0.5);
        let told = regions.iter().map(|r| (r.bounds.x, r.pixels, r.max, r.mean(), r.mass));
        assert_eq!(told.collect::<Vec<_>>(), [(2, 2, 0.5, 0.5, 1.0), (0, 1, 0.75, 0.75, 0.75)]);
    }

    /// Maps with few different values, so that many pixels are at the threshold.
    fn any_map() -> impl Strategy<Value = Map> {
        (1..12_usize, 1..12_usize).prop_flat_map(|(width, height)| {
            let value = (0..5_u8).prop_map(|value| f32::from(value) / 4.0);
            prop::collection::vec(value, width * height)
                .prop_map(move |values| Map::new(width, height, values).expect("its values"))
        })
    }

    proptest! {
        #[test]
        fn regions_are_disjoint_and_cover_what_reaches_the_threshold(
            map in any_map(),
            threshold in 0.0_f32..=1.0,
        ) {
            let mut of = vec![Vec::new(); map.values().len()];
            let regions = map.filled(threshold, |region, index| of[index].push(region));
            for (regions, &value) in of.iter().zip(map.values()) {
                prop_assert_eq!(regions.len(), usize::from(value >= threshold));
            }
            let pixels: usize = regions.iter().map(|region| region.pixels).sum();
            prop_assert_eq!(pixels, of.iter().flatten().count());
            // Neighbours are of one region.
            let (width, height) = (map.width(), map.height());
            for (index, own) in of.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
                let (x, y) = (index % width, index / width);
                for (x, y) in [(x + 1, y), (x, y + 1), (x + 1, y + 1), (x.wrapping_sub(1), y + 1)] {
                    if x < width && y < height && !of[y * width + x].is_empty() {
                        prop_assert_eq!(own, &of[y * width + x]);
                    }
                }
            }
        }

        #[test]
        fn a_region_s_bounds_are_tight(map in any_map(), threshold in 0.0_f32..=1.0) {
            let mut of = vec![None; map.values().len()];
            let regions = map.filled(threshold, |region, index| of[index] = Some(region));
            for (number, region) in regions.iter().enumerate() {
                let own = (0..of.len()).filter(|&index| of[index] == Some(number));
                let (x, y): (Vec<_>, Vec<_>) =
                    own.map(|index| (index % map.width(), index / map.width())).unzip();
                let side = |along: &[usize]| {
                    let (first, last) = (along.iter().min()?, along.iter().max()?);
                    Some((*first as u32, (last - first + 1) as u32))
                };
                let Pixels { x: left, y: top, width, height } = region.bounds;
                prop_assert_eq!(side(&x), Some((left, width)));
                prop_assert_eq!(side(&y), Some((top, height)));
            }
        }
    }
}
