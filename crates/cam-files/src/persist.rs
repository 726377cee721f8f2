//! The order that survives a power failure: bytes, name, directory.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::Error;

/// Gives a complete file its final name, in place of whatever has it. Both names lie on one file system.
///
/// # Errors
/// [`Error::Io`] where the disk is full, or the name cannot be given.
pub fn persist(file: &Path, name: &Path) -> Result<(), Error> {
    let flushed = File::options().append(true).open(file).and_then(|file| file.sync_all());
    flushed.map_err(Error::io("write", file))?;
    fs::rename(file, name).map_err(Error::io("write", name))?;
    sync_directory(parent(name)).map_err(Error::io("write", parent(name)))
}

/// Brings the names in a directory to the disk, where the system can do that.
///
/// Not all can: some file systems cannot flush a directory, one that is not readable cannot be opened, and
/// on Windows none can, which orders renames itself.
///
/// # Errors
/// Where the disk fails.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let Ok(directory) = File::open(path) else { return Ok(()) };
    match directory.sync_all() {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        flushed => flushed,
    }
}

/// The directory that a file lies in; a bare name lies in the current one.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_name_and_gives_up_the_one_that_it_had() {
        let folder = tempfile::tempdir().expect("a directory");
        let [part, name] = ["a.part", "a"].map(|name| folder.path().join(name));
        fs::write(&name, "before").expect("written");
        fs::write(&part, "after").expect("written");
        persist(&part, &name).expect("it takes its name");
        assert_eq!(fs::read(&name).expect("it is there"), b"after");
        assert!(!part.exists());
        let error = persist(&part, &name).expect_err("it is gone").to_string();
        assert!(error.contains("a.part"), "{error}");
    }
}
