use std::ops::Range;

use super::Wire;
use super::message::Message;
use crate::error::{Broken, Error};

/// A field of a message. What it holds is read on demand, and as the kind that is asked for; another kind is an error.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its number in the message.
    pub number: u32,
    /// What the wire says.
    pub(super) value: Value,
    /// Where it begins.
    pub place: u64,
    /// The message that it lies in.
    pub(super) message: &'static str,
    /// How deep that lies.
    pub(super) depth: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Range<u64>),
}

impl Field {
    /// The message in it.
    pub fn message(&self, name: &'static str) -> Result<Message, Error> {
        Message::within(name, self.range()?, self.depth)
    }

    /// Where its bytes lie.
    pub fn range(&self) -> Result<Range<u64>, Error> {
        match &self.value {
            Value::Bytes(range) => Ok(range.clone()),
            _ => Err(self.another_kind()),
        }
    }

    /// Its bytes.
    pub fn bytes(&self, wire: &mut Wire<'_>) -> Result<Vec<u8>, Error> {
        wire.bytes(&self.range()?)
    }

    /// Its text. Names are compared, so bytes that are none are an error.
    pub fn text(&self, wire: &mut Wire<'_>) -> Result<String, Error> {
        String::from_utf8(self.bytes(wire)?).map_err(|_| {
            let what = Broken::Text { message: self.message, field: self.number };
            Error::Malformed { place: self.place, what }
        })
    }

    /// Text for people to read, with a mark in the place of what is none.
    pub fn note(&self, wire: &mut Wire<'_>) -> Result<String, Error> {
        let bytes = self.bytes(wire)?;
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// An integer.
    pub fn integer(&self) -> Result<i64, Error> {
        match self.value {
            Value::Varint(bits) => Ok(bits.cast_signed()),
            _ => Err(self.another_kind()),
        }
    }

    /// A number of an enumeration. The format drops higher bits.
    pub fn enumerated(&self) -> Result<i32, Error> {
        Ok(self.integer()? as i32)
    }

    /// A number.
    pub fn float(&self) -> Result<f32, Error> {
        match self.value {
            Value::Fixed32(bits) => Ok(f32::from_bits(bits)),
            _ => Err(self.another_kind()),
        }
    }

    /// Adds to a list of texts.
    pub fn add_text(&self, wire: &mut Wire<'_>, list: &mut Vec<String>) -> Result<(), Error> {
        let text = self.text(wire)?;
        wire.push(list, text, self.place)
    }

    /// Adds one integer to a list, or many where they are packed.
    pub fn add_integers(
        &self,
        wire: &mut Wire<'_>,
        list: &mut Vec<i64>,
        meaning: impl Fn(u64) -> i64,
    ) -> Result<(), Error> {
        match &self.value {
            Value::Varint(bits) => wire.push(list, meaning(*bits), self.place),
            Value::Bytes(range) => {
                let count = wire.count_varints(range)?;
                wire.reserve(list, count, self.place)?;
                let mut place = range.start;
                while place < range.end {
                    let bits = wire.varint(&mut place, range.end)?;
                    wire.push(list, meaning(bits), self.place)?;
                }
                Ok(())
            }
            _ => Err(self.another_kind()),
        }
    }

    /// Adds one f32 to a list, or many where they are packed.
    pub fn add_floats(&self, wire: &mut Wire<'_>, list: &mut Vec<f32>) -> Result<(), Error> {
        match &self.value {
            Value::Fixed32(bits) => wire.push(list, f32::from_bits(*bits), self.place),
            Value::Bytes(range) => self.add_fixed(wire, range, list, f32::from_le_bytes),
            _ => Err(self.another_kind()),
        }
    }

    /// Adds one f64 to a list, or many where they are packed.
    pub fn add_doubles(&self, wire: &mut Wire<'_>, list: &mut Vec<f64>) -> Result<(), Error> {
        match &self.value {
            Value::Fixed64(bits) => wire.push(list, f64::from_bits(*bits), self.place),
            Value::Bytes(range) => self.add_fixed(wire, range, list, f64::from_le_bytes),
            _ => Err(self.another_kind()),
        }
    }

    fn add_fixed<const N: usize, T>(
        &self,
        wire: &mut Wire<'_>,
        range: &Range<u64>,
        list: &mut Vec<T>,
        meaning: impl Fn([u8; N]) -> T,
    ) -> Result<(), Error> {
        let (bytes, size) = (range.end - range.start, N as u64);
        if bytes % size != 0 {
            let what = Broken::Packed { bytes, size };
            return Err(Error::Malformed { place: self.place, what });
        }
        wire.reserve(list, bytes / size, self.place)?;
        for place in range.clone().step_by(N) {
            let mut number = [0; N];
            wire.fill(place, &mut number)?;
            list.push(meaning(number));
        }
        Ok(())
    }

    fn another_kind(&self) -> Error {
        let found = match self.value {
            Value::Varint(_) => "an integer",
            Value::Fixed64(_) => "64 bits",
            Value::Fixed32(_) => "32 bits",
            Value::Bytes(_) => "bytes",
        };
        let what = Broken::Kind { message: self.message, field: self.number, found };
        Error::Malformed { place: self.place, what }
    }
}
