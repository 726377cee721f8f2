use std::io;
use std::path::{Path, PathBuf};

/// What could not be done with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system cannot lock the file.
    #[error("cannot lock `{}`: {source} (does the file system know locks? choose another directory)", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not a SHA-256.
    #[error("`{found}` is not a SHA-256: 64 hexadecimal digits are expected")]
    Digest {
        /// The text as given.
        found: String,
    },
}

impl Error {
    /// Says what was tried with which file when the system refused.
    pub fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
