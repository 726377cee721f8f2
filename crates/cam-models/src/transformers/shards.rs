//! The weights of a folder: one file, or several and the list of which tensor is in which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::error::FolderError;
use super::text;
use crate::checkpoint::Checkpoint;

/// Files of weights, the first that is there being the one that is read.
const FILES: [&str; 6] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "open_clip_model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "open_clip_pytorch_model.bin",
];

/// The file that a folder's weights begin with: the weights themselves, or the list of their files.
pub(super) fn file(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let names = FILES.iter().filter(|name| is_wanted(name));
    names.map(|name| folder.join(name)).find(|path| path.is_file())
}

/// All tensors of a weight file, or of those that a list names.
pub(super) fn open(file: &Path) -> Result<Checkpoint, FolderError> {
    if !is_list(file) {
        return Ok(Checkpoint::open(file)?);
    }
    let listed = listed(file)?;
    let mut whole: Option<Checkpoint> = None;
    for shard in paths(file, &listed) {
        let name = shard.file_name().unwrap_or_default().display().to_string();
        let shard = Checkpoint::open(&shard)?;
        let whole = whole.get_or_insert_with(|| shard.renamed(BTreeMap::new()));
        for (tensor, stored) in shard.tensors() {
            if whole.get(tensor).is_some() {
                let reason = format!("{tensor:?} is in {name} and in another file");
                return Err(FolderError::Config { path: file.to_owned(), reason });
            }
            whole.insert(tensor.to_owned(), stored.clone());
        }
    }
    let whole = whole.ok_or_else(|| wrong(file, "it names no file".to_owned()))?;
    match listed.keys().find(|tensor| whole.get(tensor).is_none()) {
        Some(tensor) => {
            Err(wrong(file, format!("{tensor:?} is in none of the files that it names")))
        }
        None => Ok(whole),
    }
}

/// The files that a weight file is, or that it lists.
pub(super) fn files(file: &Path) -> Result<Vec<PathBuf>, FolderError> {
    match is_list(file) {
        true => Ok(paths(file, &listed(file)?)),
        false => Ok(vec![file.to_owned()]),
    }
}

fn is_list(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "json")
}

fn paths(file: &Path, listed: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let names: BTreeSet<&String> = listed.values().collect();
    names.into_iter().map(|name| folder.join(name)).collect()
}

fn wrong(file: &Path, reason: String) -> FolderError {
    FolderError::Config { path: file.to_owned(), reason }
}

/// Which tensor is in which file of the same folder.
fn listed(file: &Path) -> Result<BTreeMap<String, String>, FolderError> {
    let list: Value = serde_json::from_str(&text::read(file)?)
        .map_err(|error| wrong(file, format!("it is no JSON: {error}")))?;
    let entries = list.get("weight_map").and_then(Value::as_object);
    let entries = entries.ok_or_else(|| wrong(file, "it has no `weight_map`".to_owned()))?;
    let entries = entries.iter().map(|(tensor, name)| match name.as_str() {
        Some(name) if is_plain(name) => Ok((tensor.clone(), name.to_owned())),
        _ => {
            Err(wrong(file, format!("{tensor:?} is said to be in {name}, which is no file's name")))
        }
    });
    entries.collect()
}

/// Whether a name stays in its folder.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
        && !name.contains(['/', '\\', ':'])
}
