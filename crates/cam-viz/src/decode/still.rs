//! WebP, GIF and BMP, by the decoders of `image`.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::error::from_image;
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif, flatten, gif};

pub(super) fn decode(
    bytes: &[u8],
    format: Format,
    options: &DecodeOptions,
) -> Result<Decoded, DecodeError> {
    let memory = options.limits.memory;
    let refuse = |error| from_image(error, format, memory);
    check_header(bytes, format, options)?;

    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.as_image());
    let mut limits = image::Limits::no_limits();
    // Before the header is checked nothing large is allocated.
    limits.max_alloc = Some(memory.max(HEADER_MEMORY));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refuse)?;
    // `into_decoder` does not hold the pixels themselves against `max_alloc`.
    options.limits.check(format, decoder.dimensions(), needed(format, &decoder))?;

    let exif = orientation(&mut decoder);
    let mut remarks = Vec::new();
    let image = DynamicImage::from_decoder(decoder).map_err(refuse)?;
    let pixels = flatten::to_rgb8(image, options, &mut remarks);
    if is_animated(bytes, format) {
        remarks.push(Remark::Animated);
    }
    Ok(Decoded { pixels, exif, remarks })
}

fn is_animated(bytes: &[u8], format: Format) -> bool {
    match format {
        Format::Gif => gif::is_animated(bytes),
        // A flag of the extended format.
        Format::WebP => {
            bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0)
        }
        _ => false,
    }
}

/// What a decoder may allocate to read a header.
const HEADER_MEMORY: u64 = 64 << 20;

/// Bytes that decoding takes: the decoder's pixels and buffers, and the RGB8 pixels that are made beside them.
fn needed(format: Format, decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let buffers = match format {
        // A frame, before it is laid on the canvas.
        Format::Gif => 4,
        // Brightness and colour differences, or a frame, and a row of blocks.
        Format::WebP => 4,
        _ => 0,
    };
    decoder.total_bytes() + pixels * buffers.max(3)
}

/// The decoder refuses sizes on its own, without numbers: where they lie is fixed.
fn check_header(bytes: &[u8], format: Format, options: &DecodeOptions) -> Result<(), DecodeError> {
    let field = |at: usize| bytes.get(at..at + 4)?.try_into().ok();
    let size = match format {
        // The oldest kind, with a header of 12 bytes, has shorter fields; its sizes are checked later.
        Format::Bmp if field(14) != Some([12, 0, 0, 0]) => field(18)
            .zip(field(22))
            // A negative height means that the top row comes first.
            .map(|(w, h)| (u32::from_le_bytes(w), i32::from_le_bytes(h).unsigned_abs())),
        _ => None,
    };
    size.map_or(Ok(()), |size| options.limits.check(format, size, 0))
}

fn orientation(decoder: &mut impl ImageDecoder) -> exif::Exif {
    match decoder.exif_metadata() {
        Ok(Some(block)) => exif::read(&block),
        Ok(None) => exif::Exif::Absent,
        Err(_) => exif::Exif::Unreadable,
    }
}
