//! From a chunk's bytes in the file to the bytes of its rows.

use std::borrow::Cow;
use std::io::Cursor;

use image::ImageDecoder as _;
use image::codecs::webp::WebPDecoder;

use super::fax;
use super::layout::{Layout, corrupt, unsupported};
use super::{expand, jpeg, predictor};
use crate::decode::{DecodeError, Format, error};

const FAX_3: u64 = 3;
const LZW: u64 = 5;
const JPEG: u64 = 7;
const DEFLATE: u64 = 8;
const PACK_BITS: u64 = 32_773;
const OLD_DEFLATE: u64 = 32_946;
const WEBP: u64 = 50_001;

/// What the decoders of the whole file share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared<'a> {
    /// The tables that all JPEG chunks have in common; empty where each has its own.
    pub(super) jpeg_tables: &'a [u8],
    /// The options of group 3 fax codes.
    pub(super) fax_options: u64,
}

/// The rows of a chunk: what was missing at its end, where that is harmless.
pub(super) struct Rows<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) damage: Option<String>,
}

/// Undoes compression, bit order and predictor: `rows` rows of `row_len` bytes.
pub(super) fn rows<'a>(
    chunk: &'a [u8],
    layout: &Layout,
    shared: Shared,
    rows: usize,
    row_len: usize,
) -> Result<Rows<'a>, DecodeError> {
    let len = rows.checked_mul(row_len).ok_or_else(|| corrupt("a strip or tile of no size"))?;
    let chunk = in_order(chunk, layout);
    let (bytes, damage) = match layout.compression {
        1 => (expand::stored(chunk, len)?, None),
        2..=4 => {
            let code = fax::Code::of(layout.compression, shared.fax_options)?;
            check_bilevel(layout)?;
            let width = layout.geometry.chunk_width as usize;
            let (bytes, damage) = fax::decode(&chunk, code, width, rows)?;
            (Cow::Owned(bytes), damage)
        }
        LZW => (Cow::Owned(expand::lzw(&chunk, len)?), None),
        DEFLATE | OLD_DEFLATE => (Cow::Owned(expand::inflate(&chunk, len)?), None),
        PACK_BITS => (Cow::Owned(expand::unpack_bits(&chunk, len)?), None),
        JPEG => (Cow::Owned(jpeg::decode(&chunk, layout, shared.jpeg_tables, len)?), None),
        WEBP => (Cow::Owned(webp(&chunk, layout, len)?), None),
        other => return Err(unsupported(format!("compression {other}"))),
    };
    // Other compressions do without, whatever the tag says.
    if matches!(layout.compression, LZW | DEFLATE | OLD_DEFLATE) && layout.predictor != 1 {
        let mut bytes = bytes.into_owned();
        predictor::undo(&mut bytes, row_len, layout)?;
        return Ok(Rows { bytes: Cow::Owned(bytes), damage });
    }
    Ok(Rows { bytes, damage })
}

/// The bytes with their highest bit first. JPEG and WebP define their own order.
fn in_order<'a>(chunk: &'a [u8], layout: &Layout) -> Cow<'a, [u8]> {
    if layout.reversed && !matches!(layout.compression, JPEG | WEBP) {
        return chunk.iter().map(|byte| byte.reverse_bits()).collect();
    }
    Cow::Borrowed(chunk)
}

/// Eight bits, three or four samples, which fill the whole chunk.
fn webp(chunk: &[u8], layout: &Layout, len: usize) -> Result<Vec<u8>, DecodeError> {
    let refuse = |error| error::from_image(error, Format::Tiff, len as u64);
    let decoder = WebPDecoder::new(Cursor::new(chunk)).map_err(refuse)?;
    let channels = usize::from(decoder.color_type().channel_count());
    let (width, _) = decoder.dimensions();
    let fits = width == layout.geometry.chunk_width && layout.encoding.bits == 8;
    if !fits || channels != layout.geometry.channels || decoder.total_bytes() < len as u64 {
        return Err(corrupt("WebP data of another size than their strip or tile"));
    }
    // A decoder's own limit: the chunk as it was announced, and working memory.
    if decoder.total_bytes() > 2 * len as u64 + (1 << 20) {
        return Err(corrupt("WebP data larger than their strip or tile"));
    }
    let mut bytes = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut bytes).map_err(refuse)?;
    bytes.truncate(len);
    Ok(bytes)
}

fn check_bilevel(layout: &Layout) -> Result<(), DecodeError> {
    if layout.encoding.bits == 1 && layout.geometry.channels == 1 {
        return Ok(());
    }
    Err(corrupt("fax codes of more than one bit per pixel"))
}

impl fax::Code {
    fn of(compression: u64, options: u64) -> Result<Self, DecodeError> {
        if compression == FAX_3 && options & 2 != 0 {
            return Err(unsupported("fax codes in uncompressed mode"));
        }
        Ok(match compression {
            2 => Self::Rows,
            FAX_3 => Self::Group3 { two_dimensional: options & 1 != 0 },
            _ => Self::Group4,
        })
    }
}
