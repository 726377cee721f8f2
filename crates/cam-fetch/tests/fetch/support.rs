//! What the tests share: some content, a directory, and a call with its progress.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cam_fetch::{FetchError, FetchedFile, Options, Progress, fetch_file};
use tempfile::TempDir;

/// Long enough for several reads, of no regular shape, and the same at every call.
pub fn content(seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..300_007).map(|_| next()).collect()
}

/// Options for a server on this machine: what takes longer than a second is lost.
pub fn options() -> Options {
    Options { stall_timeout: Duration::from_secs(1), ..Options::default() }
}

/// A directory of the test's own, and the path of `model.pth` in it.
pub fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("model.pth");
    (directory, path)
}

/// Fetches and returns all that progress was told.
pub fn fetch(
    url: &str,
    path: &Path,
    options: &Options,
) -> (Result<FetchedFile, FetchError>, Vec<Progress>) {
    let mut told = Vec::new();
    let result = fetch_file(url, path, options, &mut |progress| {
        told.push(progress);
        ControlFlow::Continue(())
    });
    (result, told)
}

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: Result<fs::DirEntry, _>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// The part file of a destination.
pub fn part_of(path: &Path) -> PathBuf {
    path.with_file_name("model.pth.part")
}
