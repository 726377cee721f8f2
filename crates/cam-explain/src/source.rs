//! Where images come from: files, standard input, URLs, memory.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cam_fetch::FetchError;
use cam_models::InputValues;
use cam_viz::{DecodeOptions, Pixels, decode};
use image::RgbImage;

use crate::environment::Environment;
use crate::error::{Context as _, Error, failed};
use crate::notice;
use crate::picture::Picture;
use crate::region;
use crate::weights::web;

/// An image file larger than this is taken for a mistake.
const MAX_BYTES: u64 = 256 << 20;

/// A URL that has not sent an image by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is said where Ctrl-C ends the wait for an image.
const READING: &str = "an image was being read";

/// How images are decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoding {
    /// Damaged images are refused.
    pub strict: bool,
    /// Each image's own range becomes black to white.
    pub stretch: bool,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// One of the images in a `.npy` file.
    Row {
        /// The file.
        path: PathBuf,
        /// Its number from 0.
        row: usize,
    },
    /// An http or https URL.
    Url(String),
    /// A rectangle of another image, which stands for an image of its own.
    Region {
        /// The image.
        of: Box<Source>,
        /// The rectangle, in pixels of the upright image.
        bounds: Pixels,
    },
    /// An encoded image in memory.
    Memory {
        /// What it is called.
        name: String,
        /// A file's content.
        bytes: Arc<[u8]>,
    },
    /// Pixels in memory.
    Pixels {
        /// What they are called.
        name: String,
        /// 8 bits a channel, upright.
        pixels: Arc<RgbImage>,
    },
    /// An image in memory that another program prepared: it is taken as it is.
    Values {
        /// What it is called.
        name: String,
        /// As the network takes them.
        values: Arc<InputValues>,
    },
}

impl Source {
    /// What an argument of a command line means: `-` is standard input, and `IMAGE#xywh=X,Y,WIDTH,HEIGHT` a rectangle of
    /// an image.
    pub fn of(argument: &OsStr) -> Self {
        if let Some((image, bounds)) = argument.to_str().and_then(region::split) {
            return Self::Region { of: Box::new(Self::of(OsStr::new(image))), bounds };
        }
        match argument.to_str() {
            Some("-") => Self::Stdin,
            Some(url) if is_url(url) => Self::Url(url.to_owned()),
            text => text.and_then(row_of).unwrap_or_else(|| Self::File(argument.into())),
        }
    }

    /// A name and a source, where the argument is `NAME=IMAGE`. A file whose name holds `=` is
    /// still a file.
    pub fn named(argument: &OsStr) -> (Option<String>, Self) {
        let split =
            argument.to_str().filter(|text| !is_url(text)).and_then(|text| text.split_once('='));
        match split {
            Some((name, image))
                if !name.is_empty()
                    && !region::is_begun_in(name)
                    && !Path::new(argument).exists() =>
            {
                (Some(name.to_owned()), Self::of(&OsString::from(image)))
            }
            _ => (None, Self::of(argument)),
        }
    }

