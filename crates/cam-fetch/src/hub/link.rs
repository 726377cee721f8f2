//! A file of another cache in ours, without its bytes.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::FetchError;

/// Makes a name in our cache stand for a file of the user's: a link where the system has them, else a copy. A link
/// whose file the user removes later counts as no file.
pub(super) fn link(file: &Path, name: &Path) -> Result<(), FetchError> {
    let folder = name.parent().unwrap_or(name);
    fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
    let file = file.canonicalize().map_err(FetchError::io("look at", file))?;
    let made = make(&file, name).or_else(|error| match error.kind() {
        // Another process was first, or it is the link to a file that is gone.
        io::ErrorKind::AlreadyExists if name.is_file() => Ok(()),
        io::ErrorKind::AlreadyExists => fs::remove_file(name).and_then(|()| make(&file, name)),
        _ => Err(error),
    });
    made.map_err(FetchError::io("create", name))
}

#[cfg(unix)]
fn make(file: &Path, name: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(file, name)
}

/// Where links need a privilege.
#[cfg(not(unix))]
fn make(file: &Path, name: &Path) -> io::Result<()> {
    let fallback = |_| {
        let copy = name.with_added_extension("copy");
        fs::copy(file, &copy)?;
        fs::rename(&copy, name)
    };
    fs::hard_link(file, name).or_else(fallback)
}
