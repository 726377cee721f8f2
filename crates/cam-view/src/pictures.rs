//! Images as a page shows them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use cam_explain::{Decoding, Environment, Error, Source};
use cam_viz::{jpeg_bytes, png_bytes};
use image::RgbImage;
use image::imageops::{self, FilterType};

/// The longest side that is shown.
pub const LARGEST: u32 = 1600;

/// Of what quality pictures are shown.
const QUALITY: u8 = 90;

/// An image of a longest side, at most, as JPEG.
///
/// # Errors
/// Where it cannot be read.
pub fn shown(
    source: &Source,
    largest: u32,
    decoding: Decoding,
    environment: &Environment,
) -> Result<Vec<u8>, Error> {
    let picture = source.picture(decoding, environment)?.pixels;
    let pixels = shrunk(picture, largest.clamp(16, LARGEST));
    jpeg_bytes(&pixels, QUALITY).map_err(Error::failed)
}

/// A number that changes with an image's file or bytes.
pub fn edition(source: &Source) -> String {
    /// Of an image in memory, so many of its first and last bytes: nobody drops two that differ between them only.
    const ENDS: usize = 4096;
    let mut hash = DefaultHasher::new();
    fn add(source: &Source, hash: &mut DefaultHasher) {
        match source {
            Source::Region { of, .. } => add(of, hash),
            Source::Memory { name, bytes } => {
                let ends =
                    [&bytes[..bytes.len().min(ENDS)], &bytes[bytes.len().saturating_sub(ENDS)..]];
                (name, bytes.len(), ends).hash(hash);
            }
            other => {
                let file = other.canonical().and_then(|path| path.metadata().ok());
                file.map(|file| (file.len(), file.modified().ok())).hash(hash);
            }
        }
    }
    add(source, &mut hash);
    format!("{:016x}", hash.finish())
}

/// A picture as PNG.
///
/// # Errors
/// Where it cannot be encoded.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>, Error> {
    png_bytes(picture).map_err(Error::failed)
}

fn shrunk(picture: RgbImage, largest: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    if width.max(height) <= largest {
        return picture;
    }
    let scale = f64::from(largest) / f64::from(width.max(height));
    let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    imageops::resize(&picture, side(width), side(height), FilterType::Triangle)
}
