//! The orientation in an EXIF block, which is a small TIFF file; in a TIFF file it is the same tag.
//!
//! `image` reads it too, but does not tell an absent orientation from a broken block.

use image::metadata::Orientation;

use super::tiff::directory::Directory;

const ORIENTATION: u16 = 274;

/// What an EXIF block says about orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exif {
    /// No block, or no orientation in it.
    Absent,
    /// One of the eight.
    Orientation(Orientation),
    /// A block that cannot be followed, or an orientation that is none of the eight.
    Unreadable,
}

impl Exif {
    /// Whether width and height change places.
    pub(super) fn turns(self) -> bool {
        matches!(self, Exif::Orientation(orientation) if orientation.to_exif() >= 5)
    }
}

/// Reads a block with or without the `Exif\0\0` that JPEG puts before it and some writers copy elsewhere.
pub(super) fn read(block: &[u8]) -> Exif {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    Directory::first(block).map_or(Exif::Unreadable, |directory| of(&directory))
}

/// The orientation in a PNG's `eXIf`, which may stand anywhere between header and end.
pub(super) fn in_png(bytes: &[u8]) -> Exif {
    const SIGNATURE: usize = 8;
    /// Length, name and checksum.
    const FRAME: usize = 12;
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    while let Some((len, behind)) = rest.split_first_chunk() {
        let len = u32::from_be_bytes(*len) as usize;
        match behind.split_first_chunk() {
            Some((b"eXIf", data)) => return data.get(..len).map_or(Exif::Unreadable, read),
            Some((b"IEND", _)) | None => break,
            Some(_) => rest = rest.get(len.saturating_add(FRAME)..).unwrap_or_default(),
        }
    }
    Exif::Absent
}

/// The orientation that a directory gives.
pub(super) fn of(directory: &Directory) -> Exif {
    match directory.value(ORIENTATION) {
        Ok(Some(value)) => orientation(value),
        Ok(None) => Exif::Absent,
        Err(_) => Exif::Unreadable,
    }
}

fn orientation(value: u64) -> Exif {
    let known = u8::try_from(value).ok().and_then(Orientation::from_exif);
    known.map_or(Exif::Unreadable, Exif::Orientation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(value: u8) -> Vec<u8> {
        let mut block = b"MM\0*\0\0\0\x08\0\x01".to_vec();
        block.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]);
        block
    }

    #[test]
    fn eight_values_are_orientations_and_others_are_unreadable() {
        for value in 1..=8 {
            let expected = Orientation::from_exif(value).unwrap();
            assert_eq!(read(&block(value)), Exif::Orientation(expected));
        }
        assert_eq!(read(&block(0)), Exif::Unreadable);
        assert_eq!(read(&block(9)), Exif::Unreadable);
    }

    #[test]
    fn every_truncation_is_unreadable() {
        let whole = block(6);
        for len in 0..whole.len() - 2 {
            assert_eq!(read(&whole[..len]), Exif::Unreadable, "{len} bytes");
        }
    }

    #[test]
    fn a_directory_without_the_tag_is_no_orientation() {
        assert_eq!(read(b"Exif\0\0II*\0\x08\0\0\0\0\0"), Exif::Absent);
    }

    #[test]
    fn a_directory_beyond_the_end_is_unreadable() {
        assert_eq!(read(b"II*\0\xff\xff\xff\xff"), Exif::Unreadable);
    }
}
