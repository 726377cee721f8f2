//! A file of JSON lines that an interrupted run goes on with: its settings, then a record for each piece of
//! work, each written as soon as it is done.

mod differences;
mod settings;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use cam_files::Lock;
use cam_files::{Temporary, remove_leftovers};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Context as _, Error, Setting, failed};
use differences::agree;

pub use settings::{MethodSettings, NetworkSettings, ReadingSettings};

/// How every journal begins. A file that does not is not ours to cut or to go on with.
const BEGINS: &str = "{\"schema_version\":";

/// The longest line that is read, some thousand times what one is.
const LONGEST: u64 = 1 << 30;

/// Records of one kind in a file, which nobody else writes as long as this lives.
pub struct Journal<R> {
    path: PathBuf,
    file: File,
    length: u64,
    _lock: Lock,
    records: PhantomData<fn() -> R>,
}

/// Where a record's line lies in the file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    at: u64,
    length: u64,
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Makes the file and its folder, or shows `see` every record that is there, to go on behind them. A
    /// last line that was cut off is dropped.
    ///
    /// # Errors
    /// A usage error that names every setting of the header that differs, with both values; where another
    /// process has the file, where a line is damaged, where the file is no journal.
    pub fn open(
        path: &Path,
        header: &impl Serialize,
        mut see: impl FnMut(R, Span) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let making = || format!("making the folder {}", folder.display());
        fs::create_dir_all(folder).with_context(making).map_err(Error::output)?;
        let lock = lock(path)?;
        remove_leftovers(folder);
        let file = open(path)?;
        let mut journal =
            Self { path: path.to_owned(), file, length: 0, _lock: lock, records: PhantomData };
        let used = serde_json::to_value(header).context("writing JSON")?;
        let mut is_first = true;
        let whole = journal.lines(|text, span| {
            if std::mem::take(&mut is_first) {
                return agree(text, &used, path);
            }
            let line = || {
                format!("{}: the line at byte {} is damaged: remove it", path.display(), span.at)
            };
            see(serde_json::from_str(text).with_context(line)?, span)
        })?;
        if whole == 0 {
            refuse_foreign(path)?;
        }
        journal.cut(whole)?;
        if whole == 0 {
            journal.put(header)?;
        }
        Ok(journal)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one more record, at once.
    pub fn add(&mut self, record: &R) -> Result<Span, Error> {
        self.put(record)
    }

    /// Shows every record, one after the other; none is kept in memory.
    pub fn each(&self, mut see: impl FnMut(R) -> Result<(), Error>) -> Result<(), Error> {
        let mut is_header = true;
        let read = self.lines(|text, _| match std::mem::take(&mut is_header) {
            true => Ok(()),
            false => {
                see(serde_json::from_str(text).with_context(|| self.path.display().to_string())?)
            }
        });
        read.map(|_| ())
    }

    /// Keeps these records alone, in this order, in one step; says where they are from then on.
    pub fn keep(&mut self, spans: &[Span]) -> Result<Vec<Span>, Error> {
        let path = self.path.clone();
        let failed = |error: io::Error| Error::from(error).of(path.display()).output();
        let kept = self.copied(spans).map_err(failed)?;
        self.file = open(&self.path)?;
        self.length = kept.last().map_or(self.length, |span| span.at + span.length);
        if kept.is_empty() {
            self.length = self.file.metadata().map_err(failed)?.len();
        }
        Ok(kept)
    }

    fn copied(&self, spans: &[Span]) -> io::Result<Vec<Span>> {
        let mut from = File::open(&self.path)?;
        let mut to = Temporary::new_in(self.path.parent().unwrap_or(Path::new(".")))?;
        let mut header = Vec::new();
        BufReader::new(&from).read_until(b'\n', &mut header)?;
        to.write_all(&header)?;
        let mut at = header.len() as u64;
        let mut kept = Vec::with_capacity(spans.len());
        let mut line = Vec::new();
        for span in spans {
            from.seek(SeekFrom::Start(span.at))?;
            line.clear();
            (&mut from).take(span.length).read_to_end(&mut line)?;
            to.write_all(&line)?;
            kept.push(Span { at, length: span.length });
            at += span.length;
        }
        to.as_file().set_permissions(from.metadata()?.permissions())?;
        to.persist(&self.path)?;
        Ok(kept)
    }

    fn put(&mut self, line: &impl Serialize) -> Result<Span, Error> {
        let mut text = serde_json::to_string(line).context("writing JSON")?;
        text.push('\n');
        // One write: whoever is killed leaves a whole line or a part of one, which is dropped.
        let written = self.file.write_all(text.as_bytes());
        if written.is_err() {
            // A disk that is full takes a part of a line; what comes later must not stand behind it.
            let _ = self.file.set_len(self.length);
        }
        written.with_context(|| self.path.display().to_string()).map_err(Error::output)?;
        let span = Span { at: self.length, length: text.len() as u64 };
        self.length += span.length;
        Ok(span)
    }

    fn cut(&mut self, length: u64) -> Result<(), Error> {
        let cut = self.file.set_len(length);
        self.length = length;
        cut.with_context(|| self.path.display().to_string()).map_err(Error::output)
    }

    /// Shows every whole line; says how many bytes they have together.
    fn lines(&self, mut see: impl FnMut(&str, Span) -> Result<(), Error>) -> Result<u64, Error> {
        let path = || self.path.display().to_string();
        let mut reader = BufReader::new(File::open(&self.path).with_context(path)?);
        let (mut at, mut line) = (0, Vec::new());
        loop {
            line.clear();
            let length = (&mut reader).take(LONGEST).read_until(b'\n', &mut line);
            let length = length.with_context(path)? as u64;
            let Some(text) = line.strip_suffix(b"\n") else {
                return match length < LONGEST {
                    true => Ok(at),
                    false => Err(failed!("{}: the line at byte {at} has no end", path())),
                };
            };
            let text = std::str::from_utf8(text).with_context(path)?;
            see(text, Span { at, length })?;
            at += length;
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().create(true).read(true).append(true).open(path);
    file.with_context(|| path.display().to_string()).map_err(Error::output)
}

fn lock(path: &Path) -> Result<Lock, Error> {
    let lock = Lock::try_beside(path).map_err(|error| Error::from(error).output())?;
    lock.ok_or_else(|| {
        let path = path.display();
        failed!("{path} is being written by another process: wait for it to end")
    })
}

/// A file without a whole line is one whose first was cut off, or not ours.
fn refuse_foreign(path: &Path) -> Result<(), Error> {
    let mut begins = Vec::new();
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let read = file.take(BEGINS.len() as u64).read_to_end(&mut begins);
    read.with_context(|| path.display().to_string())?;
    if BEGINS.as_bytes().starts_with(&begins) { Ok(()) } else { Err(foreign(path)) }
}

fn foreign(path: &Path) -> Error {
    Error::usage(format_args!(
        "{} was not written by this command: choose another folder for results, or remove it",
        path.display()
    ))
    .see(Setting::Results)
}

/// That a file which is there was begun with the same settings; for before the work that opening it waits for.
pub fn check(path: &Path, header: &impl Serialize) -> Result<(), Error> {
    let used = serde_json::to_value(header).context("writing JSON")?;
    let Ok(file) = File::open(path) else { return Ok(()) };
    let mut first = Vec::new();
    let read = BufReader::new(file).take(LONGEST).read_until(b'\n', &mut first);
    read.with_context(|| path.display().to_string())?;
    match first.strip_suffix(b"\n").map(std::str::from_utf8) {
        Some(Ok(first)) => agree(first, &used, path),
        Some(Err(_)) => Err(foreign(path)),
        None => Ok(()),
    }
}

/// Whether a file is a journal of this program, as far as its first bytes tell.
pub fn is_one(path: &Path) -> bool {
    let mut begins = [0; BEGINS.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begins));
    read.is_ok() && begins == BEGINS.as_bytes()
}

#[cfg(test)]
mod tests;
