use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cam_files::read_exact_at;
use half::f16;

use super::bounds::{Beyond, Bounds};
use super::log::{Log, Unread};
use super::names::Names;
use super::{Entry, Header, Maps};
use crate::Error;
use crate::error::at;

/// An index as it was when it was opened, whatever a writer adds, removes or compacts meanwhile.
///
/// # Examples
/// ```
/// use cam_store::index::{Header, Image, Index, Maps, Writer};
/// use cam_store::Fingerprint;
///
/// # let scratch = tempfile::tempdir()?;
/// # let folder = scratch.path();
/// let fingerprint = Fingerprint {
///     model: "resnet50".into(),
///     weights_sha256: "0a3f".into(),
///     preprocessing: "224x224 bilinear".into(),
///     width: 2,
/// };
/// let header = Header::new(fingerprint, "photos".into(), "layer4".into(), None, Maps::None);
/// let mut writer = Writer::open(folder, header)?;
/// for (path, embedding) in [("cat.png", [0.6, 0.8]), ("sky.png", [1.0, 0.0])] {
///     let image = Image {
///         path: path.into(),
///         bytes: 70_000,
///         modified: 0,
///         sha256: "77".repeat(32).parse()?,
///         pixels: [640, 480],
///         damaged: false,
///     };
///     writer.add(image, &embedding, (&[], [0; 3]))?;
/// }
/// let index = Index::open(folder)?;
/// let hits = index.search(&[0.0, 2.0], 1, 1)?;
/// assert_eq!(&*index.entries()[hits[0].entry].image.path, "cat.png");
/// assert!((hits[0].cosine - 0.8).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Index {
    pub(super) folder: PathBuf,
    pub(super) names: Names,
    header: Header,
    /// In the order of paths.
    pub(super) entries: Vec<Entry>,
    pub(super) rows: u64,
    /// Open as long as this lives: their names may come to stand for other numbers, or for none.
    vectors: Option<File>,
    maps: Option<File>,
}

impl Index {
    /// Opens an index to read it.
    ///
    /// # Errors
    /// [`Error::NoIndex`], [`Error::Damaged`], [`Error::Version`], [`Error::File`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        loop {
            let header = Header::read(folder)?;
            let header = header.ok_or_else(|| Error::NoIndex { folder: folder.to_owned() })?;
            let (generation, names) = (header.generation, Names::of(header.generation));
            let has_all = names.are_in(folder);
            let opened = Self::of(folder, names.clone(), header);
            if has_all && opened.is_ok() {
                return opened;
            }
            // A file that is missing was not made yet, or a compaction just took it away.
            let is_same = Header::read(folder)?.is_some_and(|now| now.generation == generation);
            if is_same && names.are_in(folder) == has_all {
                return opened;
            }
        }
    }

    fn of(folder: &Path, names: Names, header: Header) -> Result<Self, Error> {
        let open = |name: &String| opened(&folder.join(name));
        let log = open(&names.entries)?;
        let (vectors, maps) = (open(&names.vectors)?, open(&names.maps)?);
        let bounds = || Bounds::of(&header, vectors.as_ref(), maps.as_ref());
        let log = match log {
            Some(file) => read_log(&file, folder, &names, bounds)?,
            // Before the first image there may be none.
            None if header.generation == 0 && vectors.is_none() => Log::default(),
            None => {
                return Err(Error::Damaged { reason: format!("{} is missing", names.entries) });
            }
        };
        let (folder, entries, rows) = (folder.to_owned(), log.entries, log.rows);
        Ok(Self { folder, names, header, entries, rows, vectors, maps })
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
        let found = self.entries.binary_search_by(|entry| (*entry.image.path).cmp(path));
        found.ok().map(|index| &self.entries[index])
    }

    /// An image's embedding at length one.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not what was written, [`Error::File`].
    pub fn vector(&self, entry: &Entry) -> Result<Vec<f32>, Error> {
        let mut bytes = vec![0; self.header.row_bytes() as usize];
        self.read_rows(entry.row, &mut bytes)?;
        check(entry, &bytes, entry.vector_crc)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        let numbers = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        finite(numbers, entry, &self.names.vectors)
    }

    /// What is [kept](Maps) of an image beside its embedding, `[channels, height, width]` as its entry says, rounded to
    /// f16.
    ///
    /// # Errors
    /// [`Error::NoMaps`] where the index keeps none, [`Error::Damaged`], [`Error::File`].
    pub fn maps(&self, entry: &Entry) -> Result<Vec<f32>, Error> {
        if self.header.maps == Maps::None {
            return Err(Error::NoMaps);
        }
        let mut bytes = vec![0; entry.maps_bytes() as usize];
        read(self.maps.as_ref(), &mut bytes, entry.maps_at)
            .map_err(at(&self.folder.join(&self.names.maps)))?;
        check(entry, &bytes, entry.maps_crc)?;
        let (numbers, _) = bytes.as_chunks::<2>();
        let numbers = numbers.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect();
        finite(numbers, entry, &self.names.maps)
    }

    /// Reads everything and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::Damaged`] for the first that differs, [`Error::File`].
    pub fn verify(&self) -> Result<(), Error> {
        for entry in &self.entries {
            self.vector(entry)?;
            if self.header.maps != Maps::None {
                self.maps(entry)?;
            }
        }
        Ok(())
    }

    /// Fills a buffer with rows of embeddings from one on.
    pub(super) fn read_rows(&self, first: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let place = first.saturating_mul(self.header.row_bytes());
        read(self.vectors.as_ref(), bytes, place)
            .map_err(at(&self.folder.join(&self.names.vectors)))
    }
}

/// A file, or none where there is none.
fn opened(path: &Path) -> Result<Option<File>, Error> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some).map_err(at(path)),
    }
}

fn read(file: Option<&File>, bytes: &mut [u8], place: u64) -> std::io::Result<()> {
    let file = file.ok_or(ErrorKind::NotFound)?;
    read_exact_at(file, bytes, place)
}

/// What a log says, or where it could not be read.
pub(super) fn read_log(
    file: &File,
    folder: &Path,
    names: &Names,
    bounds: impl FnOnce() -> std::io::Result<Bounds>,
) -> Result<Log, Error> {
    let damaged = |reason: String| Error::Damaged { reason };
    let name = &names.entries;
    Log::read(file, bounds).map_err(|unread| match unread {
        Unread::File(error) => at(&folder.join(name))(error),
        Unread::Line(number) => damaged(format!("line {number} of {name} is damaged")),
        Unread::Beyond(number, Beyond { field, reason }) => {
            damaged(format!("line {number} of {name} says that {field} is {reason}"))
        }
        Unread::Shared(path) => damaged(format!("{name} gives {path} the row of another image")),
    })
}

/// Numbers that can be compared: a checksum says that they were written, not that they are numbers.
fn finite(numbers: Vec<f32>, entry: &Entry, name: &str) -> Result<Vec<f32>, Error> {
    match numbers.iter().find(|value| !value.is_finite()) {
        None => Ok(numbers),
        Some(value) => {
            let reason = format!("{name} holds {value} for {}", entry.image.path);
            Err(Error::Damaged { reason })
        }
    }
}

/// That an image's numbers are those that were written.
pub(super) fn check(entry: &Entry, bytes: &[u8], crc: u32) -> Result<(), Error> {
    if crc32fast::hash(bytes) == crc {
        return Ok(());
    }
    let reason = format!("the numbers of {} are not those that were written", entry.image.path);
    Err(Error::Damaged { reason })
}
