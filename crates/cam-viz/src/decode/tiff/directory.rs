//! The directories of a TIFF file, classic or BigTIFF, one for each page; an EXIF block is such a file too.
//!
//! Entries are looked up when they are asked for, and a value is a slice of the file: what a directory
//! claims takes no memory, and what lies beyond the file is an error.

/// Why a directory cannot be followed.
pub(in crate::decode) type Malformed = &'static str;

const CUT_OFF: Malformed = "the directory is cut off";
const BEYOND: Malformed = "a tag's values lie beyond the end of the file";

/// A directory of tags.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct Directory<'a> {
    bytes: &'a [u8],
    pub(in crate::decode) big_endian: bool,
    shape: Shape,
    /// Where its first entry stands.
    first: usize,
    entries: usize,
}

/// How wide the fields of a directory are, in bytes.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Of the number of entries.
    count: usize,
    entry: usize,
    /// Of an entry's count and of its value.
    field: usize,
}

const CLASSIC: Shape = Shape { count: 2, entry: 12, field: 4 };
const BIG: Shape = Shape { count: 8, entry: 20, field: 8 };

/// One tag's values.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct Entry<'a> {
    kind: u64,
    count: usize,
    values: &'a [u8],
    big_endian: bool,
}

impl<'a> Directory<'a> {
    /// The first directory behind a header.
    pub(in crate::decode) fn first(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (big_endian, big) = match bytes.get(..4) {
            Some(b"II*\0") => (false, false),
            Some(b"MM\0*") => (true, false),
            Some(b"II+\0") => (false, true),
            Some(b"MM\0+") => (true, true),
            _ => return Err("no header of a TIFF file"),
        };
        let shape = if big { BIG } else { CLASSIC };
        let header = Self { bytes, big_endian, shape, first: 0, entries: 0 };
        header.at(header.number(if big { 8 } else { 4 }, shape.field)?)
    }

    /// The directory of the page behind this one; none behind the last.
    pub(in crate::decode) fn next(&self) -> Result<Option<Self>, Malformed> {
        let end = self.entries.checked_mul(self.shape.entry);
        let end = end.and_then(|len| len.checked_add(self.first)).ok_or(CUT_OFF)?;
        match self.number(end, self.shape.field)? {
            0 => Ok(None),
            start => self.at(start).map(Some),
        }
    }

    /// The one that begins at a place of the same file.
    fn at(&self, start: usize) -> Result<Self, Malformed> {
        let entries = self.number(start, self.shape.count)?;
        let first = start.checked_add(self.shape.count).ok_or(CUT_OFF)?;
        Ok(Self { first, entries, ..*self })
    }

    /// A tag's values, where the directory has the tag.
    pub(in crate::decode) fn find(&self, tag: u16) -> Result<Option<Entry<'a>>, Malformed> {
        for index in 0..self.entries {
            let entry =
                index.checked_mul(self.shape.entry).and_then(|at| at.checked_add(self.first));
            let at = entry.ok_or(CUT_OFF)?;
            if self.number(at, 2)? == usize::from(tag) {
                return self.entry(at).map(Some);
            }
        }
        Ok(None)
    }

    fn entry(&self, at: usize) -> Result<Entry<'a>, Malformed> {
        let (kind, field) = (self.number(at + 2, 2)?, self.shape.field);
        let count = self.number(at + 4, field)?;
        let size = size_of(kind).ok_or("a tag's values are of no known type")?;
        let len = count.checked_mul(size).ok_or(BEYOND)?;
        let inside = at + 4 + field;
        // What does not fit into the entry stands elsewhere.
        let start = if len <= field { inside } else { self.number(inside, field)? };
        let values = slice(self.bytes, start, len).ok_or(BEYOND)?;
        Ok(Entry { kind: kind as u64, count, values, big_endian: self.big_endian })
    }

    fn number(&self, at: usize, len: usize) -> Result<usize, Malformed> {
        let bytes = slice(self.bytes, at, len).ok_or(CUT_OFF)?;
        usize::try_from(unsigned(bytes, self.big_endian)).map_err(|_| CUT_OFF)
    }

    /// A tag's first value, where the directory has the tag.
    pub(in crate::decode) fn value(&self, tag: u16) -> Result<Option<u64>, Malformed> {
        self.find(tag)?.map(|entry| entry.value(0)).transpose()
    }

    /// A tag's values, none where the directory lacks it.
    pub(in crate::decode) fn values(&self, tag: u16) -> Result<Vec<u64>, Malformed> {
        /// More values than any tag needs that is read whole; offsets are read one by one.
        const MOST: usize = 3 << 16;
        let Some(entry) = self.find(tag)? else { return Ok(Vec::new()) };
        (0..entry.count.min(MOST)).map(|index| entry.value(index)).collect()
    }
}

impl<'a> Entry<'a> {
    /// How many values there are.
    pub(in crate::decode) fn count(&self) -> usize {
        self.count
    }

    /// One of the values, a whole number that is not negative.
    pub(in crate::decode) fn value(&self, index: usize) -> Result<u64, Malformed> {
        let size = match self.kind {
            1 | 3 | 4 | 6..=9 | 13 | 16..=18 => size_of(self.kind as usize).unwrap_or(1),
            _ => return Err("a tag's values are no whole numbers"),
        };
        let bytes = slice(self.values, index.saturating_mul(size), size);
        Ok(unsigned(bytes.ok_or("a tag has too few values")?, self.big_endian))
    }

    /// One of the values, a fraction of two whole numbers.
    pub(in crate::decode) fn fraction(&self, index: usize) -> Result<f64, Malformed> {
        let part = |at| Some(unsigned(slice(self.values, at, 4)?, self.big_endian) as f64);
        let at = index.saturating_mul(8);
        let parts = part(at).zip(part(at.saturating_add(4))).filter(|_| self.kind == 5);
        parts.map(|(over, under)| over / under).ok_or("a tag's values are no fractions")
    }

    /// The values as they stand in the file.
    pub(in crate::decode) fn bytes(&self) -> &'a [u8] {
        self.values
    }
}

/// Bytes that one value of a type takes.
fn size_of(kind: usize) -> Option<usize> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => return None,
    })
}

fn slice(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

fn unsigned(bytes: &[u8], big_endian: bool) -> u64 {
    let append = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
    if big_endian { bytes.iter().fold(0, append) } else { bytes.iter().rev().fold(0, append) }
}
