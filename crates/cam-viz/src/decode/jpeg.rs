//! JPEG, strictly first: what only the lenient decoder reads is damaged.

use image::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::{corrupt, one_line};
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif};

const CHANNELS: u64 = 3;
/// Progressive files are held as 16-bit coefficients, up to four components, besides the pixels.
const BYTES_PER_PIXEL: u64 = CHANNELS + 2 * 4;

pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let mut header = decoder(bytes, false);
    header.decode_headers().map_err(refuse)?;
    let size = check_size(&header, options)?;
    let colors = check_colors(&header)?;
    let exif = header.exif().map_or(exif::Exif::Absent, |block| exif::read(block));

    let (pixels, damage) = pixels(bytes)?;
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

/// Whether an end marker follows the first scan; thumbnails with their own lie before it.
fn has_end(bytes: &[u8]) -> bool {
    let scan = scan_start(bytes).unwrap_or(0);
    let data = bytes.get(scan..).unwrap_or_default();
    data.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}

/// Where the first scan begins: segments are walked, each names its length.
fn scan_start(bytes: &[u8]) -> Option<usize> {
    let mut at = 2usize;
    loop {
        match (*bytes.get(at)?, *bytes.get(at + 1)?) {
            (0xff, 0xda) => return Some(at),
            (0xff, 0xff) => at += 1,
            (0xff, _) => {
                let len = [*bytes.get(at + 2)?, *bytes.get(at + 3)?];
                at = at.checked_add(2 + usize::from(u16::from_be_bytes(len)))?;
            }
            _ => at += 1,
        }
    }
}

fn refuse(error: DecodeErrors) -> DecodeError {
    match error {
        DecodeErrors::Unsupported(kind) => DecodeError::UnsupportedKind {
            format: Format::Jpeg,
            detail: one_line(&format!("{kind:?}")),
        },
        error => corrupt(Format::Jpeg, &error.to_string()),
    }
}
