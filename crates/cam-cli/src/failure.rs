//! How a run ends when it does not end well: an error, and an exit code that means something.

use std::fmt;
use std::process::ExitCode;

use cam_engine::Error as EngineError;
use cam_models::{LoadError, NetworkError, Strictness};

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

    /// The same, saying of what it is a failure.
    pub fn of(self, what: impl fmt::Display) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(error.context(what.to_string())),
            failure => failure,
        }
    }

    /// The same, saying what is left of the work if it was interrupted.
    pub fn leaving(self, state: &str) -> Self {
        match self {
            Self::Interrupted(_) => Self::Interrupted(state.to_owned()),
            failure => failure,
        }
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

    /// Says what happened on standard error, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let reason = self.reason();
        match self {
            Self::Usage(_) => {
                print::error(format_args!("{reason}\n\nTry `cam help`, or `cam help COMMAND`."));
            }
            _ => print::error(reason),
        }
        ExitCode::from(match self {
            Self::Failed(_) | Self::Output(_) => 1,
            Self::Usage(_) => 2,
            Self::Partly { .. } => 3,
            Self::BadModel(_) => 4,
            Self::Interrupted(_) => 130,
        })
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

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            // A file that is not there is no bad file.
            LoadError::Unreadable { .. } => Self::Failed(error.into()),
            // Nor is one whose network found no threads to run on.
            LoadError::Network {
                source: NetworkError::Engine(EngineError::NoThread { .. }),
                ..
            } => Self::Failed(error.into()),
            _ => match tip(&error) {
                Some(tip) => Self::BadModel(anyhow::anyhow!("{error}\ntip: {tip}")),
                None => Self::BadModel(error.into()),
            },
        }
    }
}

/// The option that helps, which a library does not know.
fn tip(error: &LoadError) -> Option<String> {
    match error {
        LoadError::Contract { breaches, .. } if breaches.are_forgiven(Strictness::Partial) => {
            Some("--allow-partial leaves out what is unexpected, and says so".to_owned())
        }
        LoadError::SeveralNetworks { found, .. } | LoadError::NoSuchPrefix { found, .. } => {
            let (prefix, _) = found.first()?;
            Some(format!("--prefix '{prefix}' takes the first"))
        }
        _ => None,
    }
}

impl From<cam_core::Error> for Failure {
    fn from(error: cam_core::Error) -> Self {
        match error {
            cam_core::Error::UnknownLayer { .. } | cam_core::Error::NoAlternatives => {
                Self::Usage(error.into())
            }
            cam_core::Error::NoGuidedGradients => {
                Self::Failed(anyhow::anyhow!("{error}: choose it with `--device cpu`"))
            }
            cam_core::Error::Cancelled { .. } => {
                Self::Interrupted("what was written is whole".to_owned())
            }
            _ => Self::Failed(error.into()),
        }
    }
}
