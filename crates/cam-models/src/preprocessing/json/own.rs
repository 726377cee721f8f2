//! Our own form: every field of [`Preprocessing`], in units of 8-bit pixels.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Read;
use super::error::PreprocessingError;
use crate::fit::Fit;
use crate::preprocessing::{Centre, Channels, Filter, InputLayout, Preprocessing};

/// What `format` says; a form that differs gets another number.
const FORMAT: &str = "cam-preprocessing-1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    format: String,
    size: Sides,
    fit: Fit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frame: Option<Sides>,
    #[serde(default)]
    centre: Centre,
    filter: Filter,
    mean: [Exact; 3],
    deviation: [Exact; 3],
    #[serde(default)]
    channels: Channels,
    #[serde(default)]
    layout: InputLayout,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    background: Option<[u8; 3]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sides {
    width: usize,
    height: usize,
}

/// A number, as text where a reader of JSON would round its last digit.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Exact {
    Number(f64),
    Text(String),
}

impl Exact {
    fn new(number: f64) -> Self {
        let written = serde_json::to_string(&number).unwrap_or_default();
        match serde_json::from_str::<f64>(&written) {
            Ok(read) if read == number => Self::Number(number),
            _ => Self::Text(number.to_string()),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl From<(usize, usize)> for Sides {
    fn from((width, height): (usize, usize)) -> Self {
        Self { width, height }
    }
}

impl Preprocessing {
    /// The text of a file from which [`from_json`](Self::from_json) reads the same again, to the bit.
    pub fn to_json(&self) -> String {
        let Self {
            size,
            fit,
            frame,
            centre,
            filter,
            mean,
            deviation,
            channels,
            layout,
            background,
        } = self;
        let own = Own {
            format: FORMAT.to_owned(),
            size: (*size).into(),
            fit: *fit,
            frame: frame.map(Sides::from),
            centre: *centre,
            filter: *filter,
            mean: mean.map(Exact::new),
            deviation: deviation.map(Exact::new),
            channels: *channels,
            layout: *layout,
            background: *background,
        };
        // Names, numbers and lists have a text.
        serde_json::to_string_pretty(&own).unwrap_or_default()
    }
}

pub(super) fn read(object: Map<String, Value>) -> Read {
    match object.get("format") {
        Some(format) if format != FORMAT => {
            return Err(PreprocessingError::invalid("format", format, "\"cam-preprocessing-1\""));
        }
        _ => {}
    }
    let own: Own = serde_json::from_value(Value::Object(object))
        .map_err(|error| PreprocessingError::contradiction(error.to_string()))?;
    let sides = |&Sides { width, height }: &Sides| (width, height);
    let numbers = |name: &str, numbers: &[Exact; 3]| {
        let found: Option<Vec<f64>> = numbers.iter().map(Exact::number).collect();
        found.and_then(|found| found.try_into().ok()).ok_or_else(|| {
            PreprocessingError::contradiction(format!("`{name}` is not three numbers"))
        })
    };
    let preprocessing = Preprocessing {
        size: sides(&own.size),
        fit: own.fit,
        frame: own.frame.as_ref().map(sides),
        centre: own.centre,
        filter: own.filter,
        mean: numbers("mean", &own.mean)?,
        deviation: numbers("deviation", &own.deviation)?,
        channels: own.channels,
        layout: own.layout,
        background: own.background,
    };
    Ok((preprocessing, Vec::new()))
}
