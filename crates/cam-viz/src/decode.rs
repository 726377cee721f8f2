//! From the bytes of a file to RGB8 pixels: format, header, limits, pixels, orientation, in that order.

mod ends;
mod error;
mod exif;
mod flatten;
mod format;
mod gif;
mod jpeg;
mod levels;
mod limits;
mod png;
mod remark;
mod still;
mod tiff;

use std::panic::AssertUnwindSafe;

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

pub use error::DecodeError;
pub use format::Format;
pub use limits::Limits;
pub use remark::Remark;

/// How a picture is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeOptions {
    /// The largest picture that is decoded at all.
    pub limits: Limits,
    /// What lies behind transparent pixels, RGB; white by default.
    pub background: [u8; 3],
    /// Refuse damaged files instead of decoding what is left of them; off by default.
    pub strict: bool,
    /// Map the lowest sample of all colours to 0 and the highest to 255, opacity aside, instead of the
    /// range that the samples could have; off by default. Samples that are NaN or infinite do not count.
    pub stretch: bool,
}

impl Default for DecodeOptions {
    fn default() -> DecodeOptions {
        DecodeOptions {
            limits: Limits::default(),
            background: [255; 3],
            strict: false,
            stretch: false,
        }
    }
}

/// A decoded picture, and what had to be done to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The pixels: 8 bits, RGB, upright, opaque, taken to be sRGB. Both sides are at least 1.
    pub pixels: RgbImage,
    /// The format the bytes were in.
    pub format: Format,
    /// What happened on the way, worth a line each to the user; empty for a plain picture.
    pub remarks: Vec<Remark>,
}

impl Picture {
    /// Whether the file is not whole or contradicts its checksums; the remark says what that means for the
    /// pixels.
    pub fn damaged(&self) -> bool {
        self.remarks.iter().any(|remark| remark.damage().is_some())
    }
}

/// What a format's decoder hands over, before orientation.
struct Decoded {
    pixels: RgbImage,
    exif: exif::Exif,
    remarks: Vec<Remark>,
}

/// Decodes a picture from the bytes of its file.
///
/// The format is recognised by content, never by a name: PNG, JPEG, WebP, GIF, BMP and TIFF are read.
/// Limits are checked against the header before any pixel is allocated. Of animations and documents the
/// first frame is used. 16-bit and floating-point samples are reduced to 8 bits, transparency is laid on
/// [`DecodeOptions::background`], the EXIF orientation is applied, colour profiles are ignored.
///
/// Decoders commonly fill what a truncated file lacks with grey, or look no further than they must, and call
/// it a success. Here such a picture says so: [`Picture::damaged`]; with [`DecodeOptions::strict`] it is an
/// error.
///
/// # Errors
/// [`DecodeError`], one variant per kind of file; no input panics.
///
/// # Examples
/// ```
/// use cam_viz::{DecodeError, DecodeOptions, decode};
///
/// let error = decode(b"<!DOCTYPE html><html>", &DecodeOptions::default()).unwrap_err();
/// assert_eq!(error, DecodeError::Html);
/// ```
pub fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Picture, DecodeError> {
    let format = format::recognise(bytes)?;
    let decoded = guarded(format, || match format {
        Format::Jpeg => jpeg::decode(bytes, options).map(|decoded| stretched(decoded, options)),
        Format::Tiff => tiff::decode(bytes, options),
        Format::Png => png::decode(bytes, options),
        _ => still::decode(bytes, format, options),
    })?;
    let mut remarks = decoded.remarks;
    if !remarks.iter().any(|remark| remark.damage().is_some()) {
        remarks.splice(0..0, ends::missing(bytes, format));
    }
    let damage = remarks.iter().find_map(Remark::damage);
    if let Some(detail) = damage.filter(|_| options.strict) {
        return Err(DecodeError::Damaged { format, detail: detail.to_owned() });
    }
    let pixels = upright(decoded.pixels, decoded.exif, &mut remarks);
    Ok(Picture { pixels, format, remarks })
}

/// What a picture's header says, before anything is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Width as stored, in pixels.
    pub width: u32,
    /// Height as stored, in pixels.
    pub height: u32,
    /// What decoding takes at its peak, in bytes, as [`Limits::memory`] counts it.
    pub memory: u64,
}

/// Reads the header of a picture, to know what decoding takes.
///
/// # Errors
/// [`DecodeError`], as far as it shows in the header.
pub fn header(bytes: &[u8], options: &DecodeOptions) -> Result<Header, DecodeError> {
    // Decoding stops where its memory is known to be over a limit.
    let limits = Limits { memory: 0, ..options.limits.clone() };
    match decode(bytes, &DecodeOptions { limits, ..options.clone() }) {
        Err(DecodeError::OverMemory { width, height, needed: memory, .. }) => {
            Ok(Header { width, height, memory })
        }
        Err(error) => Err(error),
        Ok(picture) => {
            let (width, height) = picture.pixels.dimensions();
            Ok(Header { width, height, memory: picture.pixels.as_raw().len() as u64 })
        }
    }
}

/// Pixels that have 8 bits when they leave their decoder.
fn stretched(mut decoded: Decoded, options: &DecodeOptions) -> Decoded {
    if options.stretch {
        levels::stretch(&mut decoded.pixels, &mut decoded.remarks);
    }
    decoded
}

/// Turns a decoder's panic into an error: a batch must not end by one file.
fn guarded(
    format: Format,
    decode: impl FnOnce() -> Result<Decoded, DecodeError>,
) -> Result<Decoded, DecodeError> {
    std::panic::catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or(Err(DecodeError::DecoderFault { format }))
}

fn upright(pixels: RgbImage, exif: exif::Exif, remarks: &mut Vec<Remark>) -> RgbImage {
    match exif {
        exif::Exif::Absent | exif::Exif::Orientation(Orientation::NoTransforms) => pixels,
        exif::Exif::Unreadable => {
            remarks.push(Remark::UnreadableExif);
            pixels
        }
        exif::Exif::Orientation(orientation) => {
            remarks.push(Remark::Oriented { exif: orientation.to_exif() });
            let mut image = DynamicImage::ImageRgb8(pixels);
            image.apply_orientation(orientation);
            image.into_rgb8()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panicking_decoder_is_an_error() {
        let result = guarded(Format::Tiff, || panic!("a decoder's bug"));
        assert_eq!(result.err(), Some(DecodeError::DecoderFault { format: Format::Tiff }));
    }
}
