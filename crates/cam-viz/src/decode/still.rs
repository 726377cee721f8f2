//! Every format but JPEG, by the decoders of `image`.

use std::io::Cursor;

use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageReader};

use super::error::from_image;
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif, flatten};

pub(super) fn decode(
    bytes: &[u8],
    format: Format,
    options: &DecodeOptions,
) -> Result<Decoded, DecodeError> {
    let memory = options.limits.memory();
    let refuse = |error| from_image(error, format, memory);
    check_png_header(bytes, format, options)?;

    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.as_image());
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refuse)?;
    // `into_decoder` does not hold the pixels themselves against `max_alloc`.
    options.limits.check(format, decoder.dimensions(), decoder.total_bytes())?;

    let exif = orientation(bytes, format, &mut decoder);
    let mut remarks = Vec::new();
    if matches!(decoder.original_color_type(), ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16)
    {
        remarks.push(Remark::Cmyk);
    }
    let image = DynamicImage::from_decoder(decoder).map_err(refuse)?;
    let pixels = flatten::to_rgb8(image, options.background, &mut remarks);
    Ok(Decoded { pixels, exif, remarks })
}

/// The PNG decoder refuses wide rows on its own, without numbers; its size is always in the same place.
fn check_png_header(
    bytes: &[u8],
    format: Format,
    options: &DecodeOptions,
) -> Result<(), DecodeError> {
    let side = |at: usize| {
        let field = bytes.get(at..at + 4)?;
        Some(u32::from_be_bytes(field.try_into().ok()?))
    };
    match (format, side(16), side(20)) {
        (Format::Png, Some(width), Some(height)) => {
            options.limits.check(format, (width, height), 0)
        }
        _ => Ok(()),
    }
}

fn orientation(bytes: &[u8], format: Format, decoder: &mut impl ImageDecoder) -> exif::Exif {
    // The orientation of a TIFF file is a tag of its own first directory; BigTIFF is left as stored.
    if format == Format::Tiff {
        let classic = bytes.get(2..4).is_some_and(|version| version.contains(&b'*'));
        return if classic { exif::read(bytes) } else { exif::Exif::Absent };
    }
    match decoder.exif_metadata() {
        Ok(Some(block)) => exif::read(&block),
        Ok(None) => exif::Exif::Absent,
        Err(_) => exif::Exif::Unreadable,
    }
}
