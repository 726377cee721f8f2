use cam_viz::Map;
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
    /// The shares of a map without negative values; none where there is no mass.
    ///
    /// A middle row or column counts half to each side.
    pub fn of(map: &Map) -> Option<Self> {
        let share = |position: usize, size: usize| match (2 * position + 1).cmp(&size) {
            std::cmp::Ordering::Less => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Greater => 0.0,
        };
        let (mut left, mut top, mut all) = (0.0, 0.0, 0.0);
        for (index, &value) in map.values().iter().enumerate() {
            let (x, y, value) = (index % map.width(), index / map.width(), f64::from(value));
            left += value * share(x, map.width());
            top += value * share(y, map.height());
            all += value;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mass_in_one_corner_lies_wholly_in_its_halves() {
        let map =
            Map::new(3, 3, vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).expect("nine values");
        let mass = Mass::of(&map).expect("there is mass");
        assert_eq!(
            (mass, mass.words().as_str()),
            (Mass { left: 0.0, top: 1.0 }, "100 % right, 100 % top")
        );
    }

    #[test]
    fn an_empty_map_has_no_mass() {
        let map = Map::new(2, 1, vec![0.0, 0.0]).expect("two values");
        assert_eq!(Mass::of(&map), None);
    }
}
