//! Fax codes, ITU-T T.4 and T.6, as TIFF holds them; the code tables are the crate `fax`'s.
//!
//! A row is a list of the columns where the colour changes, beginning with white. One-dimensional codes
//! give the lengths of runs, two-dimensional codes how the changes moved since the row above.

use fax::BitReader;
use fax::maps::{Mode, black, mode, white};

use super::layout::{corrupt, unsupported};
use crate::decode::DecodeError;

/// Which of the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// Runs, each row from a byte on, without marks.
    Rows,
    /// Marks between rows; where two-dimensional, a bit behind each mark says which kind the row is.
    Group3 { two_dimensional: bool },
    /// Two-dimensional without marks.
    Group4,
}

/// Decodes rows to bits, 1 for black. The second value says what is missing, where codes end early on
/// purpose: those rows are all 0.
pub(super) fn decode(
    bytes: &[u8],
    code: Code,
    width: usize,
    rows: usize,
) -> Result<(Vec<u8>, Option<String>), DecodeError> {
    let row_len = width.div_ceil(8);
    let mut bits = Bits { bytes, at: 0 };
    let (mut packed, mut above) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let Some(changes) = next_row(&mut bits, code, &above, width)? else {
            packed.resize(rows * row_len, 0);
            let detail = format!("fax codes end {} rows early", rows - row);
            return Ok((packed, Some(detail)));
        };
        let start = packed.len();
        packed.resize(start + row_len, 0);
        draw(&changes, width, &mut packed[start..]);
        above = changes;
    }
    Ok((packed, None))
}

/// The changes of the next row; none where the codes say that they end.
fn next_row(
    bits: &mut Bits,
    code: Code,
    above: &[usize],
    width: usize,
) -> Result<Option<Vec<usize>>, DecodeError> {
    match code {
        Code::Rows => {
            bits.at = bits.at.next_multiple_of(8);
            runs(bits, width).map(Some)
        }
        Code::Group3 { two_dimensional } => {
            let marks = bits.pass_marks(two_dimensional);
            // Between rows there is one; six end the page.
            if marks > 1 {
                return Ok(None);
            }
            if two_dimensional && !bits.take_bit() {
                return moves(bits, above, width);
            }
            runs(bits, width).map(Some)
        }
        Code::Group4 => moves(bits, above, width),
    }
}

/// A row of runs, white and black in turn.
fn runs(bits: &mut Bits, width: usize) -> Result<Vec<usize>, DecodeError> {
    let (mut changes, mut column, mut is_black) = (Vec::new(), 0, false);
    while column < width {
        column += run(bits, is_black)?;
        change(&mut changes, column);
        is_black = !is_black;
    }
    if column > width { Err(bad()) } else { Ok(changes) }
}

/// Notes a change of colour; two at one column are none.
fn change(changes: &mut Vec<usize>, column: usize) {
    if changes.last() == Some(&column) {
        changes.pop();
    } else {
        changes.push(column);
    }
}

/// A run: make-up codes of 64 and more, and then one of less.
fn run(bits: &mut Bits, is_black: bool) -> Result<usize, DecodeError> {
    let mut length = 0;
    loop {
        let code = if is_black { black::decode(bits) } else { white::decode(bits) };
        let code = code.filter(|_| !bits.is_past_end()).ok_or_else(bad)?;
        length += usize::from(code);
        if code < 64 {
            return Ok(length);
        }
    }
}

/// A row told by how it differs from the one above.
fn moves(
    bits: &mut Bits,
    above: &[usize],
    width: usize,
) -> Result<Option<Vec<usize>>, DecodeError> {
    let (mut changes, mut column, mut is_black, mut at_start) = (Vec::new(), 0, false, true);
    while column < width {
        let (b1, b2) = changes_above(above, column, at_start, is_black, width);
        let code = mode::decode(bits).filter(|_| !bits.is_past_end());
        match code.ok_or_else(bad)? {
            Mode::Pass => column = b2,
            Mode::Vertical(by) => {
                let moved = b1.checked_add_signed(isize::from(by)).filter(|&at| at <= width);
                column = moved.filter(|&at| at >= column).ok_or_else(bad)?;
                change(&mut changes, column);
                is_black = !is_black;
            }
            Mode::Horizontal => {
                for color in [is_black, !is_black] {
                    column += run(bits, color)?;
                    change(&mut changes, column);
                }
            }
            Mode::Extension => return Err(unsupported("extensions of fax codes")),
            Mode::EOF if at_start => return Ok(None),
            Mode::EOF => return Err(bad()),
        }
        at_start = false;
    }
    if column > width { Err(bad()) } else { Ok(Some(changes)) }
}

