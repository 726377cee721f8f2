use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use half::f16;

use super::entry::Log;
use super::writer::read_entries;
use super::{Entry, Header, MAPS, VECTORS};
use crate::Error;
use crate::error::at;

/// A gallery as it was when it was opened, whatever a writer adds meanwhile.
pub struct Gallery {
    pub(super) folder: PathBuf,
    header: Header,
    /// In the order of paths.
    pub(super) entries: Vec<Entry>,
    pub(super) rows: u64,
}

impl Gallery {
    /// Opens a gallery to read it.
    ///
    /// # Errors
    /// [`Error::NoGallery`], [`Error::Damaged`], [`Error::Version`], [`Error::File`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let header = Header::read(folder)?;
        let header = header.ok_or_else(|| Error::NoGallery { folder: folder.to_owned() })?;
        let log = Log::read(&read_entries(folder)?)?;
        let entries = log.entries.into_values().collect();
        Ok(Self { folder: folder.to_owned(), header, entries, rows: log.rows })
    }

    /// What all entries have in common.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The images, in the order of their paths.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The image under a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|entry| entry.image.path.as_str().cmp(path));
        found.ok().map(|index| &self.entries[index])
    }

    /// An image's embedding at length one.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not what was written, [`Error::File`].
    pub fn vector(&self, entry: &Entry) -> Result<Vec<f32>, Error> {
        let length = self.header.fingerprint.width * 4;
        let bytes = self.read(VECTORS, entry.row * length as u64, length)?;
        self.check(entry, &bytes, entry.vector_crc)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }

    /// An image's activations, `[channels, height, width]` as its entry says, rounded to f16.
    ///
    /// # Errors
    /// [`Error::NoMaps`] where the gallery keeps none, [`Error::Damaged`], [`Error::File`].
    pub fn activations(&self, entry: &Entry) -> Result<Vec<f32>, Error> {
        if !self.header.has_maps {
            return Err(Error::NoMaps);
        }
        let bytes = self.read(MAPS, entry.maps_at, entry.maps_bytes() as usize)?;
        self.check(entry, &bytes, entry.maps_crc)?;
        let (numbers, _) = bytes.as_chunks::<2>();
        Ok(numbers.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect())
    }

    /// Reads everything and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::Damaged`] for the first that differs, [`Error::File`].
    pub fn verify(&self) -> Result<(), Error> {
        for entry in &self.entries {
            self.vector(entry)?;
            if self.header.has_maps {
                self.activations(entry)?;
            }
        }
        Ok(())
    }

    fn check(&self, entry: &Entry, bytes: &[u8], crc: u32) -> Result<(), Error> {
        if crc32fast::hash(bytes) == crc {
            return Ok(());
        }
        let reason = format!("the numbers of {} are not those that were written", entry.image.path);
        Err(Error::Damaged { reason })
    }

    fn read(&self, name: &str, place: u64, length: usize) -> Result<Vec<u8>, Error> {
        let path = self.folder.join(name);
        let mut bytes = vec![0; length];
        let read = File::open(&path).and_then(|mut file| {
            file.seek(SeekFrom::Start(place))?;
            file.read_exact(&mut bytes)
        });
        read.map_err(at(&path)).map(|()| bytes)
    }
}
