//! Names of files: where they lie, and what they may be called.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where a file lies or will lie, however its path is spelled.
pub fn place(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new(".")).canonicalize();
    let would_be = |folder: PathBuf| folder.join(path.file_name().unwrap_or(OsStr::new("")));
    path.canonicalize().or_else(|_| folder.map(would_be)).unwrap_or_else(|_| path.to_owned())
}

/// A name without what a file name cannot hold.
pub fn file_name(name: &str) -> String {
    if [".", ".."].contains(&name) {
        return "_".to_owned();
    }
    name.chars().map(|c| if c.is_control() || "/\\:".contains(c) { '_' } else { c }).collect()
}

/// Names made different by a number where two are alike, or would be as file names somewhere.
pub fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let distinct = names.into_iter().map(|name| {
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let key = |name: &str| file_name(name).to_lowercase();
        let free =
            std::iter::once(name.clone()).chain(numbered).find(|name| taken.insert(key(name)));
        free.unwrap_or(name)
    });
    distinct.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_names_are_told_apart_by_a_number() {
        let names = ["a", "a", "b", "a", "a-2"].map(str::to_owned);
        assert_eq!(distinct(names), ["a", "a-2", "b", "a-3", "a-2-2"]);
    }

    #[test]
    fn names_that_make_one_file_name_are_alike() {
        let names = ["a:b", "a_b", "A/B"].map(str::to_owned);
        assert_eq!(distinct(names), ["a:b", "a_b-2", "A/B-3"]);
    }
}
