use crate::error::Error;

use super::measure::Measures;

/// Something that can be measured of a map.
pub struct Measure {
    /// Its name in tables and records.
    pub name: &'static str,
    /// Which way is good.
    pub better: &'static str,
    /// Its number.
    pub value: fn(&Measures) -> Option<f32>,
}

/// All measures, in the order of the table.
pub static MEASURES: [Measure; 14] = [
    Measure { name: "inside", better: "more is better", value: |m| m.share_inside },
    Measure { name: "points", better: "more is better", value: |m| m.points_inside },
    Measure { name: "overlap", better: "more is better", value: |m| m.overlap },
    Measure { name: "deletion", better: "less is better", value: |m| m.deletion },
    Measure { name: "insertion", better: "more is better", value: |m| m.insertion },
    Measure { name: "drop", better: "less is better", value: |m| m.drop },
    Measure { name: "increase", better: "more is better", value: |m| m.increase },
    Measure { name: "road", better: "more is better", value: |m| m.road },
    Measure { name: "arcc", better: "more is better", value: |m| m.arcc },
    Measure { name: "complexity", better: "less is better", value: |m| m.complexity },
    Measure { name: "sensitivity", better: "less is better", value: |m| m.sensitivity },
    Measure { name: "randomised", better: "near 0 is better", value: |m| m.randomised },
    Measure { name: "agreement", better: "of no value by itself", value: |m| m.agreement },
    Measure { name: "ms", better: "less is better", value: |m| m.milliseconds },
];

/// Which of them are wanted.
#[derive(Clone)]
pub struct Wanted(Vec<&'static Measure>);

impl Wanted {
    /// Those of the names; all where there are none. How long a map takes is always told.
    pub fn new(names: &[String]) -> Result<Self, Error> {
        if let Some(name) = names.iter().find(|name| MEASURES.iter().all(|m| m.name != **name)) {
            let known: Vec<&str> = MEASURES.iter().map(|measure| measure.name).collect();
            return Err(Error::usage(format_args!(
                "there is no measure {name}; there are {}",
                known.join(", ")
            )));
        }
        let wanted = |measure: &&Measure| {
            names.is_empty()
                || measure.name == "ms"
                || names.iter().any(|name| measure.name == name)
        };
        Ok(Self(MEASURES.iter().filter(wanted).collect()))
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &'static Measure> + '_ {
        self.0.iter().copied()
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(|measure| measure.name).collect()
    }

    /// Whether any of them is wanted.
    pub fn any(&self, names: &[&str]) -> bool {
        self.iter().any(|measure| names.contains(&measure.name))
    }
}
