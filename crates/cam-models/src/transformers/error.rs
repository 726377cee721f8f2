use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::family::KNOWN;
use crate::{LoadError, PreprocessingError};

/// Why a folder does not become a network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The operating system would not give a file.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// A file of settings that is no JSON object, is too long, or says what cannot be.
    #[error("{}: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// A network that is not known here.
    #[error("{}: networks of the type {found:?} are not known; known are {KNOWN}", path.display())]
    UnknownType {
        /// The file that says it.
        path: PathBuf,
        /// What it says.
        found: String,
    },

    /// A folder without weights.
    #[error(
        "{}: there are no weights: neither model.safetensors, its shards with model.safetensors.index.json, nor \
         pytorch_model.bin",
        path.display()
    )]
    NoWeights {
        /// The folder.
        path: PathBuf,
    },

    /// The preprocessing beside the weights cannot be followed.
    #[error("{}: {source}", path.display())]
    Preprocessing {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PreprocessingError,
    },

    /// The weights cannot be read, or are not those of the network.
    #[error(transparent)]
    Weights(#[from] LoadError),
}
