//! JPEG: the coded data are gone through first, for the decoder does not say what it made up.

mod bits;
mod blocks;
mod frame;
mod huffman;
mod loss;
mod scan;
mod walk;

use image::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use self::frame::Frame;
use self::loss::{Fault, Loss};
use super::error::{corrupt, one_line};
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif};

pub(super) use self::walk::loss;

/// Start of a scan.
const SCAN: u8 = 0xda;
/// Bytes of a block whose coefficients are held until all scans are read, here and in the decoder.
const HELD_BLOCK: u64 = 8 + 2 * 64;

pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    check_kind(bytes)?;
    let mut header = decoder(bytes);
    header.decode_headers().map_err(refuse)?;
    let (width, height) = size(&header);
    let exif = header.exif().map_or(exif::Exif::Absent, |block| exif::read(block));
    let needed = memory(bytes, (width, height), exif.turns());
    options.limits.check(Format::Jpeg, (width, height), needed)?;
    let colors = check_colors(&header)?;

    let mut remarks = Vec::new();
    if let Some(detail) = loss(bytes) {
        // Before pixels are allocated: a few bytes may announce any number of them.
        if options.strict {
            return Err(DecodeError::Damaged { format: Format::Jpeg, detail });
        }
        remarks.push(Remark::Damaged { detail });
    }
    if matches!(colors, ColorSpace::CMYK | ColorSpace::YCCK) {
        remarks.push(Remark::Cmyk);
    }
    let pixels = decoder(bytes).decode().map_err(refuse)?;
    let pixels = RgbImage::from_raw(width, height, pixels)
        .ok_or_else(|| corrupt(Format::Jpeg, "fewer pixels than announced"))?;
    Ok(Decoded { pixels, exif, remarks })
}

/// It fills what is missing and reads on, where that can be done.
fn decoder(bytes: &[u8]) -> JpegDecoder<ZCursor<&[u8]>> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options)
}

/// Width and height, which have 16 bits each in the format.
fn size(header: &JpegDecoder<ZCursor<&[u8]>>) -> (u32, u32) {
    let (width, height) = header.dimensions().unwrap_or_default();
    (width as u32, height as u32)
}

/// Bytes that decoding takes: pixels, a second time where they are turned, and all coefficients where not
/// one scan holds all of a block.
fn memory(bytes: &[u8], (width, height): (u32, u32), turns: bool) -> u64 {
    let rgb = 3 * u64::from(width) * u64::from(height);
    let held = frame_and_scan(bytes)
        .filter(|(frame, in_scan)| frame.is_progressive || *in_scan < frame.components.len());
    let held = held.map_or(0, |(frame, _)| HELD_BLOCK * frame.blocks());
    (rgb + held).max(if turns { 2 * rgb } else { 0 })
}

/// The frame's header, and how many components the first scan holds.
fn frame_and_scan(bytes: &[u8]) -> Option<(Frame, usize)> {
    let body = |(_, at): (u8, usize)| bytes.get(at + 4..);
    let (mut headers, mut scan) = (None, None);
    for segment in segments(bytes) {
        match segment.0 {
            marker @ 0xc0..=0xc2 => headers = Frame::read(marker, body(segment)?),
            SCAN => scan = body(segment)?.first().map(|&count| usize::from(count)),
            _ => {}
        }
    }
    headers.zip(scan)
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
