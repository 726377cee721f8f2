use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::ops::Range;

use cam_threads::{cores, side_by_side};

use super::Entry;
use super::bounds::{Beyond, Bounds};
use super::entry::Line;
use super::file::Stream;

/// What a thread is worth, in bytes of log: below, starting it takes longer than reading.
const SHARE: u64 = 1 << 20;

/// Bytes of the log in memory at a time, for each thread.
const BUFFER: usize = 1 << 16;

/// What the lines come to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// What is in the index, in the order of paths.
    pub(super) entries: Vec<Entry>,
    /// Bytes of whole lines.
    pub(super) length: u64,
    /// Rows that whole lines speak of, dead ones too.
    pub(super) rows: u64,
    /// Bytes of maps that whole lines speak of.
    pub(super) maps: u64,
}

impl Log {
    /// Reads lines up to the first that is not whole: a stretch of the file on each core, as a stream. Bounds are
    /// asked for afterwards, and all lines must keep within them.
    ///
    /// # Errors
    /// [`Unread`], which the caller gives its place.
    pub(super) fn read(
        file: &File,
        bounds: impl FnOnce() -> io::Result<Bounds>,
    ) -> Result<Self, Unread> {
        let length = file.metadata()?.len();
        let part = Self::read_in(file, length, length.div_ceil(cores() as u64).max(SHARE))?;
        let bounds = bounds()?;
        for (line, number) in part.lines.iter().zip(1..) {
            if let Line::Added(entry) = line {
                bounds.check(entry).map_err(|beyond| Unread::Beyond(number, beyond))?;
            }
        }
        let log = Self::of(part);
        log.rows_are_distinct()?;
        Ok(log)
    }

    fn read_in(file: &File, length: u64, share: u64) -> Result<Part, Unread> {
        let starts = (0..length).step_by(share as usize);
        let ranges: Vec<_> = starts.map(|start| start..length.min(start + share)).collect();
        // Each a share of a core's: there are no more of them than cores.
        let parts = side_by_side(&ranges, ranges.len(), |range| Part::read(file, range.clone()));
        let parts = parts.into_iter().collect::<io::Result<Vec<_>>>()?;
        Part::joined(parts)
    }

    /// That no two images have one row, which is as long as the file of them says at most.
    fn rows_are_distinct(&self) -> Result<(), Unread> {
        let mut taken = vec![false; self.rows as usize];
        for entry in &self.entries {
            if std::mem::replace(&mut taken[entry.row as usize], true) {
                return Err(Unread::Shared(entry.image.path.clone()));
            }
        }
        Ok(())
    }

    fn of(part: Part) -> Self {
        let mut log = Self { length: part.length, ..Self::default() };
        let mut lines = part.lines;
        for line in &lines {
            if let Line::Added(entry) = line {
                log.rows = log.rows.max(entry.row.saturating_add(1));
                log.maps = log.maps.max(entry.maps_at.saturating_add(entry.maps_bytes()));
            }
        }
        // Stable, so that of one path the last line stays behind.
        lines.sort_by(|a, b| a.path().cmp(b.path()));
        lines.dedup_by(|later, kept| {
            let is_same = later.path() == kept.path();
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        let added = |line| match line {
            Line::Added(entry) => Some(entry),
            Line::Removed(_) => None,
        };
        log.entries = lines.into_iter().filter_map(added).collect();
        log
    }
}

/// Why a log could not be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// The system.
    File(io::Error),
    /// The number of a line that is not whole, and is followed by one that is: that is no interrupted
    /// write.
    Line(usize),
    /// The number of a line that speaks of what is not there.
    Beyond(usize, Beyond),
    /// The path of an image whose row is another's too.
    Shared(Box<str>),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// The lines that begin in a stretch of the log.
#[derive(Default)]
struct Part {
    /// Those before the first that is not whole.
    lines: Vec<Line>,
    /// Their bytes.
    length: u64,
    /// How many lines there are, whole or not.
    count: usize,
    /// The first that is not whole.
    broken: Option<usize>,
    /// Whether a whole one follows it.
    goes_on: bool,
}

impl Part {
    fn read(file: &File, range: Range<u64>) -> io::Result<Self> {
        // The line that crosses the start belongs to the stretch before.
        let mut place = range.start.saturating_sub(1);
        let mut stream = BufReader::with_capacity(BUFFER, Stream { file, place });
        let mut line = Vec::new();
        let mut part = Self::default();
        let mut is_ours = range.start == 0;
        while place < range.end && stream.read_until(b'\n', &mut line)? > 0 {
            place += line.len() as u64;
            if is_ours {
                part.enter(&line);
            }
            is_ours = true;
            line.clear();
        }
        Ok(part)
    }

    fn enter(&mut self, bytes: &[u8]) {
        match (Line::from_bytes(bytes), self.broken) {
            (Some(line), None) => {
                self.lines.push(line);
                self.length += bytes.len() as u64;
            }
            (Some(_), Some(_)) => self.goes_on = true,
            (None, broken) => self.broken = broken.or(Some(self.count)),
        }
        self.count += 1;
    }

    /// All stretches as one.
    fn joined(parts: Vec<Self>) -> Result<Self, Unread> {
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_default();
        for part in parts {
            all.goes_on |= part.goes_on || (all.broken.is_some() && !part.lines.is_empty());
            if all.broken.is_none() {
                all.broken = part.broken.map(|broken| all.count + broken);
                all.lines.extend(part.lines);
                all.length += part.length;
            }
            all.count += part.count;
        }
        match all.broken.filter(|_| all.goes_on) {
            Some(broken) => Err(Unread::Line(broken + 1)),
            None => Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn log(bytes: &[u8], share: u64) -> Result<(Vec<String>, u64), usize> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        match Log::read_in(&file, bytes.len() as u64, share).map(Log::of) {
            Ok(log) => {
                let paths = log.entries.iter().map(|entry| entry.image.path.to_string());
                Ok((paths.collect(), log.length))
            }
            Err(Unread::Line(number)) => Err(number),
            Err(unread) => panic!("{unread:?}"),
        }
    }

    #[test]
    fn stretches_of_any_length_come_to_the_same_log() {
        let lines: Vec<Vec<u8>> = ["c", "a", "b", "a", "d"]
            .map(|path| Line::Removed(path.into()).to_bytes())
            .into_iter()
            .chain([b"torn".to_vec()])
            .collect();
        let torn = lines.concat();
        let mut damaged = torn.clone();
        damaged[lines[0].len() + 3] ^= 1;
        for bytes in [torn, damaged] {
            let expected = log(&bytes, 1 << 20);
            for share in 1..=bytes.len() as u64 {
                assert_eq!(log(&bytes, share), expected, "{share}");
            }
        }
    }
}