    /// A short name: the file's, without folder and extension.
    pub fn stem(&self) -> String {
        let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::Memory { name, .. } | Self::Pixels { name, .. } | Self::Values { name, .. } => {
                name.clone()
            }
            Self::File(path) => stem(path).unwrap_or_else(|| self.to_string()),
            Self::Row { path, row } => format!("{}-{row}", stem(path).unwrap_or_default()),
            Self::Region { of, .. } => format!("part of {}", of.stem()),
            Self::Url(url) => {
                let path = url.split(['?', '#']).next().unwrap_or(url);
                stem(Path::new(path)).unwrap_or_else(|| "image".to_owned())
            }
        }
    }

    /// Which of the images in a file it is, where that is said.
    pub(crate) fn row(&self) -> Option<usize> {
        match self {
            Self::Row { row, .. } => Some(*row),
            _ => None,
        }
    }

    /// The file, as the system knows it.
    pub fn canonical(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) | Self::Row { path, .. } => path.canonicalize().ok(),
            Self::Region { of, .. } => of.canonical(),
            _ => None,
        }
    }

    /// Reads and decodes the image. What is odd about it is logged as a warning.
    ///
    /// # Errors
    /// Where it cannot be read, is not an image, or is larger than the environment allows.
    pub fn picture(&self, decoding: Decoding, environment: &Environment) -> Result<Picture, Error> {
        match self {
            Self::Pixels { pixels, .. } => Ok(Picture::of_pixels(RgbImage::clone(pixels))),
            Self::Region { of, bounds } => {
                let whole = of.picture(decoding, environment)?;
                region::cut(whole, *bounds).map_err(|error| error.of(of))
            }
            _ => self.decoded(&self.bytes(environment)?, decoding, environment),
        }
    }

    /// Decodes its bytes.
    pub(crate) fn decoded(
        &self,
        bytes: &[u8],
        decoding: Decoding,
        environment: &Environment,
    ) -> Result<Picture, Error> {
        let Decoding { strict, stretch } = decoding;
        let limits = environment.limits.clone();
        let options = DecodeOptions { limits, strict, stretch, ..DecodeOptions::default() };
        environment.budget.wait_for(bytes, &options);
        let picture = decode(bytes, &options).with_context(|| self.to_string())?;
        for remark in &picture.remarks {
            let help = if remark.is_helped_by_stretching() { " (stretching helps)" } else { "" };
            notice::remark(format_args!("{self}: {remark}{help}"));
        }
        Ok(picture.into())
    }

    /// Reads its bytes; of pixels and values in memory, theirs.
    pub(crate) fn bytes(&self, environment: &Environment) -> Result<Vec<u8>, Error> {
        let cancel = &environment.cancel;
        let in_context = |read: Result<Vec<u8>, Error>| read.with_context(|| self.to_string());
        match self {
            Self::File(path) | Self::Row { path, .. } if may_wait(path) => {
                let path = path.clone();
                in_context(cancel.or(move || file(&path), READING)?)
            }
            Self::File(path) | Self::Row { path, .. } => in_context(file(path)),
            Self::Memory { bytes, .. } => Ok(bytes.to_vec()),
            Self::Pixels { pixels, .. } => Ok(pixels.as_raw().clone()),
            Self::Values { values, .. } => {
                Ok(values.values().iter().flat_map(|value| value.to_le_bytes()).collect())
            }
            Self::Region { of, .. } => of.bytes(environment),
            Self::Stdin => in_context(cancel.or(|| capped(std::io::stdin().lock()), READING)?),
            Self::Url(url) => {
                let url = url.clone();
                // The error names the URL itself.
                Ok(cancel.or(move || fetched(&url), READING)??)
            }
        }
    }
}

impl From<&str> for Source {
    /// A URL, the path of a file, `FILE.npy:N`, or a rectangle of either, as in `street.jpg#xywh=10,20,100,80`.
    fn from(text: &str) -> Self {
        match region::split(text) {
            Some((image, bounds)) => Self::Region { of: Box::new(Self::from(image)), bounds },
            None if is_url(text) => Self::Url(text.to_owned()),
            None => row_of(text).unwrap_or_else(|| Self::File(text.into())),
        }
    }
}

