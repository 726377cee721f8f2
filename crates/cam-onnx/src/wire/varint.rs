use std::ops::Range;

use super::Wire;
use crate::error::{Broken, Error};

/// 64 bits, seven in each byte.
const LONGEST: u32 = 10;

impl Wire<'_> {
    /// The variable-length integer at a place, which then lies behind it. It has to end before `end`.
    pub fn varint(&mut self, place: &mut u64, end: u64) -> Result<u64, Error> {
        let start = *place;
        let malformed = |what| Err(Error::Malformed { place: start, what });
        let mut value = 0;
        for index in 0..LONGEST {
            if *place >= end {
                return malformed(Broken::Ends);
            }
            let Some(&byte) = self.at(*place)?.first() else { return malformed(Broken::Ends) };
            *place += 1;
            // One bit is left for the tenth byte.
            if index + 1 == LONGEST && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        malformed(Broken::Varint)
    }

    /// How many variable-length integers lie in a range: as many as bytes without a following one.
    pub fn count_varints(&mut self, range: &Range<u64>) -> Result<u64, Error> {
        let (mut place, mut count) = (range.start, 0);
        while place < range.end {
            let found = self.at(place)?;
            let step = (found.len() as u64).min(range.end - place);
            if step == 0 {
                return Err(Error::Malformed { place, what: Broken::Ends });
            }
            count += found[..step as usize].iter().filter(|&&byte| byte & 0x80 == 0).count() as u64;
            place += step;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn read(bytes: &[u8]) -> Result<(u64, u64), Error> {
        let source = Source::from(bytes);
        let mut place = 0;
        let value = Wire::new(&source).varint(&mut place, bytes.len() as u64)?;
        Ok((value, place))
    }

    #[test]
    fn integers_of_one_to_ten_bytes_are_read() {
        assert_eq!(read(&[0, 9]).expect("zero"), (0, 1));
        assert_eq!(read(&[0xac, 2]).expect("300"), (300, 2));
        // Longer than it must be, as the format permits.
        assert_eq!(read(&[0x81, 0x80, 0]).expect("one"), (1, 3));
        let mut most = [0xff; 10];
        most[9] = 1;
        assert_eq!(read(&most).expect("64 bits"), (u64::MAX, 10));
    }

    #[test]
    fn an_integer_of_eleven_bytes_or_65_bits_is_an_error() {
        let mut long = [0x80; 11];
        long[10] = 0;
        let mut wide = [0xff; 10];
        wide[9] = 2;
        for bytes in [&long[..], &wide, &[0xff; 64]] {
            let error = read(bytes).expect_err("over 64 bits");
            assert!(
                matches!(error, Error::Malformed { place: 0, what: Broken::Varint }),
                "{error}"
            );
        }
    }

    #[test]
    fn an_integer_that_the_end_cuts_is_an_error() {
        for bytes in [&[][..], &[0x80], &[0xff; 9]] {
            let error = read(bytes).expect_err("it goes on");
            assert!(matches!(error, Error::Malformed { what: Broken::Ends, .. }), "{error}");
        }
    }
}
