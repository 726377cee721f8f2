use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::checkpoint::{Container, Foreign};
use crate::contract::Breaches;
use crate::network::NetworkError;

/// Why weights could not be loaded. Nothing is computed before all of them are known to be good.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The operating system would not give the file.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// Something else under a weight file's name.
    #[error("{} is {found}: {}", path.display(), found.remedy())]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: Foreign,
    },

    /// A weight file that contradicts itself or ends early.
    #[error("{}: damaged or unsupported {container} file: {reason}; download it again, or export it anew", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it is wrapped in.
        container: Container,
        /// What its reader found.
        reason: String,
    },

    /// No network here has such tensors.
    #[error(
        "{}: no network here has these tensors ({tensors} of them, such as {examples}): \
         ResNet, ResNeXt, Wide-ResNet (torchvision's names) and EfficientNet-Lite are known",
        path.display()
    )]
    UnknownArchitecture {
        /// The file.
        path: PathBuf,
        /// How many tensors it holds.
        tensors: usize,
        /// Some of their names.
        examples: String,
    },

    /// The tensors tell the family but not the network.
    #[error("{}: looks like {family}, but {reason}; name the network to see what is missing", path.display())]
    Undecided {
        /// The file.
        path: PathBuf,
        /// The family.
        family: &'static str,
        /// What could not be inferred.
        reason: String,
    },

    /// The tensors fit, but what runs them refuses.
    #[error("{}: {source}", path.display())]
    Network {
        /// The file.
        path: PathBuf,
        /// Why.
        source: NetworkError,
    },

    /// The tensors do not fit the network.
    #[error("{}: does not fit {network}\n{breaches}", path.display())]
    Contract {
        /// The file.
        path: PathBuf,
        /// The network.
        network: String,
        /// Every tensor that does not fit.
        breaches: Box<Breaches>,
    },
}
