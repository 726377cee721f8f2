//! The log and its numbers as files that grow at their ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cam_files::read_at;

use crate::Error;
use crate::error::at;

/// Opens a file, and cuts off what lies beyond a length.
pub(super) fn cut(path: &Path, length: Option<u64>) -> Result<File, Error> {
    let open = || {
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let found = file.metadata()?.len();
        let length = length.unwrap_or(found);
        if found > length {
            file.set_len(length)?;
        }
        Ok((file, found, length))
    };
    let (file, found, length) = open().map_err(at(path))?;
    if found < length {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let reason = format!("{name} has {found} bytes, and {length} are spoken of");
        return Err(Error::Damaged { reason });
    }
    Ok(file)
}

/// Writes at a place, all or nothing.
pub(super) fn put(file: &mut File, place: u64, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    file.seek(SeekFrom::Start(place))?;
    // A part of it, as on a full disk, must not stay behind what is written next.
    file.write_all(bytes).inspect_err(|_| drop(file.set_len(place)))
}

/// A file from a place on, as a stream.
pub(super) struct Stream<'a> {
    pub(super) file: &'a File,
    pub(super) place: u64,
}

impl io::Read for Stream<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, bytes, self.place)?;
        self.place += read as u64;
        Ok(read)
    }
}
