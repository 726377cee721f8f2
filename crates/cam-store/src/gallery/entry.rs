use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// An image as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its path inside the folder that was indexed, parts joined by `/`.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: u64,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// Its pixels across and down, upright.
    pub pixels: [u32; 2],
}

/// An image in a gallery, and where its numbers are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The image.
    pub image: Image,
    /// Its row of embeddings.
    pub row: u64,
    /// Checksum of that row.
    pub vector_crc: u32,
    /// Channels, height and width of its feature maps; none are empty.
    pub shape: [usize; 3],
    /// Where these begin, in bytes.
    pub maps_at: u64,
    /// Checksum of these.
    pub maps_crc: u32,
}

impl Entry {
    /// How many bytes the feature maps take.
    pub(super) fn maps_bytes(&self) -> u64 {
        self.shape.iter().map(|&side| side as u64).product::<u64>() * 2
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    /// An image that came, or took the place of what had its path.
    Added(Entry),
    /// A path that went.
    Removed(String),
}

impl Line {
    /// With a checksum, so that a line which was cut off or damaged is known.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let text = serde_json::to_string(self).expect("paths and numbers are JSON");
        format!("{:08x} {text}\n", crc32fast::hash(text.as_bytes())).into_bytes()
    }

    /// None for anything that is no whole line.
    fn from_text(text: &str) -> Option<Self> {
        let (crc, text) = text.split_once(' ')?;
        let is_whole = u32::from_str_radix(crc, 16).ok()? == crc32fast::hash(text.as_bytes());
        is_whole.then(|| serde_json::from_str(text).ok()).flatten()
    }
}

/// What the lines come to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// What is in the gallery, by path.
    pub(super) entries: BTreeMap<String, Entry>,
    /// Bytes of whole lines.
    pub(super) length: u64,
    /// Rows that whole lines speak of, dead ones too.
    pub(super) rows: u64,
    /// Bytes of maps that whole lines speak of.
    pub(super) maps: u64,
}

impl Log {
    /// Reads lines up to the first that is not whole.
    ///
    /// # Errors
    /// [`Error::Damaged`] where whole lines follow one that is not: that is no interrupted write.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let mut log = Self::default();
        let mut broken = None;
        for (number, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let whole = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            match (whole.and_then(Line::from_text), broken) {
                (Some(_), Some(broken)) => {
                    let reason = format!("line {} of {} is damaged", broken + 1, super::ENTRIES);
                    return Err(Error::Damaged { reason });
                }
                (Some(line_read), None) => {
                    log.enter(line_read);
                    log.length += line.len() as u64;
                }
                (None, _) => broken = broken.or(Some(number)),
            }
        }
        Ok(log)
    }

    pub(super) fn enter(&mut self, line: Line) {
        match line {
            Line::Added(entry) => {
                self.rows = self.rows.max(entry.row + 1);
                self.maps = self.maps.max(entry.maps_at + entry.maps_bytes());
                self.entries.insert(entry.image.path.clone(), entry);
            }
            Line::Removed(path) => {
                self.entries.remove(&path);
            }
        }
    }
}
