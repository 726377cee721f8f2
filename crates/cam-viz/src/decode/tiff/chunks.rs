//! Where the compressed bytes of strips and tiles stand.

use super::directory::{Directory, Entry};
use super::geometry::{Area, Geometry};
use super::layout::corrupt;
use crate::decode::DecodeError;

mod tag {
    pub const STRIP_OFFSETS: u16 = 273;
    pub const STRIP_LENGTHS: u16 = 279;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_LENGTHS: u16 = 325;
}

/// The compressed bytes of each chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunks<'a> {
    bytes: &'a [u8],
    offsets: Entry<'a>,
    lengths: Option<Entry<'a>>,
    per_plane: usize,
}

impl<'a> Chunks<'a> {
    /// Finds the chunks of as many planes as are used, and holds each against the length of the file.
    pub(super) fn find(
        bytes: &'a [u8],
        directory: &Directory<'a>,
        geometry: &Geometry,
        planes: usize,
    ) -> Result<Self, DecodeError> {
        let (offsets, lengths) = if geometry.tiled {
            (tag::TILE_OFFSETS, tag::TILE_LENGTHS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_LENGTHS)
        };
        // Tiles may stand under the tags of strips.
        let find = |tag, other| match directory.find(tag) {
            Ok(None) if geometry.tiled => directory.find(other).map_err(corrupt),
            found => found.map_err(corrupt),
        };
        let offsets = find(offsets, tag::STRIP_OFFSETS)?
            .ok_or_else(|| corrupt("nothing says where the pixels are"))?;
        let lengths = find(lengths, tag::STRIP_LENGTHS)?;
        let chunks = Self { bytes, offsets, lengths, per_plane: geometry.areas_count() };
        for index in 0..chunks.per_plane * planes {
            chunks.at(index)?;
        }
        Ok(chunks)
    }

    /// The bytes of an area in a plane.
    pub(super) fn of(&self, area: &Area, plane: usize) -> Result<&'a [u8], DecodeError> {
        self.at(plane * self.per_plane + area.index)
    }

    fn at(&self, index: usize) -> Result<&'a [u8], DecodeError> {
        let missing = || corrupt(&format!("strip or tile {} is missing", index + 1));
        let start = self.offsets.value(index).map_err(|_| missing())?;
        let start = usize::try_from(start).map_err(|_| missing())?;
        let len = match self.lengths {
            Some(lengths) => lengths.value(index).map_err(|_| missing())?,
            None => 0,
        };
        // Old writers leave the length of a single strip out: it ends somewhere in the file.
        let len = match len {
            0 if self.offsets.count() == 1 && start > 0 => usize::MAX,
            0 => return Err(missing()),
            len => usize::try_from(len).unwrap_or(usize::MAX),
        };
        // Others give a length beyond the end of the file, though all that is needed is there.
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty()).ok_or_else(|| {
            corrupt(&format!("strip or tile {} lies beyond the end of the file", index + 1))
        })?;
        Ok(&rest[..len.min(rest.len())])
    }
}
