//! What criterion wrote down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The parts of an explanation, and all of them at once.
pub const PARTS: [&str; 6] = ["upload", "trunk", "tail", "map", "read-back", "all"];

/// The times of one group, `explain/SUBJECT/SIZE/DEVICE/PRECISION`.
pub struct Measured {
    /// Network and layer.
    pub subject: String,
    pub size: String,
    pub device: String,
    pub precision: String,
    /// Median milliseconds by part.
    pub parts: BTreeMap<String, f64>,
}

/// Groups with a figure that was written after a moment, in the order of their names.
pub fn since(folder: &Path, moment: SystemTime) -> Result<Vec<Measured>> {
    let mut groups: BTreeMap<String, Measured> = BTreeMap::new();
    for group in folders(folder)? {
        for benchmark in folders(&group)? {
            let new = benchmark.join("new");
            let estimates = new.join("estimates.json");
            let Ok(written) = fs::metadata(&estimates).and_then(|file| file.modified()) else {
                continue;
            };
            if written < moment {
                continue;
            }
            let (about, estimates) = (json(&new.join("benchmark.json"))?, json(&estimates)?);
            let [Some(group), Some(part)] =
                ["group_id", "function_id"].map(|key| about[key].as_str())
            else {
                continue;
            };
            let Some(nanoseconds) = estimates["median"]["point_estimate"].as_f64() else {
                continue;
            };
            let Some(empty) = Measured::of(group) else { continue };
            let measured = groups.entry(group.to_owned()).or_insert(empty);
            measured.parts.insert(part.to_owned(), nanoseconds / 1e6);
        }
    }
    Ok(groups.into_values().collect())
}

impl Measured {
    fn of(group: &str) -> Option<Self> {
        let [_, subject, size, device, precision] =
            group.strip_prefix("explain/").map(|_| group.split('/').collect::<Vec<_>>())?[..]
        else {
            return None;
        };
        let [subject, size, device, precision] =
            [subject, size, device, precision].map(str::to_owned);
        Some(Self { subject, size, device, precision, parts: BTreeMap::new() })
    }
}

fn folders(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.is_dir()).collect())
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_s_name_says_what_was_timed() {
        let found = Measured::of("explain/resnet50 layer3/512x512/wgpu/f32").expect("one of ours");
        assert_eq!(
            [found.subject, found.size, found.device, found.precision],
            ["resnet50 layer3", "512x512", "wgpu", "f32"]
        );
        assert!(Measured::of("capture/resnet50").is_none());
        assert!(Measured::of("explain/resnet50").is_none());
    }
}
