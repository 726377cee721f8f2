use std::sync::Arc;

use cam_files::{read_exact_at, sync_directory};

use super::names::Names;
use super::reader::check;
use super::{Entry, Header, Step, Writer};
use crate::Error;
use crate::error::at;

/// What a compaction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Rows of images that had changed or gone.
    pub rows: u64,
    /// Bytes that their numbers and lines took.
    pub bytes: u64,
}

impl Writer {
    /// Writes the index anew without the numbers of images that changed or went; it comes to the bytes
    /// of one to which what is left was added in the same order. Where everything is alive, nothing is
    /// done.
    ///
    /// The new files lie beside the old ones until all of them are on the disk, and count from one rename
    /// on: cut off at any moment, the index is whole, the one or the other. Both take room for as long.
    /// Readers that have the old one open go on with it. `step` is called before each image with how many
    /// there are.
    ///
    /// # Errors
    /// [`Error::Stopped`], [`Error::Damaged`] where numbers are not those that were written, and
    /// [`Error::File`]; the index then is as it was.
    pub fn compact(&mut self, step: Step<'_>) -> Result<Compacted, Error> {
        let dead = self.rows - self.entries.len() as u64;
        if dead == 0 {
            return Ok(Compacted { rows: 0, bytes: 0 });
        }
        self.sync()?;
        let before = self.bytes();
        let copy = self.copy(step);
        let copy = copy.inspect_err(|_| self.names.remove_others(&self.folder))?;
        let switched = copy.header.write(&self.folder);
        // Where that failed, it may have been behind the rename: what the header says now is what counts.
        if Header::read(&self.folder)?.as_ref() == Some(&copy.header) {
            *self = copy;
        }
        switched?;
        self.names.remove_others(&self.folder);
        Ok(Compacted { rows: dead, bytes: before - self.bytes() })
    }

    fn bytes(&self) -> u64 {
        self.length + self.rows * self.header.row_bytes() + self.maps_length
    }

    /// What is alive, in files of the next generation.
    fn copy(&self, step: Step<'_>) -> Result<Self, Error> {
        let header = self.header.next();
        let names = Names::of(header.generation);
        self.names.remove_others(&self.folder);
        let mut copy = Self::of(self.folder.clone(), names, header, Arc::clone(&self.lock))?;
        let mut alive: Vec<&Entry> = self.entries.iter().map(|by_path| &*by_path.0).collect();
        // As they lie on the disk.
        alive.sort_by_key(|entry| entry.row);
        let length = self.header.fingerprint.width * 4;
        let (mut vector, mut maps) = (vec![0; length], Vec::new());
        for entry in &alive {
            if step(alive.len() as u64).is_break() {
                return Err(Error::Stopped);
            }
            read_exact_at(&self.vectors, &mut vector, entry.row * length as u64)
                .map_err(at(&self.folder.join(&self.names.vectors)))?;
            check(entry, &vector, entry.vector_crc)?;
            maps.resize(entry.maps_bytes() as usize, 0);
            read_exact_at(&self.maps, &mut maps, entry.maps_at)
                .map_err(at(&self.folder.join(&self.names.maps)))?;
            check(entry, &maps, entry.maps_crc)?;
            copy.put(entry.image.clone(), &vector, (&maps, entry.shape))?;
        }
        copy.sync()?;
        sync_directory(&self.folder).map_err(at(&self.folder))?;
        Ok(copy)
    }
}
