use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cam_files::{Lock, remove_leftovers};
use half::f16;

use super::bounds::Bounds;
use super::entry::{ByPath, Line};
use super::file::{cut, put};
use super::names::{LOCK, Names};
use super::reader::read_log;
use super::{Entry, Header, Image, Maps};
use crate::Error;
use crate::concepts::check;
use crate::error::at;

/// Entries after which everything is brought to the disk.
const SYNCED_EVERY: usize = 256;

/// The one that adds to an index. There is one at a time.
pub struct Writer {
    pub(super) folder: PathBuf,
    pub(super) names: Names,
    pub(super) header: Header,
    pub(super) entries: BTreeSet<ByPath>,
    /// How much of each file is spoken of: bytes of the log, rows, bytes of maps.
    pub(super) length: u64,
    pub(super) rows: u64,
    pub(super) maps_length: u64,
    log: File,
    pub(super) vectors: File,
    pub(super) maps: File,
    unsynced: usize,
    /// Held as long as this lives.
    pub(super) lock: Arc<Lock>,
}

impl Writer {
    /// Opens an index to add to it, or makes one. What an interrupted writer left unfinished is cut
    /// off.
    ///
    /// # Errors
    /// [`Error::Locked`] where another writer is at work, [`Error::OtherModel`] where the index was
    /// made with something else, [`Error::Damaged`], [`Error::Version`], [`Error::File`].
    pub fn open(folder: &Path, header: Header) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        let lock = Lock::try_at(&folder.join(LOCK))?;
        let lock = lock.ok_or_else(|| Error::Locked { folder: folder.to_owned() })?;
        remove_leftovers(folder);
        let header = match Header::read(folder)? {
            Some(kept) => {
                kept.check(&header)?;
                kept
            }
            None => {
                header.write(folder)?;
                header
            }
        };
        let names = Names::of(header.generation);
        names.remove_others(folder);
        Self::of(folder.to_owned(), names, header, Arc::new(lock))
    }

    /// What is in the files of these names, made where they are missing.
    pub(super) fn of(
        folder: PathBuf,
        names: Names,
        header: Header,
        lock: Arc<Lock>,
    ) -> Result<Self, Error> {
        let open = |name: &String| cut(&folder.join(name), None);
        let (log, vectors) = (open(&names.entries)?, open(&names.vectors)?);
        let maps = open(&names.maps)?;
        let bounds = || Bounds::of(&header, Some(&vectors), Some(&maps));
        let read = read_log(&log, &folder, &names, bounds)?;
        let log = cut(&folder.join(&names.entries), Some(read.length))?;
        let rows = read.rows.saturating_mul(header.row_bytes());
        let vectors = cut(&folder.join(&names.vectors), Some(rows))?;
        let maps = cut(&folder.join(&names.maps), Some(read.maps))?;
        let entries = read.entries.into_iter().map(|entry| ByPath(Box::new(entry))).collect();
        let (length, rows, maps_length) = (read.length, read.rows, read.maps);
        Ok(Self {
            folder,
            names,
            header,
            entries,
            length,
            rows,
            maps_length,
            log,
            vectors,
            maps,
            unsynced: 0,
            lock,
        })
    }

    /// What all entries have in common.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Remembers where the folder of the images is now.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn set_root(&mut self, root: &str) -> Result<(), Error> {
        let mut header = self.header.clone();
        header.root = root.to_owned();
        header.write(&self.folder)?;
        self.header = header;
        Ok(())
    }

    /// What is in the index under a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path).map(|ByPath(entry)| &**entry)
    }

    /// The paths of what is in the index, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|ByPath(entry)| &*entry.image.path)
    }

    /// How many images are in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds an image, or puts it in the place of what has its path. It is brought to length one.
    ///
    /// # Shapes
    /// The embedding, and what is [kept](Maps) beside it, `[channels, height, width]`; nothing where the
    /// index keeps nothing.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NonFinite`], [`Error::TooLarge`], [`Error::Zero`], [`Error::File`]. What was added
    /// before stays.
    pub fn add(
        &mut self,
        image: Image,
        embedding: &[f32],
        (maps, shape): (&[f32], [u32; 3]),
    ) -> Result<(), Error> {
        check(embedding, self.header.fingerprint.width)?;
        let unit = unit(embedding).ok_or(Error::Zero)?;
        let (maps, shape) = match self.header.maps {
            Maps::None => (&[][..], [0; 3]),
            _ => (maps, shape),
        };
        check(maps, shape.iter().map(|&side| side as usize).product())?;
        let vector: Vec<u8> = unit.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.put(image, &vector, (&in_half_precision(maps)?, shape))
    }

    /// Adds numbers as they stand in the files.
    pub(super) fn put(
        &mut self,
        image: Image,
        vector: &[u8],
        (maps, shape): (&[u8], [u32; 3]),
    ) -> Result<(), Error> {
        let entry = Entry {
            image,
            row: self.rows,
            vector_crc: crc32fast::hash(vector),
            shape,
            maps_at: self.maps_length,
            maps_crc: crc32fast::hash(maps),
        };
        // Each at its place, so that one that failed half way is written over.
        let row = self.rows * vector.len() as u64;
        put(&mut self.vectors, row, vector).map_err(at(&self.folder.join(&self.names.vectors)))?;
        put(&mut self.maps, self.maps_length, maps)
            .map_err(at(&self.folder.join(&self.names.maps)))?;
        self.enter(Line::Added(entry))
    }

    /// Gives an image that is in the index another date: its bytes are the same, and so are its numbers.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn set_modified(&mut self, path: &str, modified: u64) -> Result<(), Error> {
        let Some(entry) = self.get(path) else { return Ok(()) };
        let mut entry = entry.clone();
        entry.image.modified = modified;
        self.enter(Line::Added(entry))
    }

    /// Takes an image out. Its numbers stay where they are until the index is
    /// [compacted](Self::compact).
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(&mut self, path: &str) -> Result<(), Error> {
        match self.entries.contains(path) {
            true => self.enter(Line::Removed(path.into())),
            false => Ok(()),
        }
    }

    fn enter(&mut self, line: Line) -> Result<(), Error> {
        let bytes = line.to_bytes();
        put(&mut self.log, self.length, &bytes)
            .map_err(at(&self.folder.join(&self.names.entries)))?;
        self.length += bytes.len() as u64;
        match line {
            Line::Added(entry) => {
                self.rows = self.rows.max(entry.row + 1);
                self.maps_length = self.maps_length.max(entry.maps_at + entry.maps_bytes());
                self.entries.replace(ByPath(Box::new(entry)));
            }
            Line::Removed(path) => {
                self.entries.remove(&*path);
            }
        }
        self.unsynced += 1;
        if self.unsynced >= SYNCED_EVERY { self.sync() } else { Ok(()) }
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn sync(&mut self) -> Result<(), Error> {
        // The numbers first: a line must not outlive what it speaks of.
        let files = [
            (&self.vectors, &self.names.vectors),
            (&self.maps, &self.names.maps),
            (&self.log, &self.names.entries),
        ];
        for (file, name) in files {
            file.sync_data().map_err(at(&self.folder.join(name)))?;
        }
        self.unsynced = 0;
        Ok(())
    }
}

fn in_half_precision(numbers: &[f32]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(numbers.len() * 2);
    for (position, &value) in numbers.iter().enumerate() {
        let half = f16::from_f32(value);
        if half.is_infinite() {
            return Err(Error::TooLarge { position, value });
        }
        bytes.extend(half.to_le_bytes());
    }
    Ok(bytes)
}

/// At length one, or none for zeros.
pub(super) fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    (length > 0.0).then(|| vector.iter().map(|&v| (f64::from(v) / length) as f32).collect())
}
