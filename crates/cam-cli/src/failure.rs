//! How a run ends when it does not end well: an error, and an exit code that means something.

use std::fmt;

use cam_explain::{BYTES_PER_PIXEL, Error, NotFetched, Setting};
use cam_models::{LoadError, Strictness};
use cam_viz::DecodeError;

use crate::print;

/// Why a run failed, in the terms of the exit code.
#[derive(Debug)]
pub enum Failure {
    /// It was asked for wrongly: 2.
    Usage(anyhow::Error),
    /// It could not be done: 1.
    Failed(anyhow::Error),
    /// A result could not be written, and the next would fare no better: 1.
    Output(anyhow::Error),
    /// Some of several images failed, each already reported: 3.
    Partly {
        /// How many.
        failed: usize,
        /// Of how many.
        of: usize,
    },
    /// The weight file is not fit for use: 4.
    BadModel(anyhow::Error),
    /// Interrupted: 130.
    Interrupted(String),
}

impl Failure {
    /// A usage error with a message.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(anyhow::anyhow!("{message}"))
    }

    /// How a run over several images ends, each failure of which was already reported; `done` is
    /// what was to be done with them.
    pub fn of_images(failed: usize, of: usize, done: &str) -> Result<(), Self> {
        match failed {
            0 => Ok(()),
            failed if failed == of => {
                Err(Self::Failed(anyhow::anyhow!("none of the {of} images could be {done}")))
            }
            failed => Err(Self::Partly { failed, of }),
        }
    }

    /// What happened, in words.
    pub fn reason(&self) -> String {
        match self {
            Self::Usage(error)
            | Self::Failed(error)
            | Self::Output(error)
            | Self::BadModel(error) => message(error),
            Self::Partly { failed, of } => format!("{failed} of {of} images failed"),
            Self::Interrupted(what) => format!("interrupted: {what}"),
        }
    }

    /// Reports what happened on standard error, and gives the exit code.
    pub fn report(&self) -> u8 {
        let reason = self.reason();
        match self {
            Self::Usage(_) => {
                print::error(format_args!("{reason}\n\nTry `cam help`, or `cam help COMMAND`."));
            }
            _ => print::error(reason),
        }
        match self {
            Self::Failed(_) | Self::Output(_) => 1,
            Self::Usage(_) => 2,
            Self::Partly { .. } => 3,
            Self::BadModel(_) => 4,
            Self::Interrupted(_) => 130,
        }
    }
}

/// An error and its causes, each said once: some libraries repeat the cause in their own words.
pub fn message(error: &anyhow::Error) -> String {
    let causes = error.chain().skip(1).map(ToString::to_string);
    causes.fold(error.to_string(), |said, cause| {
        if said.contains(&cause) { said } else { format!("{said}: {cause}") }
    })
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let reason = error.reason();
        let words = match (option(&error), tip(&error)) {
            (Some(option), _) => anyhow::anyhow!("{reason} ({option})"),
            (None, Some(tip)) => anyhow::anyhow!("{reason}\ntip: {tip}"),
            (None, None) => anyhow::anyhow!("{reason}"),
        };
        match error {
            Error::Usage(_) => Self::Usage(words),
            Error::Output(_) => Self::Output(words),
            Error::BadModel(_) => Self::BadModel(words),
            Error::Cancelled(left) => Self::Interrupted(left),
            _ => Self::Failed(words),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Error::from(error).into()
    }
}

impl From<cam_core::Error> for Failure {
    fn from(error: cam_core::Error) -> Self {
        Error::from(error).into()
    }
}

/// The option that mends it, which a library does not know.
fn option(error: &Error) -> Option<&'static str> {
    if let Some(error) = error.find::<DecodeError>() {
        return limit(error);
    }
    Some(match error.remedy()? {
        Setting::Size => "--size",
        Setting::Results => "--out, or --index of an index",
        Setting::Moved => "--moved",
        Setting::Images => "--images",
        Setting::NoMaps => "--no-maps",
        Setting::Weights => "--weights",
        Setting::Cells => "--cell, --grid",
        Setting::Device => "--device",
        Setting::Preprocessing => "--preprocess",
        Setting::Layers => "--layer, as in --layer layer3,layer4",
        Setting::Class => "--class",
        Setting::Concepts => "`cam concept add` makes one",
        _ => return None,
    })
}

/// What helps, in a sentence.
fn tip(error: &Error) -> Option<String> {
    if let Some(NotFetched { name, .. }) = error.find() {
        return Some(format!("run `cam fetch {name}`, or give a file with --weights"));
    }
    match error.find::<LoadError>()? {
        LoadError::Contract { mismatches, .. } if mismatches.are_forgiven(Strictness::Partial) => {
            Some("--allow-partial leaves out what is unexpected, and says so".to_owned())
        }
        LoadError::SeveralNetworks { found, .. } | LoadError::NoSuchPrefix { found, .. } => {
            let (prefix, _) = found.first()?;
            Some(format!("--prefix '{prefix}' takes the first"))
        }
        _ => None,
    }
}

/// The option that raises the limit which an image exceeds.
fn limit(error: &DecodeError) -> Option<&'static str> {
    match error {
        // Where the limit of pixels follows from the memory, more of them alone would not do.
        DecodeError::OverLimit { limit, .. } if !follows_from_memory(*limit) => {
            Some("--max-pixels N or CAM_MAX_PIXELS")
        }
        DecodeError::OverLimit { .. }
        | DecodeError::OverMemory { .. }
        | DecodeError::DecoderOverMemory { .. } => Some("--memory SIZE or CAM_MEMORY"),
        _ => None,
    }
}

fn follows_from_memory(max_pixels: u64) -> bool {
    crate::environment().is_some_and(|e| max_pixels == e.limits.memory / BYTES_PER_PIXEL)
}
