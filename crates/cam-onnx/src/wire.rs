//! The wire format of protocol buffers, over a [`Source`].
//!
//! A [`Message`] is a range of the file. It gives its fields one after the other, and what lies in a field is read only
//! if somebody asks: a field that is not known, or a gigabyte of weights, is stepped over.

mod budget;
mod field;
mod message;
mod varint;

use std::ops::Range;

use crate::error::{Broken, Error};
use crate::source::Source;
use budget::Budget;
pub(crate) use field::Field;
pub(crate) use message::Message;

/// How many bytes are fetched at once: enough that small fields cost no system call each, and few enough that weights
/// between them are not read along.
const WINDOW: u64 = 64 * 1024;

/// Bytes of a source, some of them at hand, and how much memory may still be asked for.
pub(crate) struct Wire<'a> {
    source: &'a Source,
    window: Vec<u8>,
    start: u64,
    budget: Budget,
}

impl<'a> Wire<'a> {
    pub fn new(source: &'a Source) -> Self {
        Self { source, window: Vec::new(), start: 0, budget: Budget::of(source.len()) }
    }

    /// The bytes at hand from a place on: at least one, unless the file ends there.
    fn at(&mut self, place: u64) -> Result<&[u8], Error> {
        let is_here = place >= self.start && place - self.start < self.window.len() as u64;
        if !is_here {
            let size = self.source.len().saturating_sub(place).min(WINDOW);
            // Empty while it is read, so that a failure leaves no bytes under a wrong place.
            let mut window = std::mem::take(&mut self.window);
            window.resize(size as usize, 0);
            self.source.read_at(place, &mut window)?;
            self.window = window;
            self.start = place;
        }
        Ok(&self.window[(place - self.start) as usize..])
    }

    /// Fills a buffer with the bytes from a place on.
    fn fill(&mut self, mut place: u64, mut into: &mut [u8]) -> Result<(), Error> {
        if into.len() as u64 > WINDOW {
            return self.source.read_at(place, into);
        }
        while !into.is_empty() {
            let found = self.at(place)?;
            let step = found.len().min(into.len());
            if step == 0 {
                return Err(Error::Malformed { place, what: Broken::Ends });
            }
            into[..step].copy_from_slice(&found[..step]);
            into = &mut into[step..];
            place += step as u64;
        }
        Ok(())
    }

    /// The bytes of a range, which lies within the file.
    pub fn bytes(&mut self, range: &Range<u64>) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.reserve(&mut bytes, range.end - range.start, range.start)?;
        bytes.resize((range.end - range.start) as usize, 0);
        self.fill(range.start, &mut bytes)?;
        Ok(bytes)
    }

    /// Adds to a list, unless there is no memory left for it.
    pub fn push<T>(&mut self, list: &mut Vec<T>, item: T, place: u64) -> Result<(), Error> {
        self.budget.make_room(list, 1, place)?;
        list.push(item);
        Ok(())
    }

    /// Makes room in a list for so many more.
    pub fn reserve<T>(&mut self, list: &mut Vec<T>, more: u64, place: u64) -> Result<(), Error> {
        self.budget.make_room(list, more, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_filled_across_windows_and_backwards() {
        let bytes: Vec<u8> = (0..3 * WINDOW).map(|place| (place % 251) as u8).collect();
        let source = Source::from(bytes.clone());
        let mut wire = Wire::new(&source);
        for place in [0, WINDOW - 2, 2 * WINDOW + 7, 5, 3 * WINDOW - 9] {
            let mut nine = [0; 9];
            wire.fill(place, &mut nine).expect("they are there");
            assert_eq!(nine[..], bytes[place as usize..][..9]);
        }
        assert!(wire.fill(3 * WINDOW - 8, &mut [0; 9]).is_err(), "eight are left");
        let all = wire.bytes(&(1..3 * WINDOW)).expect("they are there");
        assert_eq!(all, bytes[1..]);
    }
}
