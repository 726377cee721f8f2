//! Colour maps: from a number to a colour, by tables of 256 entries.

use std::fmt;
use std::str::FromStr;

use crate::colormap_tables as tables;

/// A name that is no colour map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no colour map: choose one of {}", known_names())]
pub struct UnknownColormap {
    /// The name that was asked for.
    pub name: String,
}

/// Which colours stand for which values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Colormap {
    /// Blue, cyan, yellow, red: the colours of the Grad-CAM literature, and OpenCV's `COLORMAP_JET`.
    ///
    /// Its cyan and yellow bands are brighter than both ends, which draws edges where the map has none.
    Jet,
    /// As jet, with smooth brightness (Mikhailov 2019): the default.
    #[default]
    Turbo,
    /// Dark blue to yellow, perceptually uniform, safe for colour-blind readers and for print in grey.
    Viridis,
    /// Black over red to pale yellow, perceptually uniform.
    Inferno,
    /// Blue, white, red, for signed maps: white is 0.
    Diverging,
}

impl Colormap {
    /// Every colour map, in the order that help texts list them.
    pub const ALL: [Colormap; 5] =
        [Colormap::Jet, Colormap::Turbo, Colormap::Viridis, Colormap::Inferno, Colormap::Diverging];

    /// The table: 256 colours, RGB, entry 0 for the lowest value.
    ///
    /// Jet, turbo, viridis and inferno equal OpenCV's tables byte for byte. In the diverging table both
    /// middle entries, 127 and 128, are the same white, so that it is symmetric.
    pub fn table(self) -> &'static [[u8; 3]; 256] {
        match self {
            Colormap::Jet => &tables::JET,
            Colormap::Turbo => &tables::TURBO,
            Colormap::Viridis => &tables::VIRIDIS,
            Colormap::Inferno => &tables::INFERNO,
            Colormap::Diverging => &tables::DIVERGING,
        }
    }

    /// The colour of a value in `0..=1`, rounded to the nearest entry; values outside take the nearest
    /// end, NaN takes the low end.
    pub fn color(self, value: f32) -> [u8; 3] {
        // Truncated after adding a half: `round` is a call into the system's library on older targets, per pixel.
        // The cast saturates, so the index is always in the table.
        self.table()[usize::from((value * 255.0 + 0.5) as u8)]
    }

    /// The name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Colormap::Jet => "jet",
            Colormap::Turbo => "turbo",
            Colormap::Viridis => "viridis",
            Colormap::Inferno => "inferno",
            Colormap::Diverging => "diverging",
        }
    }
}

impl fmt::Display for Colormap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Colormap {
    type Err = UnknownColormap;

    /// Reads a lower-case name.
    ///
    /// # Errors
    /// [`UnknownColormap`], which lists the names there are.
    fn from_str(name: &str) -> Result<Colormap, UnknownColormap> {
        let found = Colormap::ALL.into_iter().find(|map| map.name() == name);
        found.ok_or_else(|| UnknownColormap { name: name.to_owned() })
    }
}

fn known_names() -> String {
    Colormap::ALL.map(Colormap::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_its_map() {
        for map in Colormap::ALL {
            assert_eq!(map.to_string().parse(), Ok(map));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "jett".parse::<Colormap>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`jett` is no colour map: choose one of jet, turbo, viridis, inferno, diverging"
        );
    }

    #[test]
    fn values_outside_the_range_take_the_nearest_end() {
        let table = Colormap::Viridis.table();
        for (value, index) in
            [(-1.0, 0), (f32::NAN, 0), (2.0, 255), (f32::INFINITY, 255), (0.5, 128)]
        {
            assert_eq!(Colormap::Viridis.color(value), table[index], "{value}");
        }
    }
}
