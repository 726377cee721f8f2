//! What the tags of a TIFF file say about its pixels, and refusals of what is not read, by name.

use super::directory::{Directory, Malformed};
use super::geometry::Geometry;
use super::names;
use super::samples::{Encoding, Kind};
use crate::decode::{DecodeError, Format, error};

/// How colours are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
}

impl Photometric {
    /// How many samples make a colour.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::WhiteIsZero | Self::BlackIsZero | Self::Palette => 1,
            Self::Rgb | Self::YCbCr => 3,
            Self::Cmyk => 4,
        }
    }

    /// Whether its samples are brightness, which can be stretched as they are.
    pub(super) fn is_brightness(self) -> bool {
        matches!(self, Self::WhiteIsZero | Self::BlackIsZero | Self::Rgb)
    }
}

/// The channel of a pixel's opacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alpha {
    pub(super) channel: usize,
    /// Colours have been multiplied by it.
    pub(super) associated: bool,
}

/// A picture's layout.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) geometry: Geometry,
    pub(super) photometric: Photometric,
    /// Samples of a pixel, those that are no colour included.
    pub(super) samples: usize,
    pub(super) alpha: Option<Alpha>,
    pub(super) encoding: Encoding,
    pub(super) compression: u64,
    pub(super) predictor: u64,
    /// The lowest bit of each byte comes first.
    pub(super) reversed: bool,
    /// The first page is a small copy of a picture that stands elsewhere in the file.
    pub(super) reduced: bool,
}

mod tag {
    pub const SUBFILE: u16 = 254;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const SAMPLES: u16 = 277;
    pub const PREDICTOR: u16 = 317;
    pub const INK_SET: u16 = 332;
    pub const EXTRA: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
}

pub(super) fn unsupported(detail: impl Into<String>) -> DecodeError {
    DecodeError::UnsupportedKind { format: Format::Tiff, detail: detail.into() }
}

pub(super) fn corrupt(detail: &str) -> DecodeError {
    error::corrupt(Format::Tiff, detail)
}

impl Layout {
    pub(super) fn read(directory: &Directory) -> Result<Self, DecodeError> {
        let number = |tag, default| match directory.value(tag) {
            Ok(value) => Ok(value.unwrap_or(default)),
            Err(detail) => Err(corrupt(detail)),
        };
        let compression = number(tag::COMPRESSION, 1)?;
        names::check_compression(compression)?;
        // The tag has 16 bits.
        let samples = number(tag::SAMPLES, 1)?.min(u16::MAX.into()) as usize;
        let photometric = photometric(directory, samples, compression)?;
        if photometric == Photometric::Cmyk && number(tag::INK_SET, 1)? != 1 {
            return Err(unsupported("inks other than CMYK"));
        }
        if samples < photometric.channels() {
            return Err(corrupt("fewer samples per pixel than colours need"));
        }
        let encoding = encoding(directory, samples)?;
        let geometry = Geometry::read(directory, samples, encoding.bits)?;
        let alpha = alpha(directory, photometric, samples)?;
        let layout = Self {
            geometry,
            photometric,
            samples,
            alpha,
            encoding,
            compression,
            predictor: number(tag::PREDICTOR, 1)?,
            reversed: number(tag::FILL_ORDER, 1)? == 2,
            reduced: number(tag::SUBFILE, 0)? & 1 == 1,
        };
        layout.check()?;
        Ok(layout)
    }

    /// Combinations that are not read.
    fn check(&self) -> Result<(), DecodeError> {
        let Encoding { bits, kind, .. } = self.encoding;
        let by_index = matches!(self.photometric, Photometric::Palette);
        if by_index && (kind != Kind::Unsigned || bits > 16) {
            return Err(unsupported(format!("palette of {bits} bits")));
        }
        if self.photometric == Photometric::YCbCr && (kind, bits) != (Kind::Unsigned, 8) {
            return Err(unsupported(format!("YCbCr of {bits} bits")));
        }
        let multiplied = self.alpha.is_some_and(|alpha| alpha.associated);
        if multiplied && !matches!(self.photometric, Photometric::BlackIsZero | Photometric::Rgb) {
            return Err(unsupported("premultiplied alpha of colours other than grey and RGB"));
        }
        Ok(())
    }

