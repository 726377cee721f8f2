//! How many pictures a file holds, from its structure alone: nothing is decoded.
//!
//! Each count stops quietly where the file does: the pixels have been decoded by then, and a number that
//! is too small only makes a remark less exact.

use std::collections::BTreeSet;

use super::Format;

/// Directories of one TIFF file that are followed; a chain may be a loop.
const MOST_PAGES: usize = 10_000;

/// Frames or pages in a file, at least 1 for one that decodes.
pub(super) fn count(bytes: &[u8], format: Format) -> usize {
    match format {
        Format::Gif => gif(bytes),
        Format::WebP => webp(bytes),
        Format::Png => apng(bytes),
        Format::Tiff => tiff(bytes),
        Format::Jpeg | Format::Bmp => Some(1),
    }
    .unwrap_or(1)
}

/// Bytes before a GIF's table of colours.
pub(super) const GIF_HEADER: usize = 13;

/// The images between a GIF's header and its end.
fn gif(bytes: &[u8]) -> Option<usize> {
    let mut at = GIF_HEADER + color_table_len(*bytes.get(10)?);
    let mut frames = 0;
    while let Some(&block) = bytes.get(at) {
        match block {
            0x21 => at = after_sub_blocks(bytes, at + 2),
            0x2c => {
                frames += 1;
                let Some(&flags) = bytes.get(at + 9) else { break };
                at = after_sub_blocks(bytes, at + 11 + color_table_len(flags));
            }
            _ => break,
        }
    }
    Some(frames)
}

pub(super) fn color_table_len(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Sub-blocks are counted strings; an empty one ends the sequence.
pub(super) fn after_sub_blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&len) = bytes.get(at) {
        at += 1 + usize::from(len);
        if len == 0 {
            break;
        }
    }
    at
}

/// The `ANMF` chunks of a RIFF file.
fn webp(bytes: &[u8]) -> Option<usize> {
    let mut at = 12;
    let mut frames = 0;
    while let Some(name) = bytes.get(at..at + 4) {
        frames += usize::from(name == b"ANMF");
        let Some(len) = little(bytes, at + 4, 4) else { break };
        at = at.checked_add(8)?.checked_add(len)?.checked_add(len & 1)?;
    }
    Some(frames.max(1))
}

/// An animated PNG names its number of frames in an `acTL` chunk before the pixels.
fn apng(bytes: &[u8]) -> Option<usize> {
    let mut at = 8usize;
    loop {
        let len = big(bytes, at, 4)?;
        match bytes.get(at + 4..at + 8)? {
            b"acTL" => return big(bytes, at + 8, 4),
            b"IDAT" | b"IEND" => return Some(1),
            _ => at = at.checked_add(12)?.checked_add(len)?,
        }
    }
}

fn tiff(bytes: &[u8]) -> Option<usize> {
    directories(bytes).map(|(pages, _)| pages)
}

/// Whether a TIFF file ends before the last of its directories.
pub(super) fn is_cut(bytes: &[u8]) -> bool {
    directories(bytes).is_some_and(|(_, is_cut)| is_cut)
}

/// The chain of directories, and whether it leads beyond the end; BigTIFF has wider numbers in the same
/// places.
fn directories(bytes: &[u8]) -> Option<(usize, bool)> {
    let read = if bytes.starts_with(b"M") { big } else { little };
    let large = read(bytes, 2, 2)? == 43;
    let (offset_len, count_len, entry_len) = if large { (8, 8, 20) } else { (4, 2, 12) };
    let mut at = read(bytes, if large { 8 } else { 4 }, offset_len)?;
    let mut pages = BTreeSet::new();
    while at != 0 && pages.len() < MOST_PAGES && !pages.contains(&at) {
        let Some(entries) = read(bytes, at, count_len) else { return Some((pages.len(), true)) };
        pages.insert(at);
        let next = entries.checked_mul(entry_len)?.checked_add(at)?.checked_add(count_len)?;
        let Some(next) = read(bytes, next, offset_len) else { return Some((pages.len(), true)) };
        at = next;
    }
    Some((pages.len(), false))
}

fn big(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(len)?)?;
    number(field.iter())
}

pub(super) fn little(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(len)?)?;
    number(field.iter().rev())
}

fn number<'a>(bytes: impl Iterator<Item = &'a u8>) -> Option<usize> {
    usize::try_from(bytes.fold(0, |value: u64, &byte| value << 8 | u64::from(byte))).ok()
}
