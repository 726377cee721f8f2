//! Pictures to the bytes of a file.

use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError, RgbImage};

/// JPEG quality where only a path was given: artefacts stay invisible at the edges of heat maps.
pub const JPEG_QUALITY: u8 = 92;

/// Why a picture could not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The file name does not say which format is wanted.
    #[error("{}: pictures are written as .png, .jpg or .jpeg: end the name with one of these", path.display())]
    Extension {
        /// The path asked for.
        path: PathBuf,
    },
    /// The JPEG quality is out of range.
    #[error("a JPEG quality of {quality} does not exist: choose 1 (small) to 100 (best)")]
    Quality {
        /// The quality asked for.
        quality: u8,
    },
    /// The format cannot hold the picture; JPEG ends at 65,535 pixels a side.
    #[error("a picture of {width}x{height} cannot be written as {format}")]
    Format {
        /// The format asked for.
        format: &'static str,
        /// The picture's width.
        width: u32,
        /// The picture's height.
        height: u32,
        /// What the encoder said.
        source: ImageError,
    },
}

/// The picture in the format that the path's extension names, in any case: `png`, `jpg` or `jpeg`.
///
/// JPEG is written with quality [`JPEG_QUALITY`].
///
/// # Errors
/// [`EncodeError::Extension`] for another extension or none, [`EncodeError::Format`] where the picture
/// does not fit the format.
pub fn picture_bytes(path: &Path, image: &RgbImage) -> Result<Vec<u8>, EncodeError> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("png") => png_bytes(image),
        Some("jpg" | "jpeg") => jpeg_bytes(image, JPEG_QUALITY),
        _ => Err(EncodeError::Extension { path: path.to_owned() }),
    }
}

/// The picture as a PNG.
///
/// # Errors
/// [`EncodeError::Format`] for a picture without pixels.
pub fn png_bytes(image: &RgbImage) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    write(PngEncoder::new(&mut bytes), "PNG", image)?;
    Ok(bytes)
}

/// The picture as a JPEG of quality 1 to 100.
///
/// # Errors
/// [`EncodeError::Quality`] for a quality out of range, [`EncodeError::Format`] where a side is 0 or
/// over 65,535 pixels.
pub fn jpeg_bytes(image: &RgbImage, quality: u8) -> Result<Vec<u8>, EncodeError> {
    if !(1..=100).contains(&quality) {
        return Err(EncodeError::Quality { quality });
    }
    let mut bytes = Vec::new();
    write(JpegEncoder::new_with_quality(&mut bytes, quality), "JPEG", image)?;
    Ok(bytes)
}

fn write(
    encoder: impl ImageEncoder,
    format: &'static str,
    image: &RgbImage,
) -> Result<(), EncodeError> {
    let (width, height) = image.dimensions();
    encoder
        .write_image(image.as_raw(), width, height, ExtendedColorType::Rgb8)
        .map_err(|source| EncodeError::Format { format, width, height, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_chooses_the_format_in_any_case() {
        let image = RgbImage::new(2, 2);
        let start = |name: &str| picture_bytes(Path::new(name), &image).unwrap()[..3].to_vec();
        assert_eq!(start("a.png"), b"\x89PN");
        assert_eq!(start("a.PNG"), b"\x89PN");
        assert_eq!(start("a.JpG"), b"\xff\xd8\xff");
        assert_eq!(start("a.jpeg"), b"\xff\xd8\xff");
    }

    #[test]
    fn other_extensions_name_the_supported_ones() {
        for name in ["a.webp", "a", ".png", "a.", ""] {
            let error = picture_bytes(Path::new(name), &RgbImage::new(1, 1)).unwrap_err();
            assert!(error.to_string().contains(".png, .jpg or .jpeg"), "{name}");
        }
    }

    #[test]
    fn what_a_format_cannot_hold_is_an_error() {
        assert!(matches!(png_bytes(&RgbImage::new(0, 0)), Err(EncodeError::Format { .. })));
        assert!(matches!(
            jpeg_bytes(&RgbImage::new(65_536, 1), 90),
            Err(EncodeError::Format { .. })
        ));
        assert!(matches!(jpeg_bytes(&RgbImage::new(1, 1), 0), Err(EncodeError::Quality { .. })));
    }
}
