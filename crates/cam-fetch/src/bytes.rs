//! Something small, into memory.

use cam_files::Sha256;

use crate::address::Address;
use crate::error::FetchError;
use crate::exchange::{self, Reply};
use crate::options::Options;
use crate::prefix::Sha256Prefix;
use crate::stream::Stream;

/// As much as is reserved on the word of a server; the rest is reserved as it comes.
const TRUSTED_LENGTH: u64 = 1 << 20;

/// Brings the content of an address into memory.
///
/// Meant for images, of which many are fetched from anywhere: set [`Options::max_bytes`] to what an image may
/// have, and [`Options::total_timeout`], because a server that sends a byte now and then is never silent.
///
/// A server that announces neither length nor end is believed here; whoever decodes the bytes will see whether
/// they are whole.
///
/// # Errors
///
/// Every [`FetchError`] but those of files: no http address, no connection, an answer other than 200, a body that
/// is too large, short, silent or of the wrong digest.
pub fn fetch_bytes(url: &str, options: &Options) -> Result<Vec<u8>, FetchError> {
    let address = Address::parse(url)?;
    let bytes = collect(exchange::ask(&address, options, None)?, &address, options)?;
    verify(&bytes, options.sha256.as_ref(), &address)?;
    Ok(bytes)
}

/// The whole body.
pub(crate) fn collect(
    reply: Reply,
    address: &Address,
    options: &Options,
) -> Result<Vec<u8>, FetchError> {
    let mut stream = Stream::new(reply, address, options, 0)?;
    let mut bytes = Vec::with_capacity(stream.total.unwrap_or(0).min(TRUSTED_LENGTH) as usize);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.next(&mut buffer)? {
            [] => return Ok(bytes),
            read => bytes.extend_from_slice(read),
        }
    }
}

fn verify(
    bytes: &[u8],
    expected: Option<&Sha256Prefix>,
    address: &Address,
) -> Result<(), FetchError> {
    let Some(expected) = expected else { return Ok(()) };
    let got = Sha256::of(bytes);
    match expected.matches(&got) {
        true => Ok(()),
        false => Err(FetchError::WrongDigest {
            url: address.shown.clone(),
            expected: expected.to_string(),
            got: got.to_string(),
        }),
    }
}
