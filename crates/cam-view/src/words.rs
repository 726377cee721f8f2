//! Maps and numbers in words, for whoever cannot see them.

use cam_explain::Map;

/// A part that is worth naming has so much of the mass.
const WORTH_NAMING: f64 = 0.18;

/// Where a finished map is strong: of the nine parts of the picture those with most of its mass, at most three.
pub fn strongest(map: &Map) -> String {
    const DOWN: [&str; 3] = ["upper", "middle", "lower"];
    const ACROSS: [&str; 3] = ["left", "centre", "right"];
    let mut mass = [[0.0f64; 3]; 3];
    for (index, &value) in map.values().iter().enumerate() {
        let (x, y) = (index % map.width(), index / map.width());
        mass[3 * y / map.height()][3 * x / map.width()] += f64::from(value.max(0.0));
    }
    let all: f64 = mass.iter().flatten().sum();
    if all <= 0.0 {
        return "nothing stands out".to_owned();
    }
    let mut parts: Vec<(f64, String)> = Vec::new();
    for (down, row) in DOWN.iter().zip(mass) {
        for (across, value) in ACROSS.iter().zip(row) {
            let name = match (*down, *across) {
                ("middle", "centre") => "centre".to_owned(),
                ("middle", side) => format!("middle {side}"),
                (edge, "centre") => format!("{edge} middle"),
                (edge, side) => format!("{edge} {side}"),
            };
            parts.push((value / all, name));
        }
    }
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let named: Vec<String> = parts
        .iter()
        .take(3)
        .filter(|(share, _)| *share >= WORTH_NAMING)
        .map(|(share, name)| format!("{name} ({:.0} %)", share * 100.0))
        .collect();
    match named.is_empty() {
        true => "spread over all of the image".to_owned(),
        false => format!("strongest {}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_parts_with_most_of_the_mass() {
        let mut values = vec![0.0; 81];
        values[8] = 1.0;
        let map = Map::new(9, 9, values).expect("81 values");
        assert_eq!(strongest(&map), "strongest upper right (100 %)");
        let even = Map::new(9, 9, vec![1.0; 81]).expect("81 values");
        assert_eq!(strongest(&even), "spread over all of the image");
        let none = Map::new(9, 9, vec![0.0; 81]).expect("81 values");
        assert_eq!(strongest(&none), "nothing stands out");
    }
}
