//! The orientation in an EXIF block, which is a small TIFF file; in a TIFF file it is the same tag.
//!
//! `image` reads it too, but does not tell an absent orientation from a broken block.

use image::metadata::Orientation;

const ORIENTATION: u64 = 274;

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

/// Reads a block with or without the `Exif\0\0` that JPEG puts before it and some writers copy elsewhere.
pub(super) fn read(block: &[u8]) -> Exif {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    match tag(block, ORIENTATION) {
        Some(Some(value)) => orientation(value),
        Some(None) => Exif::Absent,
        None => Exif::Unreadable,
    }
}

/// The value of a tag in the first directory, where it fits the entry itself; `Some(None)` where the
/// directory lacks the tag, `None` where the block is no TIFF or ends before it should.
pub(super) fn tag(block: &[u8], tag: u64) -> Option<Option<u64>> {
    let big_endian = match block.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let read = |at: usize, len: usize| number(block.get(at..at.checked_add(len)?)?, big_endian);
    let directory = usize::try_from(read(4, 4)?).ok()?;
    let entries = usize::try_from(read(directory, 2)?).ok()?;
    for entry in 0..entries {
        let at = directory.checked_add(2 + 12 * entry)?;
        if read(at, 2)? == tag {
            // The value lies left in its four bytes, whatever the byte order.
            let len = if read(at + 2, 2)? == 4 { 4 } else { 2 };
            return Some(Some(read(at + 8, len)?));
        }
    }
    Some(None)
}

fn number(bytes: &[u8], big_endian: bool) -> Option<u64> {
    let append = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
    Some(if big_endian { bytes.iter().fold(0, append) } else { bytes.iter().rev().fold(0, append) })
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
