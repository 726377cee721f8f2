//! A file on its way: the part, the note beside it, and the step to the final name.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use cam_files::Sha256;

use crate::error::FetchError;
use crate::exchange::Resume;
use crate::options::Options;
use crate::record::Record;

/// The paths of one download, all in the destination's directory so that the last step is a rename.
#[derive(Debug)]
pub(crate) struct Part {
    /// The final name.
    pub destination: PathBuf,
    /// `NAME.part`: the bytes so far.
    pub path: PathBuf,
    /// `NAME.part.note`: which version of which address they belong to.
    note: PathBuf,
    /// `NAME.part.lock`: held while any of these is touched.
    pub lock: PathBuf,
}

impl Part {
    /// Refuses a destination without a file name.
    pub fn of(destination: &Path) -> Result<Self, FetchError> {
        let Some(name) = destination.file_name() else {
            return Err(FetchError::Destination { path: destination.to_owned() });
        };
        let beside = |extension: &str| {
            let mut name = name.to_owned();
            name.push(OsStr::new(extension));
            destination.with_file_name(name)
        };
        Ok(Self {
            path: beside(".part"),
            note: beside(".part.note"),
            lock: beside(".part.lock"),
            destination: destination.to_owned(),
        })
    }

    /// The destination's directory; a bare name lies in the current one.
    pub fn directory(&self) -> &Path {
        match self.destination.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }

    /// From where an earlier download of the same address can go on.
    ///
    /// Where the server gave nothing to recognise the content by, only a known digest makes that safe: it would
    /// find two versions joined together.
    pub fn resume(&self, address: &str, options: &Options) -> Option<Resume> {
        let record = Record::read(&self.note).filter(|record| record.address == address)?;
        let offset = fs::metadata(&self.path).ok()?.len();
        let can_judge = record.validator().is_some() || options.sha256.is_some();
        (offset > 0 && offset <= options.max_bytes && can_judge)
            .then_some(Resume { offset, record })
    }

    /// An empty part. It is emptied before the note is written: a note never describes another version's bytes.
    pub fn start(&self, record: &Record) -> Result<File, FetchError> {
        let file = File::create(&self.path).map_err(FetchError::io("create", &self.path))?;
        record.write(&self.note).map_err(FetchError::io("write", &self.note))?;
        Ok(file)
    }

    /// The part as it is, to be continued.
    pub fn go_on(&self) -> Result<File, FetchError> {
        File::options().append(true).open(&self.path).map_err(FetchError::io("open", &self.path))
    }

    /// The error for bytes that could not be written.
    pub fn not_written(&self, source: io::Error) -> FetchError {
        FetchError::io("write", &self.path)(source)
    }

    /// Deletes the part: these bytes are of no use.
    pub fn discard(&self) -> Result<(), FetchError> {
        remove(&self.note)?;
        remove(&self.path)
    }

    /// The digest of what is on the disk, which is what counts, rather than of what came by.
    pub fn sha256(&self) -> Result<Sha256, FetchError> {
        Ok(Sha256::of_file(&self.path)?)
    }

    /// Gives the file its final name.
    pub fn finish(&self) -> Result<(), FetchError> {
        cam_files::persist(&self.path, &self.destination)?;
        remove(&self.note)
    }
}

fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FetchError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
