//! Where a model's bytes come from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Broken, Error};

/// A file, or bytes in memory. Threads can share it: it is read by place, and nothing in it moves.
#[derive(Debug)]
#[non_exhaustive]
pub enum Source {
    /// An open file. It is not mapped into memory: a file that is cut short while it is read gives an error.
    File {
        /// The file.
        file: File,
        /// Its name, for messages and for what lies beside it.
        path: PathBuf,
        /// How many bytes it had when it was opened.
        len: u64,
    },
    /// The content of a file.
    Bytes(Arc<[u8]>),
}

impl Source {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::NotAFile`] for folders and pipes.
    pub fn open(path: &Path) -> Result<Self, Error> {
        // Asked before it is opened, for opening a pipe waits until somebody writes to it.
        let found = fs::metadata(path).map_err(Error::io("open", path))?;
        if !found.is_file() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let file = File::open(path).map_err(Error::io("open", path))?;
        let len = file.metadata().map_err(Error::io("open", path))?.len();
        Ok(Self::File { file, path: path.to_owned(), len })
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::File { len, .. } => *len,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The file's path, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Bytes(_) => None,
        }
    }

    /// The folder of the file, if it is one: where constants outside it lie.
    pub fn folder(&self) -> Option<&Path> {
        let folder = self.path()?.parent()?;
        // A name alone has an empty parent.
        Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    }

    /// Fills a buffer with the bytes from a place on.
    ///
    /// # Errors
    /// [`Error::Malformed`] where there are fewer, and [`Error::Io`].
    pub fn read_at(&self, place: u64, into: &mut [u8]) -> Result<(), Error> {
        let left = self.len().saturating_sub(place);
        let wanted = into.len() as u64;
        if wanted > left {
            return Err(Error::Malformed { place, what: Broken::Length { wanted, left } });
        }
        match self {
            Self::File { file, path, .. } => {
                cam_files::read_exact_at(file, into, place).map_err(Error::io("read", path))
            }
            Self::Bytes(bytes) => {
                let rest = usize::try_from(place).ok().and_then(|place| bytes.get(place..));
                match rest.and_then(|rest| rest.get(..into.len())) {
                    Some(found) => into.copy_from_slice(found),
                    None => {
                        return Err(Error::Malformed {
                            place,
                            what: Broken::Length { wanted, left },
                        });
                    }
                }
                Ok(())
            }
        }
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&[u8]> for Source {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<Arc<[u8]>> for Source {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_bytes_read_alike() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.onnx");
        fs::write(&path, b"0123456789").expect("written");
        for source in [Source::open(&path).expect("opened"), Source::from(&b"0123456789"[..])] {
            let mut four = [0; 4];
            source.read_at(6, &mut four).expect("four are left");
            assert_eq!((source.len(), &four), (10, b"6789"));
            for place in [7, 10, 11, u64::MAX] {
                let error = source.read_at(place, &mut four).expect_err("fewer are left");
                assert!(matches!(error, Error::Malformed { .. }), "{error}");
            }
        }
    }

    #[test]
    fn a_folder_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Source::open(folder.path()).expect_err("it is a folder");
        assert!(matches!(error, Error::NotAFile { .. }), "{error}");
    }
}
