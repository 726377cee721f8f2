//! PNG, WebP, GIF and BMP, by the decoders of `image`.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::error::from_image;
use super::{DecodeError, DecodeOptions, Decoded, Format, exif, flatten};

pub(super) fn decode(
    bytes: &[u8],
    format: Format,
    options: &DecodeOptions,
) -> Result<Decoded, DecodeError> {
    let memory = memory(format, options);
    let refuse = |error| from_image(error, format, memory);
    check_header(bytes, format, options)?;

    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.as_image());
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refuse)?;
    // `into_decoder` does not hold the pixels themselves against `max_alloc`.
    options.limits.check(format, decoder.dimensions(), decoder.total_bytes())?;

    let exif = orientation(bytes, format, &mut decoder);
    let mut remarks = Vec::new();
    let image = DynamicImage::from_decoder(decoder).map_err(refuse)?;
    let pixels = flatten::to_rgb8(image, options, &mut remarks);
    Ok(Decoded { pixels, exif, remarks })
}

/// The PNG decoder holds a row at a time, and whatever metadata a file inflates.
const PNG_MEMORY: u64 = 64 << 20;

fn memory(format: Format, options: &DecodeOptions) -> u64 {
    let memory = options.limits.memory();
    if format == Format::Png { memory.min(PNG_MEMORY) } else { memory }
}

/// Two decoders refuse sizes on their own, without numbers: where they lie is fixed.
fn check_header(bytes: &[u8], format: Format, options: &DecodeOptions) -> Result<(), DecodeError> {
    let field = |at: usize| bytes.get(at..at + 4)?.try_into().ok();
    let size = match format {
        Format::Png => {
            field(16).zip(field(20)).map(|(w, h)| (u32::from_be_bytes(w), u32::from_be_bytes(h)))
        }
        // The oldest kind, with a header of 12 bytes, has shorter fields; its sizes are checked later.
        Format::Bmp if field(14) != Some([12, 0, 0, 0]) => field(18)
            .zip(field(22))
            // A negative height means that the top row comes first.
            .map(|(w, h)| (u32::from_le_bytes(w), i32::from_le_bytes(h).unsigned_abs())),
        _ => None,
    };
    size.map_or(Ok(()), |size| options.limits.check(format, size, 0))
}

fn orientation(bytes: &[u8], format: Format, decoder: &mut impl ImageDecoder) -> exif::Exif {
    // The decoder has read no further than to the pixels.
    if format == Format::Png {
        return exif::in_png(bytes);
    }
    match decoder.exif_metadata() {
        Ok(Some(block)) => exif::read(&block),
        Ok(None) => exif::Exif::Absent,
        Err(_) => exif::Exif::Unreadable,
    }
}
