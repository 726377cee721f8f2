use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::at;
use crate::gallery::header::sync_folder;

/// How an index of neighbours is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How many rows belong to a block.
    ///
    /// A search looks into every block, and compares up to as many rows exactly, those of the last block
    /// that is not whole.
    pub rows: u64,
}

impl Default for Plan {
    /// 65,536 rows: those of 1280 numbers are compared in some 20 ms, and made into a graph in a minute
    /// or two.
    fn default() -> Self {
        Self { rows: 1 << 16 }
    }
}

const NAME: &str = "plan.json";

impl Plan {
    /// The plan in a folder, or none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(NAME);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
            Ok(bytes) => match serde_json::from_slice::<Self>(&bytes) {
                Ok(plan) if plan.rows > 0 => Ok(Some(plan)),
                Ok(_) => Err(refused(&path, "a block has no rows")),
                Err(error) => Err(refused(&path, error)),
            },
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        write(&folder.join(NAME), &serde_json::to_vec(self).expect("numbers are JSON"))
    }
}

/// Writes a file whole or not at all, and on the disk before it has its name.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let part = path.with_extension("part");
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let written = written.and_then(|()| fs::rename(&part, path));
    let folder = path.parent().unwrap_or(path);
    written.and_then(|()| sync_folder(folder)).map_err(at(path))
}

/// Why a file of the index of neighbours is not used.
pub(super) fn refused(path: &Path, reason: impl ToString) -> Error {
    Error::Neighbours { path: path.to_owned(), reason: reason.to_string() }
}
