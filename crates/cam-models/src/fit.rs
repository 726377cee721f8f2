use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a picture comes to the size of a network's input where its proportions are others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fit {
    /// Resized to the size, whatever becomes of its proportions: all of it is seen.
    #[default]
    Squash,
    /// Resized until the size is covered, and cut around the centre: its ends are not seen.
    Crop,
    /// Resized until it lies inside the size, the rest filled with the mean of the preprocessing.
    Pad,
    /// Resized to a size of its own proportions and about the same area, both sides multiples of the
    /// network's stride.
    Keep,
}

impl Fit {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::Squash, Self::Crop, Self::Pad, Self::Keep];

    /// What it is called: `squash`, `crop`, `pad` or `keep`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Squash => "squash",
            Self::Crop => "crop",
            Self::Pad => "pad",
            Self::Keep => "keep",
        }
    }
}

/// No fit has that name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no fit is called `{name}`: there are squash, crop, pad and keep")]
pub struct UnknownFit {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Fit {
    type Err = UnknownFit;

    fn from_str(name: &str) -> Result<Self, UnknownFit> {
        let found = Self::ALL.into_iter().find(|fit| fit.name() == name);
        found.ok_or_else(|| UnknownFit { name: name.to_owned() })
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for fit in Fit::ALL {
            assert_eq!(fit.to_string().parse(), Ok(fit));
        }
        let error = "stretch".parse::<Fit>().expect_err("there is none");
        assert!(error.to_string().contains("squash, crop, pad and keep"));
    }
}
