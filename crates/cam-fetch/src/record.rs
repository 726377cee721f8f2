//! What was known of the content when its first bytes came: the note beside a part file.

use std::fs;
use std::io;
use std::path::Path;

use cam_files::Sha256;
use ureq::http::Uri;

/// Identifies one version of one address's content.
///
/// Kept as `key value` lines, a text that needs no parser worth the name. A torn or foreign note reads as none,
/// and the download starts over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The digest of the address. The address itself may carry a secret, which does not belong on the disk.
    pub address: String,
    /// The server's name for this version.
    pub etag: Option<String>,
    /// When the server says it was changed.
    pub last_modified: Option<String>,
    /// How long it is.
    pub total: Option<u64>,
}

impl Record {
    /// The digest that stands for an address.
    pub fn address_of(uri: &Uri) -> String {
        Sha256::of(uri.to_string().as_bytes()).to_string()
    }

    /// What `If-Range` may carry: a weak tag (`W/"..."`) promises an equal meaning, not equal bytes, and is no use.
    pub fn validator(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }

    /// Writes the note.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let total = self.total.map(|total| total.to_string());
        let lines = [
            ("address", Some(self.address.as_str())),
            ("etag", self.etag.as_deref()),
            ("last-modified", self.last_modified.as_deref()),
            ("total", total.as_deref()),
            // The last line, so that a torn note is known by its absence.
            ("end", Some("")),
        ];
        let line =
            |(key, value): (&str, Option<&str>)| value.map(|value| format!("{key} {value}\n"));
        fs::write(path, lines.into_iter().filter_map(line).collect::<String>())
    }

    /// Reads the note, or `None` where there is no sound one.
    pub fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
                .map(str::to_owned)
        };
        value("end")?;
        Some(Self {
            address: value("address")?,
            etag: value("etag"),
            last_modified: value("last-modified"),
            total: value("total").map(|total| total.parse()).transpose().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            address: "00ff".into(),
            etag: Some("\"a b\"".into()),
            last_modified: Some("Wed, 21 Oct 2015 07:28:00 GMT".into()),
            total: Some(12),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("note");
        for expected in
            [record(), Record { etag: None, last_modified: None, total: None, ..record() }]
        {
            expected.write(&path).expect("writable");
            assert_eq!(Record::read(&path), Some(expected));
        }
    }

    #[test]
    fn a_note_cut_anywhere_reads_as_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("note");
        record().write(&path).expect("writable");
        let whole = fs::read(&path).expect("readable");
        for length in 0..whole.len() - 1 {
            fs::write(&path, &whole[..length]).expect("writable");
            assert_eq!(Record::read(&path), None, "cut at {length}");
        }
    }

    #[test]
    fn a_weak_tag_is_no_validator() {
        let weak = Record { etag: Some("W/\"a\"".into()), ..record() };
        assert_eq!(weak.validator(), record().last_modified.as_deref());
        assert_eq!(Record { last_modified: None, ..weak }.validator(), None);
        assert_eq!(record().validator(), Some("\"a b\""));
    }
}
