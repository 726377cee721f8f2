//! SHA-256 of files in the cache: computed once, and remembered beside them in `NAME.digest`.
//!
//! Nothing depends on these notes. One that is missing, or speaks of a file that was replaced since, is passed
//! over; where none can be written, as in a cache that is read only, files are read each time.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cam_files::{Temporary, remove_leftovers};

use super::stamp;
use crate::error::Error;
use crate::{notice, weights};

/// The digest of a weight file, in hexadecimal digits.
pub fn of(file: &Path) -> Result<String, Error> {
    if let Some(known) = known(file) {
        return Ok(known);
    }
    // Before it is read, so that a change meanwhile is noticed the next time.
    let before = stamp::identity(file);
    let digest = cam_files::Sha256::of_file(file)?.to_string();
    if let Ok(before) = before {
        write_down(file, &digest, &before);
    }
    Ok(digest)
}

/// The digest, where it was computed before and the file is the same.
pub fn known(file: &Path) -> Option<String> {
    let note = fs::read_to_string(place(file)?).ok()?;
    let (digest, identity) = note.strip_suffix('\n')?.split_once('\n')?;
    (identity == stamp::identity(file).ok()?).then(|| digest.to_owned())
}

/// Remembers the digest of a file that was just verified.
pub fn keep(file: &Path, digest: &str) {
    if let Ok(identity) = stamp::identity(file) {
        write_down(file, digest, &identity);
    }
}

fn write_down(file: &Path, digest: &str, identity: &str) {
    let Some(place) = place(file) else { return };
    if let Err(error) = write(&place, &format!("{digest}\n{identity}\n")) {
        notice::detail(format_args!("{} could not be written: {error}", place.display()));
    }
}

fn write(place: &Path, note: &str) -> io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("."));
    remove_leftovers(folder);
    let mut temporary = Temporary::new_in(folder)?;
    temporary.write_all(note.as_bytes())?;
    temporary.persist(place)
}

fn place(file: &Path) -> Option<PathBuf> {
    weights::beside(file, ".digest")
}
