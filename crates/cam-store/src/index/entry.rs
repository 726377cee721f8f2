use std::borrow::Borrow;
use std::cmp::Ordering;

use cam_files::Sha256;
use serde::{Deserialize, Serialize};

/// An image as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its path inside the folder that was indexed, parts joined by `/`.
    pub path: Box<str>,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: u64,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Its pixels across and down, upright.
    pub pixels: [u32; 2],
    /// Whether pixels were missing from its file.
    #[serde(default, skip_serializing_if = "is_false")]
    pub damaged: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(is_true: &bool) -> bool {
    !is_true
}

/// An image in an index, and where its numbers are.
///
/// There are as many in memory as images in the index, so that it is kept small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The image.
    pub image: Image,
    /// Its row of embeddings.
    pub row: u64,
    /// Checksum of that row.
    pub vector_crc: u32,
    /// Channels, height and width of its feature maps; none are empty.
    pub shape: [u32; 3],
    /// Where these begin, in bytes.
    pub maps_at: u64,
    /// Checksum of these.
    pub maps_crc: u32,
}

impl Entry {
    /// How many bytes the feature maps take; as many as there can be where a line says nonsense.
    pub(super) fn maps_bytes(&self) -> u64 {
        self.shape.iter().map(|&side| u64::from(side)).fold(2, u64::saturating_mul)
    }
}

/// An entry that is ordered, and found, by its path: kept once and not beside a key.
#[derive(Debug)]
pub(super) struct ByPath(pub(super) Box<Entry>);

impl Borrow<str> for ByPath {
    fn borrow(&self) -> &str {
        &self.0.image.path
    }
}

impl PartialEq for ByPath {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByPath {}

impl PartialOrd for ByPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.image.path.cmp(&other.0.image.path)
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    /// An image that came, or took the place of what had its path.
    Added(Entry),
    /// A path that went.
    Removed(Box<str>),
}

impl Line {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Added(entry) => &entry.image.path,
            Self::Removed(path) => path,
        }
    }

    /// With a checksum, so that a line which was cut off or damaged is known.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let text = serde_json::to_string(self).expect("paths and numbers are JSON");
        format!("{:08x} {text}\n", crc32fast::hash(text.as_bytes())).into_bytes()
    }

    /// None for anything that is no whole line, its end included.
    pub(super) fn from_bytes(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
        let (crc, text) = text.split_once(' ')?;
        let is_whole = u32::from_str_radix(crc, 16).ok()? == crc32fast::hash(text.as_bytes());
        is_whole.then(|| serde_json::from_str(text).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small_and_a_line_takes_no_more_than_it() {
        assert_eq!(size_of::<Entry>(), 120);
        assert_eq!(size_of::<Line>(), size_of::<Entry>());
    }

    #[test]
    fn a_line_is_read_and_written_as_the_format_says() {
        let text = concat!(
            r#"{"added":{"image":{"path":"a/\"b\".jpg","bytes":7,"modified":9,"sha256":"#,
            r#""00000000000000000000000000000000000000000000000000000000000000ff","pixels":[4,3]},"#,
            r#""row":2,"vector_crc":5,"shape":[8,7,7],"maps_at":1568,"maps_crc":6}}"#,
        );
        let bytes = format!("{:08x} {text}\n", crc32fast::hash(text.as_bytes())).into_bytes();
        let line = Line::from_bytes(&bytes).expect("a whole line");
        assert_eq!((line.path(), line.to_bytes()), ("a/\"b\".jpg", bytes));
    }
}
