//! Files that have grown too long to hold one idea.

use std::fs;

use anyhow::{Context as _, Result};

use super::Outcome;
use crate::cargo::root;
use crate::git::files;

/// A file of this many lines usually holds a second idea.
const LONGEST: usize = 300;

/// Warns of each file over the limit; never fails, because a table may be long for a good reason.
pub fn run() -> Result<Outcome> {
    let mut too_long = Vec::new();
    for path in files("crates/*/src/*.rs")? {
        let text = fs::read_to_string(root().join(&path)).with_context(|| path.clone())?;
        too_long.push((text.lines().count(), path));
    }
    too_long.retain(|(lines, _)| *lines > LONGEST);
    too_long.sort();
    for (lines, path) in too_long.iter().rev() {
        eprintln!("sizes: {path} has {lines} lines: does it hold more than one idea?");
    }
    Ok(match too_long.len() {
        0 => Outcome::Passed,
        files => Outcome::Warned(format!("{files} over {LONGEST} lines")),
    })
}
