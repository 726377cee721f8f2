//! What lines speak of is held against the files before memory is asked for it: a line's checksum says that it is
//! whole, not that it is true.

use std::fs::File;
use std::io;

use super::{Entry, Header, Maps};

/// How much there is of what lines may speak of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Rows of embeddings.
    rows: u64,
    /// Bytes of feature maps.
    maps: u64,
    has_maps: bool,
}

/// A field of a line that points beyond its file, or nowhere.
#[derive(Debug)]
pub(super) struct Beyond {
    pub(super) field: &'static str,
    pub(super) reason: String,
}

impl Bounds {
    /// Of the files as they are now, to be asked behind what was read of the log: numbers are written before their
    /// lines. A file that is missing holds nothing.
    pub(super) fn of(
        header: &Header,
        vectors: Option<&File>,
        maps: Option<&File>,
    ) -> io::Result<Self> {
        let length = |file: Option<&File>| file.map_or(Ok(0), |file| Ok(file.metadata()?.len()));
        let length: [io::Result<u64>; 2] = [length(vectors), length(maps)];
        let [vectors, maps] = length;
        Ok(Self {
            rows: vectors? / header.row_bytes().max(1),
            maps: maps?,
            has_maps: header.maps != Maps::None,
        })
    }

    /// That the numbers of an entry are there.
    pub(super) fn check(&self, entry: &Entry) -> Result<(), Beyond> {
        let beyond = |field, reason| Err(Beyond { field, reason });
        let Entry { row, shape, maps_at, .. } = *entry;
        if row >= self.rows {
            return beyond("row", format!("{row}, and there are {} rows of embeddings", self.rows));
        }
        if shape.contains(&0) == self.has_maps {
            let kept = if self.has_maps { "keeps" } else { "does not keep" };
            return beyond("shape", format!("{shape:?} where the index {kept} feature maps"));
        }
        let end = maps_at.checked_add(entry.maps_bytes());
        if end.is_none_or(|end| end > self.maps) {
            let bytes = entry.maps_bytes();
            let reason = format!(
                "{maps_at}, and {shape:?} takes {bytes} bytes from there, of {} in all",
                self.maps
            );
            return beyond("maps_at", reason);
        }
        Ok(())
    }
}
