//! Files beside the model. Their names come from the model, so they are not trusted.

use std::fs;
use std::io;
use std::path::{Component, Path};

use crate::error::{Error, ExternalFault};
use crate::source::Source;

/// A file that a constant lies in.
pub(super) struct File<'a> {
    /// The constant.
    pub tensor: &'a str,
    /// The file, as the model names it.
    pub location: &'a str,
}

impl File<'_> {
    /// Opens it, if it lies in the model's folder.
    pub fn open(&self, model: &Source, folder: Option<&Path>) -> Result<Source, Error> {
        if !is_below(Path::new(self.location)) {
            return Err(self.fault(ExternalFault::Path));
        }
        let folder = folder.ok_or_else(|| self.fault(ExternalFault::NoFolder))?;
        let path = folder.join(self.location);
        // Links are followed first, and what they lead to is judged and opened.
        let real = fs::canonicalize(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                self.fault(ExternalFault::Missing { folder: folder.to_owned() })
            }
            _ => Error::io("open", &path)(error),
        })?;
        let home = fs::canonicalize(folder).map_err(Error::io("open", folder))?;
        if !real.starts_with(home) && !lies_with_real_model(&real, model) {
            return Err(self.fault(ExternalFault::Link { to: real }));
        }
        Source::open(&real).map_err(|error| match error {
            Error::NotAFile { .. } => self.fault(ExternalFault::NotAFile),
            error => error,
        })
    }

    /// Refuses a file that ends before the constant does.
    pub fn check_length(&self, len: u64, offset: u64, needed: u64) -> Result<(), Error> {
        match offset.checked_add(needed) {
            Some(end) if end <= len => Ok(()),
            _ => Err(self.fault(ExternalFault::Short { len, offset, needed })),
        }
    }

    fn fault(&self, what: ExternalFault) -> Error {
        let (tensor, location) = (self.tensor.to_owned(), self.location.to_owned());
        Error::External { tensor, location, what }
    }
}

/// Whether a path names something below where it starts, and says so without `..`.
fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        && path.components().any(|part| matches!(part, Component::Normal(_)))
}

/// Whether the model's name is a link, and the file lies in the folder that it leads to: caches keep files under other
/// names in one folder, and link to them from another.
fn lies_with_real_model(file: &Path, model: &Source) -> bool {
    let real = model.path().and_then(|path| fs::canonicalize(path).ok());
    real.as_deref().and_then(Path::parent).is_some_and(|home| file.starts_with(home))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_the_folder_pass() {
        for name in ["a.data", "./a.data", "sub/a.data", "..a", "a..", "a/./b"] {
            assert!(is_below(Path::new(name)), "{name}");
        }
        for name in ["", ".", "..", "../a", "a/../../b", "a/..", "/etc/passwd", "/", "./.."] {
            assert!(!is_below(Path::new(name)), "{name}");
        }
    }
}