impl From<&String> for Source {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for Source {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&Source> for Source {
    fn from(source: &Source) -> Self {
        source.clone()
    }
}

/// A file's content, under a name.
impl From<(&str, &[u8])> for Source {
    fn from((name, bytes): (&str, &[u8])) -> Self {
        Self::Memory { name: name.to_owned(), bytes: bytes.into() }
    }
}

/// An image that was prepared already, under a name.
impl From<(&str, InputValues)> for Source {
    fn from((name, values): (&str, InputValues)) -> Self {
        Self::Values { name: name.to_owned(), values: values.into() }
    }
}

/// Pixels, under a name.
impl From<(&str, RgbImage)> for Source {
    fn from((name, pixels): (&str, RgbImage)) -> Self {
        Self::Pixels { name: name.to_owned(), pixels: pixels.into() }
    }
}

/// `FILE.npy:3`, where no file is called so.
fn row_of(text: &str) -> Option<Source> {
    let (path, row) = text.rsplit_once(':')?;
    let is_array = path.to_ascii_lowercase().ends_with(".npy") && !Path::new(text).exists();
    let row = row.parse().ok().filter(|_| is_array)?;
    Some(Source::Row { path: path.into(), row })
}

/// Whether a text is an http or https URL.
pub fn is_url(text: &str) -> bool {
    let starts_with = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts_with("http://") || starts_with("https://")
}

fn fetched(url: &str) -> Result<Vec<u8>, Error> {
    let options = cam_fetch::Options {
        max_bytes: MAX_BYTES,
        total_timeout: Some(PATIENCE),
        ..web::options()
    };
    match cam_fetch::fetch_bytes(url, &options) {
        Err(FetchError::TooLarge { url, .. }) => Err(too_large().of(url)),
        fetched => fetched.map_err(web::error),
    }
}

/// Whether reading a file may wait for others: a pipe, a device.
fn may_wait(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn file(path: &Path) -> Result<Vec<u8>, Error> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(failed!("is a folder; name the images in it"));
    }
    capped(std::fs::File::open(path)?)
}

fn capped(reader: impl std::io::Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

fn too_large() -> Error {
    failed!("holds more than {} MiB, too much for an image", MAX_BYTES >> 20)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) if path.as_os_str().is_empty() => f.write_str("an empty file name"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Row { path, row } => write!(f, "{}:{row}", path.display()),
            Self::Stdin => f.write_str("standard input"),
            Self::Url(url) => f.write_str(url),
            Self::Region { of, bounds } => write!(f, "{of}{}", region::fragment(*bounds)),
            Self::Memory { name, .. } | Self::Pixels { name, .. } | Self::Values { name, .. } => {
                f.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_before_the_first_equals_sign_names_the_concept() {
        let (name, source) = Source::named(OsStr::new("sky=clouds=2.jpg"));
        assert_eq!((name.as_deref(), source), (Some("sky"), Source::File("clouds=2.jpg".into())));
    }

    #[test]
    fn the_rectangle_of_a_region_is_no_image_with_a_name() {
        let (name, source) = Source::named(OsStr::new("a.jpg#xywh=1,2,3,4"));
        assert_eq!((name, source.to_string().as_str()), (None, "a.jpg#xywh=1,2,3,4"));
        let (name, source) = Source::named(OsStr::new("sky=a.jpg#xywh=1,2,3,4"));
        assert_eq!((name.as_deref(), source.stem().as_str()), (Some("sky"), "part of a"));
    }

    #[test]
    fn a_url_with_a_query_is_not_taken_for_a_name() {
        let (name, source) = Source::named(OsStr::new("https://example.org/a.jpg?size=2"));
        assert_eq!((name, source.stem().as_str()), (None, "a"));
    }

    #[test]
    fn a_number_behind_an_array_is_one_of_its_images() {
        let source = Source::of(OsStr::new("a/x.NPY:12"));
        assert_eq!(source, Source::Row { path: "a/x.NPY".into(), row: 12 });
        assert_eq!((source.stem().as_str(), source.to_string().as_str()), ("x-12", "a/x.NPY:12"));
        for other in ["x.npy", "x.npy:", "x.npy:a", "x.png:1"] {
            assert_eq!(Source::from(other), Source::File(other.into()));
        }
    }

    #[test]
    fn a_named_url_keeps_both() {
        let (name, source) = Source::named(OsStr::new("sky=HTTP://example.org/a.jpg"));
        assert_eq!(
            (name.as_deref(), source),
            (Some("sky"), Source::Url("HTTP://example.org/a.jpg".into()))
        );
    }
}
