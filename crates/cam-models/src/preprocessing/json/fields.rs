//! The fields of an object, each taken once, so that those that nobody took are known.

use serde_json::{Map, Value};

use super::error::{PreprocessingError, shown};
use crate::preprocessing::Preprocessing;

/// More pixels on a side than any network's input has.
const LONGEST: usize = 1 << 16;

/// An object's fields; `null` counts as absent.
pub(super) struct Fields(Map<String, Value>);

type Found<T> = Result<Option<T>, PreprocessingError>;

impl Fields {
    pub(super) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// Any value.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn flag(&mut self, name: &str) -> Found<bool> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(super) fn number(&mut self, name: &str) -> Found<f64> {
        self.read(name, "a finite number", number)
    }

    pub(super) fn text(&mut self, name: &str) -> Found<String> {
        self.read(name, "text", |value| value.as_str().map(str::to_owned))
    }

    /// A number for each channel, or one for all.
    pub(super) fn per_channel(&mut self, name: &str) -> Found<[f64; 3]> {
        self.read(name, "a number, or a list of three", |value| match value.as_array() {
            None => number(value).map(|number| [number; 3]),
            Some(list) => {
                let numbers: Vec<f64> = list.iter().map(number).collect::<Option<_>>()?;
                match numbers[..] {
                    [one] => Some([one; 3]),
                    _ => numbers.try_into().ok(),
                }
            }
        })
    }

    fn read<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Found<T> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let found = read(&value).map(Some);
        found.ok_or_else(|| PreprocessingError::invalid(name, &value, expected))
    }

    /// Takes fields that change no pixel.
    pub(super) fn leave(&mut self, names: &[&str]) {
        names.iter().for_each(|name| drop(self.0.remove(*name)));
    }

    /// What is to be said of the fields that nobody took: a switch that is on may change pixels, and is refused.
    pub(super) fn rest(self) -> Result<Vec<String>, PreprocessingError> {
        let mut remarks = Vec::new();
        for (name, value) in self.0 {
            match value {
                Value::Null | Value::Bool(false) => {}
                Value::Bool(true) => {
                    let reason =
                        "what it switches on is not known here; take it out if it changes no pixel";
                    return Err(PreprocessingError::unsupported(&name, &value, reason));
                }
                value => {
                    let value = shown(&value);
                    remarks.push(format!(
                        "the field `{name}` ({value}) is not known and has no effect"
                    ));
                }
            }
        }
        Ok(remarks)
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

/// One side of an input, in pixels.
pub(super) fn side(value: &Value) -> Option<usize> {
    // Some files write 224.0.
    let side = value.as_f64().filter(|side| side.fract() == 0.0)?;
    (1.0..=LONGEST as f64).contains(&side).then_some(side as usize)
}

/// `(value · scale − mean) / deviation` in units of 8-bit pixels.
pub(super) fn in_pixels(scale: f64, numbers: [f64; 3]) -> [f64; 3] {
    // 1/255 back to exactly 255.
    let full = scale.recip();
    numbers.map(|number| number * full)
}

/// That it is a preprocessing at all, whoever's form it came in.
pub(super) fn checked(preprocessing: &Preprocessing) -> Result<(), PreprocessingError> {
    let Preprocessing { size, frame, mean, deviation, .. } = preprocessing;
    if let Some(mean) = mean.iter().find(|mean| !mean.is_finite()) {
        return Err(PreprocessingError::contradiction(format!("a mean of {mean} is no number")));
    }
    let is_sound = |deviation: &f64| deviation.is_finite() && *deviation > 0.0;
    if let Some(deviation) = deviation.iter().find(|deviation| !is_sound(deviation)) {
        return Err(PreprocessingError::contradiction(format!(
            "values are divided by a deviation of {deviation}, which must be above 0"
        )));
    }
    let sides = frame.map_or([size.0, size.1, 1, 1], |frame| [size.0, size.1, frame.0, frame.1]);
    if let Some(side) = sides.iter().find(|side| !(1..=LONGEST).contains(*side)) {
        return Err(PreprocessingError::contradiction(format!(
            "a side of {side} pixels: it has 1 to {LONGEST}"
        )));
    }
    match frame {
        Some(frame) if frame.0 < size.0 || frame.1 < size.1 => {
            Err(PreprocessingError::contradiction(format!(
                "{}×{} pixels are to be cut out of {}×{}, which are fewer",
                size.0, size.1, frame.0, frame.1
            )))
        }
        _ => Ok(()),
    }
}
