use std::fmt;

use image::ImageFormat;

use super::DecodeError;

/// How much of a text is searched for what kind of text it is.
const TEXT_START: usize = 1024;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG, baseline and progressive.
    Jpeg,
    /// WebP, lossy and lossless.
    WebP,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF and BigTIFF.
    Tiff,
}

impl Format {
    /// The same in `image`'s terms.
    pub(super) fn as_image(self) -> ImageFormat {
        match self {
            Format::Png => ImageFormat::Png,
            Format::Jpeg => ImageFormat::Jpeg,
            Format::WebP => ImageFormat::WebP,
            Format::Gif => ImageFormat::Gif,
            Format::Bmp => ImageFormat::Bmp,
            Format::Tiff => ImageFormat::Tiff,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::WebP => "WebP",
            Format::Gif => "GIF",
            Format::Bmp => "BMP",
            Format::Tiff => "TIFF",
        })
    }
}

/// The formats that are read, by their first bytes.
const READ: [(&[u8], Format); 9] = [
    (b"\x89PNG\r\n\x1a\n", Format::Png),
    (b"\xff\xd8\xff", Format::Jpeg),
    (b"GIF87a", Format::Gif),
    (b"GIF89a", Format::Gif),
    (b"II*\0", Format::Tiff),
    (b"MM\0*", Format::Tiff),
    (b"II+\0", Format::Tiff),
    (b"MM\0+", Format::Tiff),
    (b"BM", Format::Bmp),
];

/// Formats that are only named, so that the user knows what to convert.
const NAMED: [(&[u8], &str); 21] = [
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"\0\0\x01\0", "icon (ICO)"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"DDS ", "DDS texture"),
    (b"qoif", "QOI"),
    (b"P4\n", "portable anymap"),
    (b"P5\n", "portable anymap"),
    (b"P6\n", "portable anymap"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"\x93NUMPY", "NumPy"),
    (b"\x1a\x45\xdf\xa3", "Matroska video"),
    (b"{\"", "JSON"),
];

/// Which format bytes are in, by content alone.
pub(super) fn recognise(bytes: &[u8]) -> Result<Format, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Format::WebP);
    }
    let read = READ.iter().find(|(start, _)| bytes.starts_with(start));
    read.map(|&(_, format)| format).ok_or_else(|| refuse(bytes))
}

fn refuse(bytes: &[u8]) -> DecodeError {
    if let Some(error) = refuse_text(bytes) {
        return error;
    }
    let named = NAMED.iter().find(|(start, _)| bytes.starts_with(start));
    match named.map(|&(_, name)| name).or_else(|| iso_media(bytes)) {
        Some(name) => DecodeError::UnsupportedFormat { name },
        None => DecodeError::UnknownFormat { start: hexadecimal(bytes) },
    }
}

fn refuse_text(bytes: &[u8]) -> Option<DecodeError> {
    let start = bytes.get(..TEXT_START).unwrap_or(bytes);
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("version https://git-lfs") {
        return Some(DecodeError::GitLfsPointer);
    }
    if !text.starts_with('<') {
        return None;
    }
    if ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| text.contains(tag)) {
        return Some(DecodeError::Html);
    }
    let name = [("<svg", "SVG"), ("<?xml", "XML")].into_iter().find(|(tag, _)| text.contains(tag));
    name.map(|(_, name)| DecodeError::UnsupportedFormat { name })
}

/// AVIF, HEIC and videos share one container, told apart by a brand.
fn iso_media(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    match bytes.get(8..12)? {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Some("HEIC"),
        b"crx " => Some("Canon raw"),
        _ => Some("MP4 video"),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let start = bytes.iter().take(8).map(|byte| format!("{byte:02x}"));
    start.collect::<Vec<_>>().join(" ")
}
