//! A strip or tile that is a JPEG; what its colours mean is said by the TIFF file alone.

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::layout::{Layout, corrupt, unsupported};
use crate::decode::DecodeError;

/// Decodes the samples of a chunk, `len` bytes of which are needed.
pub(super) fn decode(
    chunk: &[u8],
    layout: &Layout,
    tables: &[u8],
    len: usize,
) -> Result<Vec<u8>, DecodeError> {
    if layout.encoding.bits != 8 {
        return Err(unsupported(format!("JPEG data of {} bits", layout.encoding.bits)));
    }
    let whole = with_tables(chunk, tables);
    if let Some(loss) = crate::decode::jpeg::loss(&whole) {
        return Err(corrupt(&loss));
    }
    let geometry = layout.geometry;
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*whole), options());
    decoder.decode_headers().map_err(refuse)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let colors = decoder.input_colorspace().ok_or_else(|| corrupt("JPEG data without colours"))?;
    let rows = len / (geometry.chunk_width as usize * geometry.channels).max(1);
    let fits = width == geometry.chunk_width as usize
        && (rows..=geometry.chunk_height as usize).contains(&height);
    if !fits || colors.num_components() != geometry.channels {
        return Err(corrupt("JPEG data of another size than their strip or tile"));
    }
    // The samples as they are: no conversion from what the decoder takes them for.
    decoder.set_options(options().jpeg_set_out_colorspace(colors));
    let mut samples = decoder.decode().map_err(refuse)?;
    samples.truncate(len);
    Ok(samples)
}

/// What is damaged is an error: a strip of a file is seldom all that is broken.
fn options() -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
}

/// Puts the tables before the scan, without the marks of start and end between them.
fn with_tables<'a>(chunk: &'a [u8], tables: &[u8]) -> Cow<'a, [u8]> {
    match (tables.strip_suffix(b"\xff\xd9"), chunk.strip_prefix(b"\xff\xd8")) {
        (Some(tables), Some(scan)) => [tables, scan].concat().into(),
        _ => chunk.into(),
    }
}

fn refuse(error: DecodeErrors) -> DecodeError {
    match error {
        DecodeErrors::Unsupported(kind) => unsupported(format!("JPEG data: {kind:?}")),
        error => corrupt(&error.to_string()),
    }
}
