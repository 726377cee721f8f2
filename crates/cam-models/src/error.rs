use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::checkpoint::{Container, Foreign};
use crate::contract::Mismatches;
use crate::network::NetworkError;
use crate::source::shown;

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

    /// A pickle whose tensors, or whose whole, are objects of a program.
    #[error(
        "{}: needs Python's code for {name}, and code in a file is never run; in Python, \
         torch.save(network.state_dict(), \"weights.pth\") saves the tensors alone",
        path.display()
    )]
    NeedsPython {
        /// The file.
        path: PathBuf,
        /// The type or function that the pickle asks for.
        name: String,
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
         ResNet, EfficientNet, MobileNet, ConvNeXt, DenseNet and RegNet are known; export any other to ONNX",
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

    /// Several networks, and nothing that says which is meant.
    #[error(
        "{}: holds several networks, and nothing says which is meant:{}\nchoose one by its prefix",
        path.display(),
        listed(found)
    )]
    SeveralNetworks {
        /// The file.
        path: PathBuf,
        /// Prefix and name of each.
        found: Vec<(String, String)>,
    },

    /// No network under the prefix that was asked for.
    #[error("{}: no network lies at the prefix `{prefix}`; there are:{}", path.display(), listed(found))]
    NoSuchPrefix {
        /// The file.
        path: PathBuf,
        /// The prefix.
        prefix: String,
        /// Prefix and name of those that are there.
        found: Vec<(String, String)>,
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
    #[error("{}: does not fit {network}\n{mismatches}", path.display())]
    Contract {
        /// The file.
        path: PathBuf,
        /// The network.
        network: String,
        /// Every tensor that does not fit.
        mismatches: Box<Mismatches>,
    },
}

fn listed(found: &[(String, String)]) -> String {
    let line = |(prefix, network): &(String, String)| format!("\n  {}  {network}", shown(prefix));
    found.iter().map(line).collect()
}
