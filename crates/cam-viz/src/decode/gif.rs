//! The blocks of a GIF, from their lengths alone: nothing is decoded.

const HEADER: usize = 13;
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

/// Whether there is a picture behind the first.
pub(super) fn is_animated(bytes: &[u8]) -> bool {
    blocks(bytes).filter(|&kind| kind == IMAGE).nth(1).is_some()
}

/// Whether the file is there to its end.
pub(super) fn has_trailer(bytes: &[u8]) -> bool {
    blocks(bytes).last() == Some(TRAILER)
}

/// The kinds of the blocks behind the header, up to the trailer, one that does not exist, or the end of the file.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = HEADER + color_table_len(bytes, 10);
    std::iter::from_fn(move || {
        let kind = *bytes.get(at)?;
        at = match kind {
            EXTENSION => after_sub_blocks(bytes, at + 2),
            IMAGE => after_sub_blocks(bytes, at + 11 + color_table_len(bytes, at + 9)),
            _ => bytes.len(),
        };
        Some(kind)
    })
}

/// Bytes of the table of colours that flags announce.
fn color_table_len(bytes: &[u8], flags: usize) -> usize {
    let flags = bytes.get(flags).copied().unwrap_or_default();
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Sub-blocks are counted strings; an empty one ends the sequence.
fn after_sub_blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&len) = bytes.get(at) {
        at += 1 + usize::from(len);
        if len == 0 {
            break;
        }
    }
    at
}
