use std::ops::Range;

use super::Wire;
use super::field::{Field, Value};
use crate::error::{Broken, Error};

/// How deep messages may lie in each other. An `If` within an `If` takes three steps; exporters need about ten.
const DEEPEST: u32 = 64;

/// A message: what of it is still to be read.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its name in `onnx.proto`.
    pub name: &'static str,
    place: u64,
    end: u64,
    depth: u32,
}

impl Message {
    /// The message that a whole file is.
    pub fn whole(name: &'static str, len: u64) -> Self {
        Self { name, place: 0, end: len, depth: 1 }
    }

    /// A message within one of this depth.
    pub(super) fn within(name: &'static str, range: Range<u64>, depth: u32) -> Result<Self, Error> {
        if depth >= DEEPEST {
            return Err(Error::TooDeep { place: range.start, limit: DEEPEST });
        }
        Ok(Self { name, place: range.start, end: range.end, depth: depth + 1 })
    }

    /// The next field. What lies in it is not touched.
    pub fn next(&mut self, wire: &mut Wire<'_>) -> Result<Option<Field>, Error> {
        if self.place >= self.end {
            return Ok(None);
        }
        let place = self.place;
        let tag = wire.varint(&mut self.place, self.end)?;
        let number = match u32::try_from(tag >> 3) {
            // What the format permits: 29 bits.
            Ok(number @ 1..0x2000_0000) => number,
            _ => {
                let what = Broken::FieldNumber { number: tag >> 3 };
                return Err(Error::Malformed { place, what });
            }
        };
        let value = match (tag & 7) as u8 {
            0 => Value::Varint(wire.varint(&mut self.place, self.end)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed(wire)?)),
            2 => {
                let length = wire.varint(&mut self.place, self.end)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed(wire)?)),
            wire_type => {
                return Err(Error::Malformed { place, what: Broken::WireType { wire_type } });
            }
        };
        Ok(Some(Field { number, value, place, message: self.name, depth: self.depth }))
    }

    fn fixed<const N: usize>(&mut self, wire: &mut Wire<'_>) -> Result<[u8; N], Error> {
        let range = self.take(N as u64)?;
        let mut bytes = [0; N];
        wire.fill(range.start, &mut bytes)?;
        Ok(bytes)
    }

    /// Steps over so many bytes, if they are there.
    fn take(&mut self, wanted: u64) -> Result<Range<u64>, Error> {
        let (place, left) = (self.place, self.end - self.place);
        if wanted > left {
            return Err(Error::Malformed { place, what: Broken::Length { wanted, left } });
        }
        self.place += wanted;
        Ok(place..self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, Value)>, Error> {
        let source = Source::from(bytes);
        let mut wire = Wire::new(&source);
        let mut message = Message::whole("Test", source.len());
        let mut fields = Vec::new();
        while let Some(field) = message.next(&mut wire)? {
            fields.push((field.number, field.value));
        }
        Ok(fields)
    }

    #[test]
    fn four_wire_types_are_read() {
        let bytes = [
            0x08, 150, 1, // 1: varint
            0x11, 1, 0, 0, 0, 0, 0, 0, 0, // 2: 64 bits
            0x1a, 2, b'o', b'k', // 3: two bytes
            0x25, 2, 0, 0, 0, // 4: 32 bits
        ];
        let expected = [
            (1, Value::Varint(150)),
            (2, Value::Fixed64(1)),
            (3, Value::Bytes(14..16)),
            (4, Value::Fixed32(2)),
        ];
        assert_eq!(fields(&bytes).expect("well-formed"), expected);
    }

    #[test]
    fn other_wire_types_and_field_zero_are_errors() {
        for (bytes, expected) in [
            (&[0x0b][..], Broken::WireType { wire_type: 3 }),
            (&[0x0c], Broken::WireType { wire_type: 4 }),
            (&[0x0e], Broken::WireType { wire_type: 6 }),
            (&[0x0f], Broken::WireType { wire_type: 7 }),
            (&[0x00, 1], Broken::FieldNumber { number: 0 }),
            (&[0x80, 0x80, 0x80, 0x80, 0x10, 1], Broken::FieldNumber { number: 1 << 29 }),
        ] {
            match fields(bytes).expect_err("not in use") {
                Error::Malformed { place: 0, what } => assert_eq!(what, expected),
                error => panic!("{error}"),
            }
        }
    }

    #[test]
    fn a_length_is_compared_with_what_is_left() {
        for (bytes, wanted, left) in [
            (&[0x0a, 3, 1, 2][..], 3, 2),
            (&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], 0x7fff_ffff, 0),
            (&[0x0d, 1, 2, 3], 4, 3),
            (&[0x09], 8, 0),
        ] {
            match fields(bytes).expect_err("too long") {
                Error::Malformed { what, .. } => assert_eq!(what, Broken::Length { wanted, left }),
                error => panic!("{error}"),
            }
        }
    }
}
