//! JPEG: the coded data are gone through first, for the decoder does not say what it made up.

mod bits;
mod blocks;
mod frame;
mod huffman;
mod scan;
mod walk;

use image::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use self::walk::walk;
use super::error::{corrupt, one_line};
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif};

/// Start of a scan.
const SCAN: u8 = 0xda;
const CHANNELS: u64 = 3;
/// Progressive files are held as 16-bit coefficients, up to four components, besides the pixels.
const BYTES_PER_PIXEL: u64 = CHANNELS + 2 * 4;

pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    check_kind(bytes)?;
    let mut header = decoder(bytes, false);
    header.decode_headers().map_err(refuse)?;
    let size = check_size(&header, options)?;
    let colors = check_colors(&header)?;
    let exif = header.exif().map_or(exif::Exif::Absent, |block| exif::read(block));

    let begun = std::time::Instant::now(); let (_, _, walked) = walk(bytes, false); let took = begun.elapsed();
    let (pixels, damage) = pixels(bytes)?;
    if std::env::var_os("WALK").is_some() { eprintln!("walk {walked:?} {took:?} strict {damage:?}"); }
    let mut remarks = Vec::new();
    if let Some(detail) = damage {
        if options.strict {
            return Err(DecodeError::Damaged { format: Format::Jpeg, detail });
        }
        remarks.push(Remark::Damaged { detail });
    }
    if matches!(colors, ColorSpace::CMYK | ColorSpace::YCCK) {
        remarks.push(Remark::Cmyk);
    }
    let pixels = RgbImage::from_raw(size.0, size.1, pixels)
        .ok_or_else(|| corrupt(Format::Jpeg, "fewer pixels than announced"))?;
    Ok(Decoded { pixels, exif, remarks })
}

/// The pixels, RGB, and what is wrong with them.
fn pixels(bytes: &[u8]) -> Result<(Vec<u8>, Option<String>), DecodeError> {
    match decoder(bytes, true).decode() {
        // The strict decoder looks for missing data at the start of each row of blocks only: a file cut
        // off within its last row passes. Such a file has lost its end marker.
        Ok(pixels) => Ok((pixels, (!has_end(bytes)).then(|| "no end marker".to_owned()))),
        Err(strict) => {
            let pixels = decoder(bytes, false).decode().map_err(refuse)?;
            Ok((pixels, Some(one_line(&strict.to_string()))))
        }
    }
}

fn decoder(bytes: &[u8], strict: bool) -> JpegDecoder<ZCursor<&[u8]>> {
    let options = DecoderOptions::default()
        .set_strict_mode(strict)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options)
}

fn check_size(
    header: &JpegDecoder<ZCursor<&[u8]>>,
    options: &DecodeOptions,
) -> Result<(u32, u32), DecodeError> {
    let (width, height) = header.dimensions().unwrap_or_default();
    // 16 bits each in the format.
    let size = (width as u32, height as u32);
    let pixels = u64::from(size.0) * u64::from(size.1);
    options.limits.check(Format::Jpeg, size, pixels * CHANNELS)?;
    if pixels * BYTES_PER_PIXEL > options.limits.memory() {
        return Err(DecodeError::OverMemory {
            format: Format::Jpeg,
            limit: options.limits.memory(),
        });
    }
    Ok(size)
}

/// The decoder would read two-component files to something else than RGB.
fn check_colors(header: &JpegDecoder<ZCursor<&[u8]>>) -> Result<ColorSpace, DecodeError> {
    match header.input_colorspace() {
        Some(
            colors @ (ColorSpace::Luma
            | ColorSpace::YCbCr
            | ColorSpace::RGB
            | ColorSpace::CMYK
            | ColorSpace::YCCK),
        ) => Ok(colors),
        other => Err(DecodeError::UnsupportedKind {
            format: Format::Jpeg,
            detail: format!("colour components {other:?}"),
        }),
    }
}

/// The decoder takes frames of rare kinds for damage; their markers name them.
fn check_kind(bytes: &[u8]) -> Result<(), DecodeError> {
    let kind = segments(bytes).find_map(|(marker, at)| match marker {
        // Behind marker and length stand the bits per sample.
        0xc0..=0xc2 if bytes.get(at + 4).is_some_and(|&bits| bits > 8) => {
            Some("over 8 bits per sample")
        }
        0xc3 | 0xc7 => Some("lossless"),
        0xc5 | 0xc6 => Some("hierarchical"),
        0xc9..=0xcb | 0xcd..=0xcf => Some("arithmetic coding"),
        _ => None,
    });
    kind.map_or(Ok(()), |kind| {
        Err(DecodeError::UnsupportedKind { format: Format::Jpeg, detail: kind.to_owned() })
    })
}

/// Whether an end marker follows the first scan; thumbnails with their own lie before it.
fn has_end(bytes: &[u8]) -> bool {
    let scan = segments(bytes).find(|&(marker, _)| marker == SCAN);
    let data = bytes.get(scan.map_or(0, |(_, at)| at)..).unwrap_or_default();
    data.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}

/// Markers and where they stand, up to and with the first scan: segments name their lengths.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    let mut at = 2usize;
    std::iter::from_fn(move || {
        // Fill bytes, and whatever else stands before a marker, are passed over.
        while bytes.get(at..at + 2)?[0] != 0xff || matches!(bytes[at + 1], 0 | 0xff) {
            at += 1;
        }
        let (marker, start) = (bytes[at + 1], at);
        let len = [*bytes.get(at + 2)?, *bytes.get(at + 3)?];
        at += 2 + usize::from(u16::from_be_bytes(len));
        if marker == SCAN {
            // Entropy-coded data has no lengths.
            at = bytes.len();
        }
        Some((marker, start))
    })
}

fn refuse(error: DecodeErrors) -> DecodeError {
    match error {
        DecodeErrors::ZeroError => {
            // Either side may be the one; the decoder does not say.
            DecodeError::NoPixels { format: Format::Jpeg, width: 0, height: 0 }
        }
        DecodeErrors::Unsupported(kind) => DecodeError::UnsupportedKind {
            format: Format::Jpeg,
            detail: one_line(&format!("{kind:?}")),
        },
        error => corrupt(Format::Jpeg, &error.to_string()),
    }
}

/// What is wrong at one place of coded data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("the data end")]
    Ended,
    #[error("a restart marker is missing")]
    Restart,
    #[error("a code is in no table")]
    NoSuchCode,
    #[error("a coefficient lies outside its block")]
    NoSuchCoefficient,
    #[error("a table is missing")]
    NoTable,
}

/// Why a file's pixels are not those that were written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Loss {
    #[error("there are no image data")]
    NoData,
    #[error("no end marker")]
    NoEnd,
    #[error("{fault} at row {row} of {of}")]
    Data { fault: Fault, row: u32, of: u32 },
    #[error("{bytes} bytes of image data are left over behind the last row")]
    LeftOver { bytes: usize },
    #[error("scans are missing, which would have made the picture finer")]
    Scans,
    #[error("scans that do not follow each other")]
    Order,
    #[error("the segment of marker {marker:#04x} contradicts itself")]
    Header { marker: u8 },
}
