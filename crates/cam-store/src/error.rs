use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why something could not be kept or found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Embeddings of something else.
    #[error(
        "it was made with another {what}: {kept}, and not {used}. Numbers of the two cannot be compared: \
         use what it was made with, or make it again"
    )]
    OtherModel {
        /// Which part of the fingerprint differs.
        what: &'static str,
        /// What it was made with.
        kept: String,
        /// What is used now.
        used: String,
    },

    /// A file that this crate did not write, or that was damaged.
    #[error("it was not written by this program, or is damaged: {reason}")]
    Damaged {
        /// What is wrong with it.
        reason: String,
    },

    /// A file of another version.
    #[error(
        "it has format version {found}, and this program reads version {known}: make it again, or read it with the \
         program that made it"
    )]
    Version {
        /// The file's.
        found: u64,
        /// Ours.
        known: u32,
    },

    /// A vector of another length.
    #[error("a vector of {found} numbers was given where {width} belong")]
    Width {
        /// How many there must be.
        width: usize,
        /// How many there are.
        found: usize,
    },

    /// NaN or infinity in a vector.
    #[error("number {position} of a vector is {value}: only finite ones can be compared")]
    NonFinite {
        /// Where.
        position: usize,
        /// What stands there.
        value: f32,
    },

    /// A number that the maps of an index cannot hold.
    #[error(
        "number {position} of what is kept of it is {value}, more than the 65504 of half precision: keep embeddings \
         only"
    )]
    TooLarge {
        /// Where.
        position: usize,
        /// What stands there.
        value: f32,
    },

    /// No concept of that name.
    #[error("no concept is called `{name}`")]
    NoConcept {
        /// The name.
        name: String,
    },

    /// A name that nothing can be called.
    #[error("a concept needs a name without line breaks and other control characters")]
    Name,

    /// A vector of zeros has no direction.
    #[error("a vector is zero everywhere: it has no direction to compare")]
    Zero,

    /// It was asked to stop.
    #[error("it was stopped; what was there before is kept, and the same command begins it again")]
    Stopped,

    /// There is no index.
    #[error("{} holds no index", folder.display())]
    NoIndex {
        /// Where it was looked for.
        folder: PathBuf,
    },

    /// An index that keeps embeddings only.
    #[error(
        "the index keeps no feature maps, which explain what is found: make it again with them"
    )]
    NoMaps,

    /// Two would write at once.
    #[error("{} is being written by another process: wait for it to end", folder.display())]
    Locked {
        /// The index.
        folder: PathBuf,
    },

    /// A lock could not be taken.
    #[error(transparent)]
    Lock(#[from] cam_files::Error),

    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An error of the system, and where it happened.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
