//! Files that are either as they were or complete.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::persist::parent;
use crate::temporary::Temporary;

/// Links that are followed before they are taken for a loop, as Linux does.
const MOST_LINKS: usize = 40;

/// Why a file could not be written; what was there before is untouched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The directory to write into does not exist.
    #[error("{}: there is no directory {}: create it first", path.display(), parent.display())]
    NoParent {
        /// The path asked for.
        path: PathBuf,
        /// The missing directory.
        parent: PathBuf,
    },
    /// The path is a directory.
    #[error("{}: this is a directory: add a file name", path.display())]
    IsDirectory {
        /// The path asked for.
        path: PathBuf,
    },
    /// The existing file is marked read-only.
    #[error("{}: the file is read-only: make it writable or choose another name", path.display())]
    ReadOnly {
        /// The path asked for.
        path: PathBuf,
    },
    /// The directory, or the file system, does not permit writing.
    #[error("{}: writing into {} is not permitted: choose another place", path.display(), parent.display())]
    NotPermitted {
        /// The path asked for.
        path: PathBuf,
        /// The directory it lies in.
        parent: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No space is left, or the quota is used up.
    #[error("{}: the disk is full: free some space and run again", path.display())]
    DiskFull {
        /// The path asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Symbolic links that lead in a circle.
    #[error("{}: its symbolic links lead in a circle: remove the link", path.display())]
    LinkLoop {
        /// The path asked for.
        path: PathBuf,
    },
    /// Anything else the system reports.
    #[error("{}: could not be written", path.display())]
    Io {
        /// The path asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes a file so that no reader, and no crash, ever meets half of it under its name.
///
/// The bytes go to a temporary file in the same directory, are flushed to the disk, and take the name in
/// one step; then the directory is flushed. On any failure the temporary file is removed and what was
/// there before stays.
///
/// A symbolic link is followed and stays a link: the file it points at is replaced, or created. An
/// existing file keeps its permissions, a new one has those of any new file (on Unix 0666 less the umask). A
/// read-only file is refused, though its directory would permit replacing it. Devices and pipes
/// (`/dev/stdout`) are written to, not replaced, for there is nothing atomic about them.
///
/// # Errors
/// [`WriteError`]; each names the path and what to do.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let target = followed(path)?;
    let existing = fs::metadata(&target).ok();
    if let Some(existing) = &existing {
        if existing.is_dir() {
            return Err(WriteError::IsDirectory { path: path.to_owned() });
        }
        if !existing.is_file() {
            return write_through(&target, bytes).map_err(|source| refuse(path, &target, source));
        }
        if existing.permissions().readonly() {
            return Err(WriteError::ReadOnly { path: path.to_owned() });
        }
    }
    replace(&target, existing.as_ref(), bytes).map_err(|source| refuse(path, &target, source))
}

/// The path behind symbolic links, which need not exist yet.
fn followed(path: &Path) -> Result<PathBuf, WriteError> {
    if path.file_name().is_none() {
        return Err(WriteError::IsDirectory { path: path.to_owned() });
    }
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            // A relative link counts from the directory it lies in; an absolute one replaces it.
            Ok(link) => target = parent(&target).join(link),
            Err(_) => return Ok(target),
        }
    }
    Err(WriteError::LinkLoop { path: path.to_owned() })
}

fn write_through(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).open(target)?;
    file.write_all(bytes)?;
    file.flush()
}

fn replace(target: &Path, existing: Option<&Metadata>, bytes: &[u8]) -> io::Result<()> {
    let mut file = Temporary::new_in(parent(target))?;
    if let Some(existing) = existing {
        file.as_file().set_permissions(existing.permissions())?;
    }
    file.write_all(bytes)?;
    file.persist(target)
}

fn refuse(path: &Path, target: &Path, source: io::Error) -> WriteError {
    let (path, parent) = (path.to_owned(), parent(target).to_owned());
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if !parent.is_dir() => {
            WriteError::NoParent { path, parent }
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            WriteError::NotPermitted { path, parent, source }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            WriteError::DiskFull { path, source }
        }
        _ => WriteError::Io { path, source },
    }
}
