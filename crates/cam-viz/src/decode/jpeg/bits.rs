//! The bits of entropy-coded data, from behind a scan's header to the next marker.

use super::Fault;

/// A reader of bits that stops at the first marker; what is asked for beyond it is [`Fault::Ended`].
///
/// T.81, B.1.1.5: a byte 0xff of the data is followed by a zero, which is left out here.
#[derive(Clone, Copy)]
pub(super) struct Bits<'b> {
    bytes: &'b [u8],
    /// The next byte that is not in `window`.
    at: usize,
    /// The next bits, the first one highest; zeros behind `count`.
    window: u64,
    count: u32,
}

impl<'b> Bits<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Bits<'b> {
        Bits { bytes, at, window: 0, count: 0 }
    }

    /// At least the next 32 bits, the first one highest; zeros where the data end earlier.
    #[inline]
    pub(super) fn peek(&mut self) -> u64 {
        if self.count < 32 {
            self.refill();
        }
        self.window
    }

    /// Goes on by at most 32 bits, which must have been peeked at.
    #[inline]
    pub(super) fn skip(&mut self, bits: u32) -> Result<(), Fault> {
        self.count = self.count.checked_sub(bits).ok_or(Fault::Ended)?;
        self.window <<= bits;
        Ok(())
    }

    /// The next bits, at most 16, as a number.
    pub(super) fn take(&mut self, bits: u32) -> Result<u32, Fault> {
        let number = (self.peek() >> 32) as u32;
        self.skip(bits)?;
        Ok(number.checked_shr(32 - bits).unwrap_or(0))
    }

    /// Where the next marker stands, and how many whole bytes of data lie before it unread.
    pub(super) fn end(&self) -> (usize, usize) {
        let (mut marker, mut unread) = (self.at, self.count as usize / 8);
        while data_byte(self.bytes, &mut marker).is_some() {
            unread += 1;
        }
        (marker, unread)
    }

    #[inline]
    fn refill(&mut self) {
        let next = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>);
        match next.map(|next| u64::from_be_bytes(*next)) {
            Some(next) if !has_ff(next) => {
                let room = (64 - self.count) / 8;
                // Bits of a byte that has no room are written again, the same, when it has.
                self.window |= next >> self.count;
                self.at += room as usize;
                self.count += 8 * room;
            }
            _ => *self = self.refilled_slowly(),
        }
    }

    /// By value, so that a reader can stay in registers.
    #[cold]
    fn refilled_slowly(mut self) -> Self {
        while self.count <= 56 {
            let Some(byte) = data_byte(self.bytes, &mut self.at) else { break };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }
}

/// The next byte of the data; none at a marker, which is not gone beyond.
fn data_byte(bytes: &[u8], at: &mut usize) -> Option<u8> {
    let byte = *bytes.get(*at)?;
    let len = match (byte, bytes.get(*at + 1)) {
        (0xff, Some(0)) => 2,
        (0xff, _) => return None,
        _ => 1,
    };
    *at += len;
    Some(byte)
}

/// Whether one of eight bytes is 0xff, that is, whether one of the complement's is zero.
fn has_ff(bytes: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    (!bytes).wrapping_sub(ONES) & bytes & (ONES << 7) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_zeros_are_left_out_and_a_marker_ends_the_data() {
        let bytes = b"\xa5\xff\0\x12\x34\x56\x78\x9a\xbc\xde\xf0\x11\x22\xff\xd9";
        let mut bits = Bits::new(bytes, 0);
        let mut read = || bits.take(16);
        assert_eq!([read(), read(), read()], [Ok(0xa5ff), Ok(0x1234), Ok(0x5678)]);
        assert_eq!([read(), read(), read()], [Ok(0x9abc), Ok(0xdef0), Ok(0x1122)]);
        assert_eq!((bits.take(1), bits.take(0), bits.end()), (Err(Fault::Ended), Ok(0), (13, 0)));
    }

    #[test]
    fn whole_bytes_before_the_marker_are_counted() {
        let mut bits = Bits::new(b"\x01\x02\x03\xff\0\x05\xff\xff\xd9", 0);
        assert_eq!(bits.take(11), Ok(0x08));
        assert_eq!(bits.end(), (6, 3));
    }

    #[test]
    fn a_byte_of_ones_is_found_wherever_it_is() {
        for at in 0..8 {
            let with = |byte: u64| byte << (8 * at);
            assert!(has_ff(with(0xff)) && has_ff(with(0xff) | 0xff));
            assert!(!has_ff(with(0xfe)) && !has_ff(with(0x7f)) && !has_ff(with(0x80)));
        }
    }
}
