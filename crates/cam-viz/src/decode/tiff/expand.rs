//! Compressions of plain bytes: each gives as many as are asked for, or an error.

use std::borrow::Cow;
use std::io::Read as _;

use super::layout::{corrupt, unsupported};
use crate::decode::DecodeError;

/// Memory for what is decoded, where so few bytes can hold as much at all.
fn zeros(len: usize, compressed: usize) -> Result<Vec<u8>, DecodeError> {
    /// A code of LZW takes 9 bits at least and gives 4096 bytes at most; the others stay below.
    const MOST_PER_BYTE: usize = 4096;
    if len / MOST_PER_BYTE > compressed {
        return Err(too_short());
    }
    Ok(vec![0; len])
}

fn too_short() -> DecodeError {
    corrupt("a strip or tile has too few bytes")
}

/// Bytes that are not compressed.
pub(super) fn stored(chunk: Cow<[u8]>, len: usize) -> Result<Cow<[u8]>, DecodeError> {
    match chunk {
        Cow::Borrowed(bytes) => bytes.get(..len).map(Cow::Borrowed),
        Cow::Owned(bytes) => bytes.get(..len).map(|bytes| Cow::Owned(bytes.to_vec())),
    }
    .ok_or_else(too_short)
}

/// LZW, codes of 9 to 12 bits, highest bit first.
pub(super) fn lzw(chunk: &[u8], len: usize) -> Result<Vec<u8>, DecodeError> {
    // Before 1988 the lowest bit came first, which such a start tells.
    if let [0, second, ..] = chunk
        && second & 1 == 1
    {
        return Err(unsupported("old-style LZW compression"));
    }
    let mut out = zeros(len, chunk.len())?;
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let (mut from, mut to) = (0, 0);
    while to < out.len() {
        let step = decoder.decode_bytes(&chunk[from..], &mut out[to..]);
        (from, to) = (from + step.consumed_in, to + step.consumed_out);
        match step.status {
            Ok(weezl::LzwStatus::Ok) => {}
            Ok(_) if to < out.len() => return Err(too_short()),
            Ok(_) => break,
            Err(error) => return Err(corrupt(&error.to_string())),
        }
    }
    Ok(out)
}

/// A zlib stream.
pub(super) fn inflate(chunk: &[u8], len: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = zeros(len, chunk.len())?;
    let mut decoder = flate2::read::ZlibDecoder::new(chunk);
    decoder.read_exact(&mut out).map_err(|error| corrupt(&error.to_string()))?;
    // At its end the stream's checksum is compared; some rows that nobody needs may come before.
    let mut rest = decoder.take(len.max(1 << 16) as u64);
    let read = std::io::copy(&mut rest, &mut std::io::sink());
    read.map_err(|error| corrupt(&error.to_string()))?;
    Ok(out)
}

/// Apple's PackBits: counts of bytes to copy, or to repeat.
pub(super) fn unpack_bits(chunk: &[u8], len: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = zeros(len, chunk.len())?;
    let (mut at, mut filled) = (0, 0);
    while filled < out.len() {
        let header = *chunk.get(at).ok_or_else(too_short)?;
        let left = &mut out[filled..];
        let count = match header {
            0..=127 => {
                let count = usize::from(header) + 1;
                let literal = chunk.get(at + 1..at + 1 + count).ok_or_else(too_short)?;
                let kept = count.min(left.len());
                left[..kept].copy_from_slice(&literal[..kept]);
                at += 1 + count;
                kept
            }
            128 => {
                at += 1;
                0
            }
            129..=255 => {
                let byte = *chunk.get(at + 1).ok_or_else(too_short)?;
                let kept = (257 - usize::from(header)).min(left.len());
                left[..kept].fill(byte);
                at += 2;
                kept
            }
        };
        filled += count;
    }
    Ok(out)
}
