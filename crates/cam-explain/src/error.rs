//! Why something could not be done, and whose fault it was.

use std::error::Error as StdError;
use std::fmt;

use cam_models::{LoadError, NetworkError};

/// Any error, whoever made it.
type Source = Box<dyn StdError + Send + Sync>;

/// Why something could not be done.
///
/// The variant says who can mend it. [`reason`](Error::reason) is the whole story in one line; the errors of the
/// crates below are found along [`source`](StdError::source).
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The request contradicts itself, the network or the files: ask for something else.
    Usage(Cause),
    /// It could not be done: an image is unreadable, a device failed.
    Failed(Cause),
    /// A result could not be written, and the next would fare no better.
    Output(Cause),
    /// The weight file is not fit for use.
    BadModel(Cause),
    /// It was [cancelled](crate::Cancel); the text says what is left of the work.
    Cancelled(String),
}

/// What went wrong, and why.
#[derive(Debug)]
pub struct Cause {
    what: String,
    why: Option<Source>,
    remedy: Option<Setting>,
}

/// What to set otherwise, for an interface to say by which option or keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// The size of the network's input.
    Size,
    /// The folder for results.
    Results,
    /// That a folder was moved.
    Moved,
    /// The folder of an index's images.
    Images,
    /// That an index keeps embeddings only.
    NoMaps,
    /// The weight file.
    Weights,
    /// Side and number of a collage's cells.
    Cells,
    /// The device.
    Device,
    /// The file of concepts, which adding an image makes.
    Concepts,
    /// How images are prepared.
    Preprocessing,
    /// The layers.
    Layers,
    /// The class that is asked of.
    Class,
}

impl Error {
    /// The request contradicts itself.
    pub fn usage(what: impl fmt::Display) -> Self {
        Self::Usage(Cause { what: what.to_string(), why: None, remedy: None })
    }

    /// It could not be done.
    pub fn failed(what: impl fmt::Display) -> Self {
        Self::Failed(Cause { what: what.to_string(), why: None, remedy: None })
    }

    /// The weight file is not fit for use.
    pub(crate) fn bad_model(what: impl fmt::Display) -> Self {
        Self::BadModel(Cause { what: what.to_string(), why: None, remedy: None })
    }

    /// The request contradicts itself, as another crate found out.
    pub(crate) fn usage_by(error: impl Into<Source>) -> Self {
        Self::Usage(Cause::of(error))
    }

    /// It could not be done, as another crate found out.
    pub(crate) fn failed_by(error: impl Into<Source>) -> Self {
        Self::Failed(Cause::of(error))
    }

    /// The same as a failure to write.
    pub(crate) fn output(self) -> Self {
        match self {
            Self::Failed(cause) => Self::Output(cause),
            error => error,
        }
    }

    /// The same, naming what failed.
    pub(crate) fn of(self, what: impl fmt::Display) -> Self {
        match self {
            Self::Failed(cause) => Self::Failed(Cause {
                what: what.to_string(),
                remedy: cause.remedy,
                why: Some(Box::new(cause)),
            }),
            error => error,
        }
    }

    /// The error and its causes in one line, each said once: some libraries repeat the cause in their own words.
    pub fn reason(&self) -> String {
        let (Self::Usage(cause)
        | Self::Failed(cause)
        | Self::Output(cause)
        | Self::BadModel(cause)) = self
        else {
            return self.to_string();
        };
        let mut said = cause.to_string();
        let mut next = cause.source();
        while let Some(error) = next {
            let text = error.to_string();
            if !said.contains(&text) {
                said = format!("{said}: {text}");
            }
            next = error.source();
        }
        said
    }

    /// The same, mended by a setting.
    pub(crate) fn see(mut self, setting: Setting) -> Self {
        if let Self::Usage(cause) | Self::Failed(cause) | Self::BadModel(cause) = &mut self {
            cause.remedy = Some(setting);
        }
        self
    }

    /// What to set otherwise, where one thing mends it.
    pub fn remedy(&self) -> Option<Setting> {
        match self {
            Self::Usage(cause)
            | Self::Failed(cause)
            | Self::Output(cause)
            | Self::BadModel(cause) => cause.remedy,
            Self::Cancelled(_) => None,
        }
    }

    /// The first error of a type along the causes: a [`LoadError`], say.
    pub fn find<E: StdError + 'static>(&self) -> Option<&E> {
        let mut next = self.source();
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

impl Cause {
    fn of(error: impl Into<Source>) -> Self {
        let why = error.into();
        Self { what: why.to_string(), why: Some(why), remedy: None }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.why.as_deref().map(|why| why as _)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled(left) => write!(f, "cancelled: {left}"),
            Self::Usage(cause)
            | Self::Failed(cause)
            | Self::Output(cause)
            | Self::BadModel(cause) => cause.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Usage(cause)
            | Self::Failed(cause)
            | Self::Output(cause)
            | Self::BadModel(cause) => cause.source(),
            Self::Cancelled(_) => None,
        }
    }
}

/// Says what was done when something failed.
pub(crate) trait Context<T> {
    /// A failure of what is named.
    fn context(self, what: impl fmt::Display) -> Result<T, Error>;

    /// The same, named only where it fails.
    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T, Error>;
}

impl<T, E: Into<Source>> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T, Error> {
        self.with_context(|| what)
    }

    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T, Error> {
        self.map_err(|why| {
            let (what, why) = (what().to_string(), Some(why.into()));
            Error::Failed(Cause { what, why, remedy: None })
        })
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, what: impl fmt::Display) -> Result<T, Error> {
        self.ok_or_else(|| Error::failed(what))
    }

    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T, Error> {
        self.ok_or_else(|| Error::failed(what()))
    }
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        match error {
            // A file that is not there is not a bad file, nor is one whose network found no threads to run on.
            LoadError::Unreadable { .. }
            | LoadError::Network {
                source: NetworkError::Engine(cam_engine::Error::NoThread { .. }),
                ..
            } => Self::Failed(Cause::of(error)),
            _ => Self::BadModel(Cause::of(error)),
        }
    }
}

impl From<cam_core::Error> for Error {
    fn from(error: cam_core::Error) -> Self {
        match error {
            cam_core::Error::UnknownLayer { .. } => Self::Usage(Cause::of(error)),
            cam_core::Error::Cancelled { .. } => {
                Self::Cancelled("what was written is whole".to_owned())
            }
            _ => Self::Failed(Cause::of(error)),
        }
    }
}

/// Whatever else goes wrong below is a failure.
macro_rules! failures {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Failed(Cause::of(error))
            }
        })*
    };
}

failures!(
    cam_engine::Error,
    cam_fetch::FetchError,
    cam_metrics::Error,
    cam_models::NetworkError,
    cam_models::UnknownFit,
    cam_store::Error,
    cam_targets::Error,
    cam_viz::MapError,
    cam_files::WriteError,
    cam_files::Error,
    std::io::Error,
    serde_json::Error,
    parquet::errors::ParquetError,
);

/// A failure in words, with `format!`'s arguments.
macro_rules! failed {
    ($($words:tt)*) => { $crate::error::Error::failed(format_args!($($words)*)) };
}

pub(crate) use failed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_tells_every_cause_once_and_finds_it_by_its_type() {
        let inner = std::io::Error::other("the disk is gone");
        let error = Err::<(), _>(inner).context("reading a.png").expect_err("it failed");
        let error = error.of("image 3");
        assert_eq!(error.reason(), "image 3: reading a.png: the disk is gone");
        assert!(error.find::<std::io::Error>().is_some() && error.find::<LoadError>().is_none());
    }
}