    /// Whether the rows of the file are what is wanted.
    pub(super) fn is_rgb8(&self) -> bool {
        let bytes = (self.encoding.kind, self.encoding.bits) == (Kind::Unsigned, 8);
        bytes
            && self.photometric == Photometric::Rgb
            && self.geometry.channels == 3
            && self.samples == 3
    }

    /// Planes to decode: up to the last one that is colour or opacity.
    pub(super) fn planes_used(&self) -> usize {
        let last = self.alpha.map_or(self.photometric.channels() - 1, |alpha| alpha.channel);
        self.geometry.planes.min(last + 1)
    }

    /// Samples that are neither colour nor opacity.
    pub(super) fn unused(&self) -> usize {
        self.samples - self.photometric.channels() - usize::from(self.alpha.is_some())
    }
}

/// Where the tag is missing, what libtiff takes: black is zero, and white in fax codes.
fn photometric(
    directory: &Directory,
    samples: usize,
    compression: u64,
) -> Result<Photometric, DecodeError> {
    let value = directory.value(tag::PHOTOMETRIC).map_err(corrupt)?;
    Ok(match value {
        Some(0) => Photometric::WhiteIsZero,
        None if matches!(compression, 2..=4) => Photometric::WhiteIsZero,
        None if samples >= 3 => Photometric::Rgb,
        None | Some(1) => Photometric::BlackIsZero,
        Some(2) => Photometric::Rgb,
        Some(3) => Photometric::Palette,
        Some(5) => Photometric::Cmyk,
        Some(6) => Photometric::YCbCr,
        Some(other) => return Err(unsupported(names::photometric(other))),
    })
}

fn encoding(directory: &Directory, samples: usize) -> Result<Encoding, DecodeError> {
    let bits = directory.values(tag::BITS).map_err(corrupt)?;
    let bits = same(&bits, samples, 1).ok_or_else(|| unsupported("channels of different bits"))?;
    let formats = directory.values(tag::SAMPLE_FORMAT).map_err(corrupt)?;
    let kind = match same(&formats, samples, 1) {
        // What is said to be of no kind is taken for whole numbers, as libtiff does.
        Some(1 | 4) => Kind::Unsigned,
        Some(2) => Kind::Signed,
        Some(3) => Kind::Float,
        Some(5 | 6) => return Err(unsupported("complex numbers")),
        Some(_) => return Err(corrupt("samples of an unknown kind")),
        None => return Err(unsupported("channels of different kinds of samples")),
    };
    let known = match kind {
        Kind::Unsigned | Kind::Signed => matches!(bits, 1..=32 | 64),
        Kind::Float => matches!(bits, 16 | 32 | 64),
    };
    if !known {
        return Err(unsupported(format!("{bits} bits per sample")));
    }
    Ok(Encoding { bits: bits as u32, kind, big_endian: directory.big_endian })
}

/// The value that all channels share; a tag may give one for all, and writers append values of channels
/// that are not there.
fn same(values: &[u64], samples: usize, default: u64) -> Option<u64> {
    let value = values.first().copied().unwrap_or(default);
    values.iter().take(samples).all(|&other| other == value).then_some(value)
}

fn alpha(
    directory: &Directory,
    photometric: Photometric,
    samples: usize,
) -> Result<Option<Alpha>, DecodeError> {
    let extra: Result<Vec<u64>, Malformed> = directory.values(tag::EXTRA);
    let (extra, colors) = (extra.map_err(corrupt)?, photometric.channels());
    // RGB with a fourth sample of which nothing is said is commonly RGBA.
    if extra.is_empty() && photometric == Photometric::Rgb && samples == 4 {
        return Ok(Some(Alpha { channel: 3, associated: false }));
    }
    let found = extra.iter().take(samples - colors).position(|&extra| matches!(extra, 1 | 2 | 999));
    // Corel Draw writes 999 for alpha.
    Ok(found.map(|at| Alpha { channel: colors + at, associated: extra[at] == 1 }))
}
