//! What the libraries say to their users must not speak of the binary: a program that links them has no `--device`,
//! and the binary may call it otherwise tomorrow. It adds the names of its options where it prints an error.

mod literals;

use std::fs;

use anyhow::{Context as _, Result};

use super::{Outcome, edges, judge};
use crate::cargo::root;
use crate::git::files;

/// What writes command lines of the binary, for people to run: it has to name their options.
const WRITES_COMMANDS: &str = "crates/cam-view/src/command.rs";

/// Lists each string of a library that names an option or a command of the binary.
pub fn run() -> Result<Outcome> {
    let mut found = Vec::new();
    // The facade is no library in the edges' sense, for it chooses a backend.
    for library in edges::libraries().chain(["cam-explain"]) {
        let sources = files(&format!("crates/{library}/src/*.rs"))?;
        for path in sources.into_iter().filter(|path| path != WRITES_COMMANDS) {
            let text = fs::read_to_string(root().join(&path)).with_context(|| path.clone())?;
            let named = literals::of(&text).filter_map(|(line, text)| Some((line, named(text)?)));
            found.extend(named.map(|(line, name)| {
                format!("{path}:{line} names the binary's `{name}`: say it in the library's words")
            }));
        }
    }
    judge("flags", &found)
}

/// An option or a command in a text.
fn named(text: &str) -> Option<&str> {
    let starts = |at: usize, mark: &str| {
        text[at..].strip_prefix(mark).is_some_and(|rest| rest.starts_with(char::is_lowercase))
    };
    let is_one =
        |at: usize| starts(at, "`cam ") || (starts(at, "--") && !text[..at].ends_with('-'));
    let (at, _) = text.char_indices().find(|&(at, _)| is_one(at))?;
    let name = text[at..].trim_start_matches('`');
    let ends = |c: char| !(c.is_alphanumeric() || "- ".contains(c));
    Some(name.split(ends).next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_commands_are_named_and_dashes_are_not() {
        assert_eq!(named("run it with --device"), Some("--device"));
        assert_eq!(named("none: `cam index` makes one"), Some("cam index"));
        for text in ["a -- b", "---rule", "webcam index", "--", "x--", "--Not"] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
