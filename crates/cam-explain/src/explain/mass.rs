use cam_viz::{Map, Window};
use serde::Serialize;

/// Where a finished map's mass lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mass {
    /// Share in the left half, 0..=1.
    pub left: f32,
    /// Share in the upper half, 0..=1.
    pub top: f32,
}

impl Mass {
    /// The shares of a map without negative values that lies in a window of the picture; none where there is
    /// no mass on the picture.
    ///
    /// What lies across an edge or across the middle counts with its parts.
    pub fn of(map: &Map, window: &Window) -> Option<Self> {
        let [left_edge, top_edge] = window.to_picture([0.0, 0.0]);
        let [right_edge, bottom_edge] = window.to_picture([1.0, 1.0]);
        let across = parts(map.width(), left_edge, right_edge);
        let down = parts(map.height(), top_edge, bottom_edge);
        let (mut left, mut top, mut all) = (0.0, 0.0, 0.0);
        for (index, &value) in map.values().iter().enumerate() {
            let (x, y) = (&across[index % map.width()], &down[index / map.width()]);
            let value = f64::from(value);
            left += value * x.first * y.all;
            top += value * x.all * y.first;
            all += value * x.all * y.all;
        }
        (all > 0.0).then(|| Self { left: (left / all) as f32, top: (top / all) as f32 })
    }

    /// In words: `97 % left, 52 % top`.
    pub fn words(self) -> String {
        let side = |share: f32, first: &str, second: &str| {
            let (share, name) = if share >= 0.5 { (share, first) } else { (1.0 - share, second) };
            format!("{:.0} % {name}", share * 100.0)
        };
        format!("{}, {}", side(self.left, "left", "right"), side(self.top, "top", "bottom"))
    }
}

/// How much of a row or column lies in the picture, and in its first half: each 0..=1.
struct Part {
    first: f64,
    all: f64,
}

/// The parts of rows or columns that divide a length between two edges, in shares of the picture's side.
fn parts(count: usize, begin: f64, end: f64) -> Vec<Part> {
    let edge = |index: usize| begin + (end - begin) * index as f64 / count as f64;
    let within = |index: usize, most: f64| {
        let (from, to) = (edge(index), edge(index + 1));
        (to.clamp(0.0, most) - from.clamp(0.0, most)) / (to - from)
    };
    (0..count).map(|index| Part { first: within(index, 0.5), all: within(index, 1.0) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mass_in_one_corner_lies_wholly_in_its_halves() {
        let map =
            Map::new(3, 3, vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).expect("nine values");
        let mass = Mass::of(&map, &Window::WHOLE).expect("there is mass");
        assert_eq!(
            (mass, mass.words().as_str()),
            (Mass { left: 0.0, top: 1.0 }, "100 % right, 100 % top")
        );
    }

    #[test]
    fn an_empty_map_has_no_mass() {
        let map = Map::new(2, 1, vec![0.0, 0.0]).expect("two values");
        assert_eq!(Mass::of(&map, &Window::WHOLE), None);
    }

    #[test]
    fn a_middle_column_counts_half_to_each_side() {
        let map = Map::new(3, 1, vec![0.0, 1.0, 0.0]).expect("three values");
        let mass = Mass::of(&map, &Window::WHOLE).expect("there is mass");
        assert!((mass.left - 0.5).abs() < 1e-6 && (mass.top - 0.5).abs() < 1e-6, "{mass:?}");
    }

    #[test]
    fn mass_is_that_of_the_picture_and_not_of_what_surrounds_it() {
        // Four rows, of which the middle two are the picture's.
        let padded = Window::of([0.0, -1.0, 4.0, 4.0], (4, 2)).expect("it meets the picture");
        let rows = |values: [f32; 4]| Map::new(1, 4, values.to_vec()).expect("four values");
        let mass = Mass::of(&rows([9.0, 3.0, 1.0, 9.0]), &padded).expect("there is mass");
        assert!((mass.top - 0.75).abs() < 1e-6, "{mass:?}");
        assert_eq!(Mass::of(&rows([9.0, 0.0, 0.0, 9.0]), &padded), None);
        // A map of the right half alone has all of its mass there.
        let right = Window::of([2.0, 0.0, 2.0, 2.0], (4, 2)).expect("it meets the picture");
        assert_eq!(Mass::of(&rows([1.0; 4]), &right).expect("there is mass").left, 0.0);
    }
}
