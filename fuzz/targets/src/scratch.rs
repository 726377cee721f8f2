//! Files for parsers that read no memory.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// Shows a folder that belongs to this thread, in memory where the system has one there. What was left in it lies there
/// still.
pub fn with_folder<R>(work: impl FnOnce(&Path) -> R) -> R {
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            let memory = Path::new("/dev/shm");
            let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
            tempfile::tempdir_in(place).expect("there is a place for temporary files")
        });
        work(folder.path())
    })
}

/// The project's folder of that name.
pub fn project(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// The files below a folder that are not longer than so many bytes, in the order of their paths.
pub fn files(folder: &Path, longest: u64) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.metadata().is_ok_and(|file| file.len() <= longest) => {
                    found.push(path)
                }
                false => {}
            }
        }
    }
    found.sort();
    found
}
