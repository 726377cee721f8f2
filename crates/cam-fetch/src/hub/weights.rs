//! Weights in one file or in several.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::hub::name;

/// The files of a model's weights, by their names in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weights {
    /// One file.
    Whole(String),
    /// Several, and the file that says which tensor is in which.
    Shards {
        /// `model.safetensors.index.json`.
        index: String,
        /// The files that it names, sorted.
        shards: Vec<String>,
    },
}

impl Weights {
    /// The file that stands for all: the only one, or the index.
    pub fn file(&self) -> &str {
        match self {
            Self::Whole(file) => file,
            Self::Shards { index, .. } => index,
        }
    }
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The names of the shards in an index, each one that a file in the same folder may have; else what is wrong.
pub(super) fn shards(index: &Path) -> Result<Vec<String>, String> {
    let bytes = fs::read(index).map_err(|error| error.to_string())?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    let is_shard = |name: &String| name::check(name).is_ok() && name.ends_with(".safetensors");
    match shards.iter().find(|name| !is_shard(name)) {
        Some(name) => Err(format!("{name:?} is no name of a .safetensors file in the repository")),
        None if shards.is_empty() => Err("it names no file".to_owned()),
        None => Ok(shards.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards_of(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index.json");
        fs::write(&path, text).expect("written");
        shards(&path)
    }

    #[test]
    fn each_shard_is_named_once() {
        let text = r#"{"metadata": {}, "weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors",
            "c": "m-2.safetensors"}}"#;
        assert_eq!(shards_of(text), Ok(vec!["m-1.safetensors".into(), "m-2.safetensors".into()]));
    }

    #[test]
    fn an_index_names_nothing_outside_and_nothing_else() {
        for name in
            ["../x.safetensors", "/x.safetensors", "a/../../x.safetensors", "x.bin", "", "..\\\\x"]
        {
            let error = shards_of(&format!(r#"{{"weight_map": {{"a": "{name}"}}}}"#));
            assert!(error.is_err_and(|error| error.contains("is no name")), "{name}");
        }
        for text in ["", "{}", "[]", "<html>", r#"{"weight_map": {"a": 1}}"#] {
            assert!(shards_of(text).is_err(), "{text}");
        }
        assert_eq!(shards_of(r#"{"weight_map": {}}"#), Err("it names no file".into()));
    }
}
