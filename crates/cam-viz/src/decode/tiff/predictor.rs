//! Undoes the differences that some writers take before they compress.

use super::layout::{Layout, corrupt, unsupported};
use super::samples::Kind;
use crate::decode::DecodeError;

/// Turns differences of neighbours back into samples, row by row.
pub(super) fn undo(bytes: &mut [u8], row_len: usize, layout: &Layout) -> Result<(), DecodeError> {
    let (encoding, channels) = (layout.encoding, layout.geometry.channels);
    let size = (encoding.bits / 8) as usize;
    match layout.predictor {
        2 if matches!(encoding.bits, 8 | 16 | 32 | 64) => {
            for row in bytes.chunks_exact_mut(row_len) {
                add_neighbours(row, size, channels, encoding.big_endian);
            }
        }
        3 if encoding.kind == Kind::Float => {
            let mut copy = vec![0; row_len];
            for row in bytes.chunks_exact_mut(row_len) {
                add_neighbours(row, 1, channels, true);
                copy.copy_from_slice(row);
                join_bytes(&copy, row, size, encoding.big_endian);
            }
        }
        2 | 3 => {
            let detail = format!("predictor {} on {} bits", layout.predictor, encoding.bits);
            return Err(unsupported(detail));
        }
        other => return Err(corrupt(&format!("predictor {other}"))),
    }
    Ok(())
}

/// Adds to each word the one of the pixel before it, without carrying over.
fn add_neighbours(row: &mut [u8], size: usize, channels: usize, big_endian: bool) {
    let step = size * channels;
    for at in (step..row.len() / size * size).step_by(size) {
        let mut carry = 0;
        for byte in 0..size {
            // From the lowest byte up.
            let byte = if big_endian { size - 1 - byte } else { byte };
            let sum = u16::from(row[at + byte]) + u16::from(row[at + byte - step]) + carry;
            (row[at + byte], carry) = (sum as u8, sum >> 8);
        }
    }
}

/// Floats are stored with all their highest bytes first, then all second ones, and so on.
fn join_bytes(split: &[u8], row: &mut [u8], size: usize, big_endian: bool) {
    let words = split.len() / size;
    for (index, word) in row.chunks_exact_mut(size).enumerate() {
        for (place, byte) in word.iter_mut().enumerate() {
            let place = if big_endian { place } else { size - 1 - place };
            *byte = split[place * words + index];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_carry_between_their_bytes_and_not_beyond() {
        let mut little = [0xff, 0x00, 0x01, 0x00, 0xff, 0xff];
        add_neighbours(&mut little, 2, 1, false);
        assert_eq!(little, [0xff, 0x00, 0x00, 0x01, 0xff, 0x00]);
        let mut pixels = [10, 20, 1, 2, 250, 255];
        add_neighbours(&mut pixels, 1, 2, true);
        assert_eq!(pixels, [10, 20, 11, 22, 5, 21]);
    }

    #[test]
    fn bytes_of_a_float_come_together() {
        let mut row = [0; 8];
        join_bytes(&[1, 5, 2, 6, 3, 7, 4, 8], &mut row, 4, true);
        assert_eq!(row, [1, 2, 3, 4, 5, 6, 7, 8]);
        join_bytes(&[1, 5, 2, 6, 3, 7, 4, 8], &mut row, 4, false);
        assert_eq!(row, [4, 3, 2, 1, 8, 7, 6, 5]);
    }
}
