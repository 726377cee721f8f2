//! Files that have grown too long to hold one idea.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::cargo::root;
use crate::check::Outcome;

/// A file of this many lines usually holds a second idea.
const LONGEST: usize = 300;

/// Warns of each file over the limit; never fails, because a table may be long for a good reason.
pub fn run() -> Result<Outcome> {
    let mut too_long = Vec::new();
    for package in entries(&root().join("crates"))? {
        collect(&package.join("src"), &mut too_long)?;
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

fn collect(directory: &Path, too_long: &mut Vec<(usize, PathBuf)>) -> Result<()> {
    for path in entries(directory)? {
        if path.is_dir() {
            collect(&path, too_long)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let lines = text.lines().count();
            if lines > LONGEST {
                too_long.push((lines, path));
            }
        }
    }
    Ok(())
}

/// The paths in a directory; a crate without `src` has none there.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
