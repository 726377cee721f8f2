use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use half::f16;

use super::entry::{Line, Log};
use super::{ENTRIES, Entry, HEADER, Header, Image, LOCK, MAPS, VECTORS};
use crate::Error;
use crate::concepts::check;
use crate::error::at;

/// Entries after which everything is brought to the disk.
const SYNCED_EVERY: usize = 256;

/// The one that adds to a gallery. There is one at a time.
pub struct Writer {
    folder: PathBuf,
    header: Header,
    log: Log,
    entries: File,
    vectors: File,
    maps: File,
    unsynced: usize,
    /// Held as long as this lives; the system lets go of it when the process ends, however it does.
    _lock: File,
}

impl Writer {
    /// Opens a gallery to add to it, or makes one. What an interrupted writer left unfinished is cut
    /// off.
    ///
    /// # Errors
    /// [`Error::Locked`] where another writer is at work, [`Error::OtherModel`] where the gallery was
    /// made with something else, [`Error::Damaged`], [`Error::Version`], [`Error::File`].
    pub fn open(folder: &Path, header: Header) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        let lock = locked(folder)?;
        match Header::read(folder)? {
            Some(kept) => kept.check(&header)?,
            None => write_header(folder, &header)?,
        }
        let log = Log::read(&read_entries(folder)?)?;
        let rows = log.rows * header.fingerprint.width as u64 * 4;
        let entries = cut(&folder.join(ENTRIES), log.length)?;
        let vectors = cut(&folder.join(VECTORS), rows)?;
        let maps = cut(&folder.join(MAPS), log.maps)?;
        let folder = folder.to_owned();
        Ok(Self { folder, header, log, entries, vectors, maps, unsynced: 0, _lock: lock })
    }

    /// What is in the gallery under a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.log.entries.get(path)
    }

    /// The paths of what is in the gallery, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.log.entries.keys().map(String::as_str)
    }

    /// How many images are in it.
    pub fn len(&self) -> usize {
        self.log.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.log.entries.is_empty()
    }

    /// Adds an image, or puts it in the place of what has its path. It is brought to length one.
    ///
    /// # Shapes
    /// The embedding, and the activations of the layer, `[channels, height, width]`; none where the
    /// gallery keeps none.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NonFinite`], [`Error::Zero`], [`Error::File`]. What was added before
    /// stays.
    pub fn add(
        &mut self,
        image: Image,
        embedding: &[f32],
        (activations, shape): (&[f32], [usize; 3]),
    ) -> Result<(), Error> {
        check(embedding, self.header.fingerprint.width)?;
        let unit = unit(embedding).ok_or(Error::Zero)?;
        let (activations, shape) =
            if self.header.has_maps { (activations, shape) } else { (&[][..], [0; 3]) };
        check(activations, shape.iter().product())?;
        let vector: Vec<u8> = unit.iter().flat_map(|value| value.to_le_bytes()).collect();
        let maps: Vec<u8> =
            activations.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
        let entry = Entry {
            image,
            row: self.log.rows,
            vector_crc: crc32fast::hash(&vector),
            shape,
            maps_at: self.log.maps,
            maps_crc: crc32fast::hash(&maps),
        };
        // Each at its place, so that one that failed half way is written over.
        let row = self.log.rows * vector.len() as u64;
        put(&mut self.vectors, row, &vector).map_err(at(&self.folder.join(VECTORS)))?;
        put(&mut self.maps, self.log.maps, &maps).map_err(at(&self.folder.join(MAPS)))?;
        self.enter(Line::Added(entry))
    }

    /// Takes an image out. Its numbers stay where they are until the gallery is made anew.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(&mut self, path: &str) -> Result<(), Error> {
        match self.log.entries.contains_key(path) {
            true => self.enter(Line::Removed(path.to_owned())),
            false => Ok(()),
        }
    }

    fn enter(&mut self, line: Line) -> Result<(), Error> {
        let bytes = line.to_bytes();
        let place = self.folder.join(ENTRIES);
        put(&mut self.entries, self.log.length, &bytes).map_err(at(&place))?;
        self.log.length += bytes.len() as u64;
        self.log.enter(line);
        self.unsynced += 1;
        if self.unsynced >= SYNCED_EVERY { self.sync() } else { Ok(()) }
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn sync(&mut self) -> Result<(), Error> {
        // The numbers first: a line must not outlive what it speaks of.
        let files = [(&self.vectors, VECTORS), (&self.maps, MAPS), (&self.entries, ENTRIES)];
        for (file, name) in files {
            file.sync_data().map_err(at(&self.folder.join(name)))?;
        }
        self.unsynced = 0;
        Ok(())
    }
}

fn locked(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().create(true).append(true).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

/// Whole or not at all: under another name first.
fn write_header(folder: &Path, header: &Header) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(header).expect("names and numbers are JSON");
    let (part, path) = (folder.join("gallery.json.part"), folder.join(HEADER));
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, &path)).map_err(at(&path))
}

pub(super) fn read_entries(folder: &Path) -> Result<Vec<u8>, Error> {
    let path = folder.join(ENTRIES);
    match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(at(&path)),
    }
}

/// Opens a file and cuts off what lies beyond.
fn cut(path: &Path, length: u64) -> Result<File, Error> {
    let open = || {
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let found = file.metadata()?.len();
        if found > length {
            file.set_len(length)?;
        }
        Ok((file, found))
    };
    let (file, found) = open().map_err(at(path))?;
    if found < length {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let reason = format!("{name} has {found} bytes, and {length} are spoken of");
        return Err(Error::Damaged { reason });
    }
    Ok(file)
}

fn put(file: &mut File, place: u64, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    file.seek(SeekFrom::Start(place))?;
    // A part of it, as on a full disk, must not stay behind what is written next.
    file.write_all(bytes).inspect_err(|_| drop(file.set_len(place)))
}

/// At length one, or none for zeros.
pub(super) fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    (length > 0.0).then(|| vector.iter().map(|&v| (f64::from(v) / length) as f32).collect())
}
