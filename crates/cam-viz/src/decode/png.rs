//! PNG, row by row, so that only the RGB8 pixels are held in memory.

use std::io::Cursor;

use image::RgbImage;
use png::{ColorType, DecodingError, Reader, Transformations};

use super::error::corrupt;
use super::flatten::Flattener;
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif};

/// The decoder holds a row at a time, and whatever metadata a file inflates.
const DECODER_MEMORY: usize = 64 << 20;

/// What the checksums of a file are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checksums {
    /// One that is wrong, and an end that is missing, are errors.
    Held,
    /// What is not needed for the pixels is passed over.
    Ignored,
}

pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    check_header(bytes, options)?;
    let exif = exif::in_png(bytes);
    let detail = match read(bytes, options, Checksums::Held) {
        Ok((pixels, remarks)) => return Ok(Decoded { pixels, exif, remarks }),
        Err(DecodeError::Corrupt { detail, .. }) => detail,
        Err(error) => return Err(error),
    };
    let (pixels, mut remarks) = read(bytes, options, Checksums::Ignored)?;
    remarks.insert(0, Remark::Unsound { detail });
    Ok(Decoded { pixels, exif, remarks })
}

/// The decoder refuses a side of zero without numbers.
fn check_header(bytes: &[u8], options: &DecodeOptions) -> Result<(), DecodeError> {
    let side = |at: usize| bytes.get(at..)?.first_chunk().map(|side| u32::from_be_bytes(*side));
    let size = side(16).zip(side(20));
    size.map_or(Ok(()), |size| options.limits.check(Format::Png, size, 0))
}

fn read(
    bytes: &[u8],
    options: &DecodeOptions,
    checksums: Checksums,
) -> Result<(RgbImage, Vec<Remark>), DecodeError> {
    let mut reader = decoder(bytes, checksums).read_info().map_err(refuse)?;
    let (width, height) = reader.info().size();
    // Rows of interlaced pictures come several times, and a range is known behind the last row.
    let at_once = reader.info().interlaced || options.stretch;
    check_memory(&reader, at_once, options)?;

    let mut flattener = flattener(&reader, options);
    let mut pixels = vec![[0; 3]; width as usize * height as usize];
    if at_once {
        let mut buffer = vec![0; reader.output_buffer_size().unwrap_or_default()];
        reader.next_frame(&mut buffer).map_err(refuse)?;
        to_native(&mut buffer, reader.output_color_type());
        flattener.count(&buffer);
        flattener.paint(&buffer, &mut pixels);
    } else {
        let mut samples = Vec::new();
        for row in pixels.chunks_exact_mut(width as usize) {
            let stored = reader.next_row().map_err(refuse)?;
            let stored = stored.ok_or_else(|| corrupt(Format::Png, "rows are missing"))?;
            samples.clear();
            samples.extend_from_slice(stored.data());
            to_native(&mut samples, reader.output_color_type());
            flattener.count(&samples);
            flattener.paint(&samples, row);
        }
    }
    if checksums == Checksums::Held {
        reader.finish().map_err(refuse)?;
    }
    let mut remarks = Vec::new();
    flattener.remarks(&mut remarks);
    if reader.info().animation_control.is_some_and(|animation| animation.num_frames > 1) {
        remarks.push(Remark::Animated);
    }
    let pixels = RgbImage::from_raw(width, height, pixels.into_flattened()).unwrap_or_default();
    Ok((pixels, remarks))
}

fn decoder(bytes: &[u8], checksums: Checksums) -> png::Decoder<Cursor<&[u8]>> {
    let mut settings = png::DecodeOptions::default();
    settings.set_ignore_checksums(checksums == Checksums::Ignored);
    settings.set_skip_ancillary_crc_failures(checksums == Checksums::Ignored);
    settings.set_ignore_text_chunk(true);
    settings.set_ignore_iccp_chunk(true);
    let mut decoder = png::Decoder::new_with_options(Cursor::new(bytes), settings);
    decoder.set_limits(png::Limits { bytes: DECODER_MEMORY });
    decoder.set_transformations(Transformations::EXPAND);
    decoder
}

fn check_memory(
    reader: &Reader<Cursor<&[u8]>>,
    at_once: bool,
    options: &DecodeOptions,
) -> Result<(), DecodeError> {
    let (width, height) = reader.info().size();
    let samples = match at_once {
        true => reader.output_buffer_size(),
        false => reader.output_line_size(width),
    };
    let samples = samples.map_or(u64::MAX, |samples| samples as u64);
    let rgb = 3 * u64::from(width) * u64::from(height);
    options.limits.check(Format::Png, (width, height), rgb.saturating_add(samples))
}

fn flattener(reader: &Reader<Cursor<&[u8]>>, options: &DecodeOptions) -> Flattener {
    let (color, depth) = reader.output_color_type();
    let has_alpha = matches!(color, ColorType::GrayscaleAlpha | ColorType::Rgba);
    Flattener::new(color.samples(), has_alpha, depth as u32, options)
}

/// Samples of 16 bits come with the high byte first.
fn to_native(samples: &mut [u8], (_, depth): (ColorType, png::BitDepth)) {
    if depth == png::BitDepth::Sixteen {
        for sample in samples.as_chunks_mut::<2>().0 {
            *sample = u16::from_be_bytes(*sample).to_ne_bytes();
        }
    }
}

fn refuse(error: DecodingError) -> DecodeError {
    match error {
        DecodingError::LimitsExceeded => {
            DecodeError::DecoderOverMemory { format: Format::Png, limit: DECODER_MEMORY as u64 }
        }
        error => corrupt(Format::Png, &error.to_string()),
    }
}
