use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

/// As long as the format lets a header be.
const LONGEST_HEADER: u64 = 100_000_000;

/// What a safetensors file calls the classes of its classifier, in order: its metadata's `classes`, a JSON list of names,
/// or `id2label`, a JSON object of numbers and names as transformers writes it.
///
/// None where it does not say, for any other file, and where a number from 0 on is missing.
pub fn class_names(path: &Path) -> Option<Vec<String>> {
    let header: Header = serde_json::from_slice(&header(path)?).ok()?;
    let listed = || serde_json::from_str(header.metadata.get("classes")?).ok();
    let numbered = || of_numbers(serde_json::from_str(header.metadata.get("id2label")?).ok()?);
    listed().or_else(numbered)
}

/// What a header says beside its tensors.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__", default)]
    metadata: BTreeMap<String, String>,
}

/// The header alone: the tensors behind it may be long.
fn header(path: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    let is_possible = length <= LONGEST_HEADER && length <= file.metadata().ok()?.len();
    let mut header = Vec::new();
    is_possible.then(|| file.take(length).read_to_end(&mut header))?.ok()?;
    Some(header)
}

/// Names by their numbers, which count from 0 without a gap.
fn of_numbers(names: BTreeMap<usize, String>) -> Option<Vec<String>> {
    let is_whole = names.keys().copied().eq(0..names.len());
    is_whole.then(|| names.into_values().collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What is found in a file whose metadata holds that.
    fn found(key: &str, value: &str) -> Option<Vec<String>> {
        let header = serde_json::json!({ "__metadata__": { key: value } }).to_string();
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        // A folder of its own: tests run side by side.
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("classes.safetensors");
        fs::write(&path, bytes).expect("a file can be written");
        class_names(&path)
    }

    #[test]
    fn names_are_a_list_or_have_numbers() {
        let names = Some(vec!["cat".to_owned(), "dog".to_owned()]);
        assert_eq!(found("classes", r#"["cat","dog"]"#), names);
        assert_eq!(found("id2label", r#"{"1":"dog","0":"cat"}"#), names);
    }

    #[test]
    fn what_does_not_name_every_class_names_none() {
        assert_eq!(found("id2label", r#"{"0":"cat","2":"dog"}"#), None);
        assert_eq!(found("id2label", r#"{"cat":"0"}"#), None);
        assert_eq!(found("classes", "cat, dog"), None);
        assert_eq!(found("format", "pt"), None);
        assert_eq!(class_names(Path::new("nowhere.safetensors")), None);
    }
}
