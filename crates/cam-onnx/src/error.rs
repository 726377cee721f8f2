//! What can be wrong with a file.

mod broken;
mod fault;
mod looks;

use std::io;
use std::path::{Path, PathBuf};

pub use broken::Broken;
pub use fault::{ExternalFault, TensorFault};
pub use looks::Looks;

/// Why a file, or a constant of it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("`{}` is not a regular file: name the .onnx file itself", path.display())]
    NotAFile {
        /// Its path.
        path: PathBuf,
    },
    /// Something else under a model's name.
    #[error("this is {found}, not an ONNX model: {}", found.remedy())]
    NotOnnx {
        /// What it looks like.
        found: Looks,
    },
    /// A file that ends early or contradicts the format.
    #[error("the ONNX file is broken at byte {place}: {what}; fetch or export it again")]
    Malformed {
        /// The place in the file.
        place: u64,
        /// What is wrong there.
        what: Broken,
    },
    /// Messages in messages without end.
    #[error(
        "the ONNX file nests messages more than {limit} deep at byte {place}: no exporter does; export it again, \
         without branches inside branches"
    )]
    TooDeep {
        /// The place in the file.
        place: u64,
        /// How deep they may be.
        limit: u32,
    },
    /// More than a reader should hold.
    #[error(
        "the ONNX file asks for more than {limit} bytes of memory at byte {place} (the limit: 8 times its own size \
         and 128 MiB): it is broken or made to harm; export it again"
    )]
    TooMuch {
        /// The place in the file.
        place: u64,
        /// How many bytes it may ask for.
        limit: u64,
    },
    /// A constant that cannot be read.
    #[error("the ONNX file's constant `{tensor}`: {what}")]
    Tensor {
        /// Its name.
        tensor: String,
        /// What is wrong with it.
        what: TensorFault,
    },
    /// A constant in another file that cannot be read.
    #[error("the ONNX file's constant `{tensor}` lies in another file, `{location}`: {what}")]
    External {
        /// Its name.
        tensor: String,
        /// The other file, as this one names it.
        location: String,
        /// What is wrong.
        what: ExternalFault,
    },
}

impl Error {
    /// Says what was tried with which file when the system refused.
    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