/// b1 and b2 of T.6: the first change above, right of `column`, to the colour opposite to this run's, and
/// the change after it. At the start of a row, a change at column 0 counts.
fn changes_above(
    above: &[usize],
    column: usize,
    at_start: bool,
    is_black: bool,
    width: usize,
) -> (usize, usize) {
    // Changes at even places are to black, which is what a white run looks for.
    let first = above.partition_point(|&at| at < column || (at == column && !at_start));
    let first = first + usize::from((first % 2 == 1) != is_black);
    let at = |index: usize| above.get(index).copied().unwrap_or(width).min(width);
    (at(first), at(first + 1))
}

/// Sets the bits of black runs.
fn draw(changes: &[usize], width: usize, row: &mut [u8]) {
    for run in changes.chunks(2) {
        let (start, end) = match *run {
            [start, end] => (start, end.min(width)),
            [start] => (start, width),
            _ => continue,
        };
        // The last change may stand at the end of the row, where no run follows.
        for column in start..end {
            row[column / 8] |= 0x80 >> (column % 8);
        }
    }
}

fn bad() -> DecodeError {
    corrupt("bad fax codes")
}

/// Bits, highest first; behind the end there are zeros, so that a short last code can be told.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn is_past_end(&self) -> bool {
        self.at > 8 * self.bytes.len()
    }

    fn take_bit(&mut self) -> bool {
        let bit = self.peek(1) == Some(1);
        self.at += 1;
        bit
    }

    /// Passes the marks before a row, each 11 zeros or more and a one, and counts them.
    fn pass_marks(&mut self, two_dimensional: bool) -> usize {
        /// The bit behind a mark, and the zeros of another mark.
        const ANOTHER: Option<u16> = Some(1 << 11);
        let mut marks = 0;
        while self.peek(11) == Some(0) && !self.is_past_end() {
            while self.peek(1) == Some(0) && !self.is_past_end() {
                self.at += 1;
            }
            self.at += 1;
            marks += 1;
            if two_dimensional && self.peek(12) == ANOTHER {
                self.at += 1;
            }
        }
        marks
    }
}

impl BitReader for Bits<'_> {
    type Error = std::convert::Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        let byte = |at: usize| u32::from(self.bytes.get(at).copied().unwrap_or(0));
        let first = self.at / 8;
        let window = byte(first) << 16 | byte(first + 1) << 8 | byte(first + 2);
        let shift = 24u32.checked_sub(self.at as u32 % 8 + u32::from(bits))?;
        Some((window >> shift & ((1 << bits) - 1)) as u16)
    }

    fn consume(&mut self, bits: u8) -> Result<(), Self::Error> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.at.wrapping_neg() % 8) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White codes of 4 and 2, black codes of 3 and 1: `1011`, `0111`, `10`, `010`.
    const FOUR_THREE_TWO_ONE: [u8; 2] = [0b1011_1001, 0b1101_0000];

    #[test]
    fn runs_become_bits() {
        let (rows, damage) = decode(&FOUR_THREE_TWO_ONE, Code::Rows, 10, 1).unwrap();
        assert_eq!((rows, damage), (vec![0b0000_1110, 0b0100_0000], None));
    }

    #[test]
    fn a_row_like_the_one_above_takes_a_bit_for_each_change() {
        // Horizontal mode (001) twice, then four times `1`: the changes, and the end of the row.
        let bytes = [0b0011_0111, 0b0001_0111, 0b0101_1111];
        let (rows, _) = decode(&bytes, Code::Group4, 10, 2).unwrap();
        assert_eq!(rows, [0b0000_1110, 0b0100_0000, 0b0000_1110, 0b0100_0000]);
    }

    #[test]
    fn rows_behind_the_end_mark_are_white_and_mentioned() {
        // The mark of T.6: twice 000000000001.
        let (rows, damage) = decode(&[0, 0x10, 0x01], Code::Group4, 16, 3).unwrap();
        assert_eq!(rows, [0; 6]);
        assert_eq!(damage.as_deref(), Some("fax codes end 3 rows early"));
    }

    #[test]
    fn codes_that_stop_are_an_error() {
        for (code, bytes) in [
            (Code::Rows, &FOUR_THREE_TWO_ONE[..1]),
            (Code::Group3 { two_dimensional: true }, &FOUR_THREE_TWO_ONE[..1]),
            (Code::Group4, &[0b0011_0110]),
            (Code::Group4, &[]),
        ] {
            assert!(decode(bytes, code, 10, 1).is_err(), "{code:?}");
        }
    }
}
