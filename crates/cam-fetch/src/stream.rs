//! A body that counts, keeps to the limit and knows whether it came to its end.

use std::io::Read;

use ureq::BodyReader;

use crate::address::Address;
use crate::error::FetchError;
use crate::exchange::{Reply, timed_out};
use crate::options::Options;

/// The bytes of one answer, after `done` bytes that were there before.
pub(crate) struct Stream<'a> {
    reader: BodyReader<'static>,
    /// From where they come.
    pub address: &'a Address,
    options: &'a Options,
    is_chunked: bool,
    /// How many bytes are there by now.
    pub done: u64,
    /// How many there will be, if the server said so.
    pub total: Option<u64>,
}

impl<'a> Stream<'a> {
    /// Refuses a declared length over the limit before a byte is read.
    pub fn new(
        reply: Reply,
        address: &'a Address,
        options: &'a Options,
        done: u64,
    ) -> Result<Self, FetchError> {
        let Reply { total, is_chunked, body, .. } = reply;
        let stream = Self { reader: body.into_reader(), address, options, done, total, is_chunked };
        stream.within_limit(total.unwrap_or(done))?;
        Ok(stream)
    }

    /// Refuses a body whose end cannot be told from a broken connection, unless a digest will judge it.
    pub fn must_have_an_end(&self) -> Result<(), FetchError> {
        match self.total.is_some() || self.is_chunked || self.options.sha256.is_some() {
            true => Ok(()),
            false => Err(FetchError::LengthUnknown { url: self.address.shown.clone() }),
        }
    }

    /// The next bytes; none at the end of a whole body, and only there.
    pub fn next<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], FetchError> {
        let read = self.reader.read(buffer).map_err(|error| self.broken(error.into()))?;
        self.done = self.done.saturating_add(read as u64);
        self.within_limit(self.done)?;
        if read == 0 && self.total.is_some_and(|total| total != self.done) {
            return Err(self.interrupted(None));
        }
        Ok(buffer.get(..read).unwrap_or_default())
    }

    fn within_limit(&self, bytes: u64) -> Result<(), FetchError> {
        let limit = self.options.max_bytes;
        match bytes > limit {
            true => Err(FetchError::TooLarge { url: self.address.shown.clone(), bytes, limit }),
            false => Ok(()),
        }
    }

    fn broken(&self, error: ureq::Error) -> FetchError {
        match error {
            ureq::Error::Timeout(timeout) => {
                timed_out(timeout, self.address.shown.clone(), self.options)
            }
            error => self.interrupted(Some(error.into())),
        }
    }

    fn interrupted(&self, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> FetchError {
        FetchError::Interrupted {
            url: self.address.shown.clone(),
            done: self.done,
            total: self.total,
            source,
        }
    }
}
