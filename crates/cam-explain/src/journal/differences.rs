//! Which settings of a file are not those of a run.

use std::path::Path;

use serde_json::Value;

use super::foreign;
use crate::error::{Error, Setting};

/// That a file was begun with the same settings.
pub fn agree(first: &str, used: &Value, path: &Path) -> Result<(), Error> {
    let kept = match serde_json::from_str::<Value>(first) {
        Ok(kept) if kept["schema_version"].is_number() => kept,
        _ => return Err(foreign(path)),
    };
    let differences = differences(&kept, used);
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format_args!(
        "{} was begun with other settings: {}; go on with the same, choose another folder for results, or remove it",
        path.display(),
        differences.join(", ")
    )).see(Setting::Results))
}

/// Every setting that differs: `precision f32 → f16`.
fn differences(kept: &Value, used: &Value) -> Vec<String> {
    let keys =
        |value: &Value| value.as_object().into_iter().flat_map(|o| o.keys().cloned()).collect();
    let (mut all, more): (Vec<String>, Vec<String>) = (keys(used), keys(kept));
    all.extend(more.into_iter().filter(|key| used.get(key).is_none()));
    let differs = all.iter().filter(|key| kept.get(key) != used.get(key));
    let words = differs.map(|key| {
        let [kept, used] = changed(&kept[key], &used[key]);
        format!("{key} {} → {}", shown(&kept), shown(&used))
    });
    words.collect()
}

/// Two values, of lists of names only what the other lacks.
fn changed(kept: &Value, used: &Value) -> [Value; 2] {
    let without = |list: &[Value], other: &[Value]| -> Value {
        list.iter().filter(|value| !other.contains(value)).cloned().collect()
    };
    match (kept, used) {
        (Value::Array(kept), Value::Array(used))
            if kept.iter().chain(used).all(Value::is_string) =>
        {
            let sides = [without(kept, used), without(used, kept)];
            let is_order = sides.iter().all(|side| side.as_array().is_some_and(Vec::is_empty));
            if is_order { [kept.clone().into(), used.clone().into()] } else { sides }
        }
        _ => [kept.clone(), used.clone()],
    }
}

/// A value on a line, cut where it is long.
fn shown(value: &Value) -> String {
    /// Two digests fit.
    const MOST: usize = 140;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
