//! What a run comes to, without what differs from run to run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Place, Run};

/// What a run comes to.
pub struct Outcome {
    pub code: i32,
    pub err: String,
    /// What it printed and the files that it left, without times.
    out: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Outcome {
    pub fn results(&self) -> (i32, &[u8], &BTreeMap<String, Vec<u8>>) {
        (self.code, &self.out, &self.files)
    }
}

/// Runs a command in a copy of a folder.
pub fn outcome(place: &Place, words: &str) -> Outcome {
    let copy = Place::new();
    copied(place.folder(), copy.folder());
    let Run { code, out, err } = copy.say(words);
    let mut files = BTreeMap::new();
    collect(copy.folder(), copy.folder(), &mut files);
    Outcome { code, err, out: timeless(&out), files }
}

fn copied(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
            let modified = fs::metadata(&path).and_then(|m| m.modified()).expect("a time");
            let file = fs::File::options().append(true).open(&target).expect("a file");
            file.set_modified(modified).expect("set");
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("inside").display().to_string();
        match path.is_dir() {
            true => collect(root, &path, files),
            // Drawn from times among others.
            false if name.ends_with("summary.png") || name.ends_with("summary.csv") => {}
            false => drop(files.insert(name, timeless(&fs::read(&path).expect("a file")))),
        }
    }
}

/// Text without the numbers that differ from run to run.
fn timeless(bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        return without_times(document).to_string().into_bytes();
    }
    let line = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(document) => without_times(document).to_string(),
        Err(_) => {
            let words: Vec<&str> = line.split_whitespace().collect();
            // The times stand at the end, or before their unit.
            let is_number = |word: &&str| word.parse::<f64>().is_ok();
            let times = |at: usize| ["ms", "images/s", "images/s)"].contains(&words[at]);
            let kept = words.iter().enumerate().filter(|(at, word)| {
                !is_number(word) || !(*at + 1 == words.len() || times(at + 1))
            });
            kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n").into_bytes()
}

fn without_times(document: Value) -> Value {
    match document {
        Value::Object(entries) => entries
            .into_iter()
            .filter(|(key, _)| !["milliseconds", "ms", "images_per_second"].contains(&key.as_str()))
            .map(|(key, value)| (key, without_times(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_times).collect(),
        value => value,
    }
}
