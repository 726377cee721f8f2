//! Files that have grown too long to hold one idea.

use anyhow::Result;

use crate::cargo::root;
use crate::check::Outcome;
use crate::sources::{entries, rust_files, text};

/// A file of this many lines usually holds a second idea.
const LONGEST: usize = 300;

/// Warns of each file over the limit; never fails, because a table may be long for a good reason.
pub fn run() -> Result<Outcome> {
    let mut too_long = Vec::new();
    for package in entries(&root().join("crates"))? {
        for path in rust_files(&package.join("src"))? {
            let lines = text(&path)?.lines().count();
            if lines > LONGEST {
                too_long.push((lines, path));
            }
        }
    }
    too_long.sort();
    for (lines, path) in too_long.iter().rev() {
        let path = path.strip_prefix(root()).unwrap_or(path);
        eprintln!("sizes: {} has {lines} lines: does it hold more than one idea?", path.display());
    }
    Ok(match too_long.len() {
        0 => Outcome::Passed,
        files => Outcome::Warned(format!("{files} over {LONGEST} lines")),
    })
}
