//! From the bytes of a row to numbers.

use crate::decode::levels::Depth;

/// What kind of numbers samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unsigned,
    Signed,
    Float,
}

/// How a sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    /// 1 to 32, or 64; of floats 16, 32 or 64.
    pub(super) bits: u32,
    pub(super) kind: Kind,
    /// Byte order of samples that are whole bytes; others are packed, highest bit first.
    pub(super) big_endian: bool,
}

impl Encoding {
    /// What is white: the largest number that fits, or 1.
    pub(super) fn depth(self) -> Depth {
        let Self { bits, kind, .. } = self;
        match kind {
            Kind::Unsigned => Depth::unsigned(bits),
            // One bit with a sign is -1 or 0.
            Kind::Signed => Depth { bits, ..Depth::unsigned((bits - 1).max(1)) },
            Kind::Float => Depth { full: 1.0, bits, is_float: true },
        }
    }

    /// Unpacks a row into every `stride`-th of `samples`.
    pub(super) fn unpack(self, row: &[u8], samples: &mut [f64], stride: usize) {
        let samples = samples.iter_mut().step_by(stride);
        if !self.bits.is_multiple_of(8) {
            return samples.zip(packed(row, self.bits)).for_each(|(sample, bits)| {
                *sample = self.number(bits);
            });
        }
        let words = row.chunks_exact(self.bits as usize / 8);
        samples.zip(words).for_each(|(sample, word)| *sample = self.number(self.word(word)));
    }

    fn word(self, bytes: &[u8]) -> u64 {
        let append = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
        if self.big_endian {
            bytes.iter().fold(0, append)
        } else {
            bytes.iter().rev().fold(0, append)
        }
    }

    fn number(self, bits: u64) -> f64 {
        match (self.kind, self.bits) {
            (Kind::Unsigned, _) => bits as f64,
            // The sign is moved to the top and drawn back down.
            (Kind::Signed, width) => ((bits << (64 - width)) as i64 >> (64 - width)) as f64,
            (Kind::Float, 16) => half::f16::from_bits(bits as u16).to_f64(),
            (Kind::Float, 32) => f32::from_bits(bits as u32).into(),
            (Kind::Float, _) => f64::from_bits(bits),
        }
    }
}

/// Numbers of a few bits each, without gaps.
fn packed(row: &[u8], width: u32) -> impl Iterator<Item = u64> {
    let (mut bytes, mut held, mut left) = (row.iter(), 0u64, 0u32);
    std::iter::from_fn(move || {
        while left < width {
            held = held << 8 | u64::from(*bytes.next()?);
            left += 8;
        }
        left -= width;
        Some(held >> left & ((1 << width) - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(bits: u32, kind: Kind, row: &[u8]) -> Vec<f64> {
        let mut samples = vec![-9.0; row.len() * 8 / bits as usize];
        Encoding { bits, kind, big_endian: true }.unpack(row, &mut samples, 1);
        samples
    }

    #[test]
    fn samples_of_any_width_are_packed_highest_bit_first() {
        assert_eq!(unpacked(1, Kind::Unsigned, &[0b1010_0001]), [1., 0., 1., 0., 0., 0., 0., 1.]);
        assert_eq!(unpacked(2, Kind::Unsigned, &[0b1101_1000]), [3., 1., 2., 0.]);
        assert_eq!(
            unpacked(12, Kind::Unsigned, &[0xab, 0xcd, 0xef]),
            [f64::from(0xabc), f64::from(0xdef)]
        );
        assert_eq!(unpacked(4, Kind::Signed, &[0x7f]), [7., -1.]);
    }

    #[test]
    fn words_follow_the_byte_order() {
        let little = Encoding { bits: 16, kind: Kind::Signed, big_endian: false };
        let mut samples = [0.0; 2];
        little.unpack(&[0xfe, 0xff, 0x01, 0x02], &mut samples, 1);
        assert_eq!(samples, [-2.0, 513.0]);
    }

    #[test]
    fn floats_of_three_widths_are_read() {
        assert_eq!(unpacked(16, Kind::Float, &[0x38, 0, 0xc0, 0]), [0.5, -2.0]);
        assert_eq!(unpacked(32, Kind::Float, &1.5f32.to_be_bytes()), [1.5]);
        assert_eq!(unpacked(64, Kind::Float, &(-0.1f64).to_be_bytes()), [-0.1]);
    }

    #[test]
    fn a_plane_fills_its_channel_alone() {
        let mut samples = [9.0; 6];
        let bytes = Encoding { bits: 8, kind: Kind::Unsigned, big_endian: true };
        bytes.unpack(&[1, 2], &mut samples[1..], 3);
        assert_eq!(samples, [9., 1., 9., 9., 2., 9.]);
    }
}
