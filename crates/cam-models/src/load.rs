//! From a weight file to a network, under a contract: all of it fits, or nothing is computed.

use crate::checkpoint::Checkpoint;
use crate::contract::{self, Breaches, Strictness};
use crate::description::Description;
use crate::infer::{infer, unwrap_for};
use crate::weights::Weights;
use crate::{ConvNet, LoadError, NetworkError, Runtime};

/// A network, and in what its file differed from it.
pub struct Loaded {
    /// The network.
    pub network: ConvNet,
    /// Forgiven breaches; none unless the load was [`Strictness::Partial`].
    pub breaches: Breaches,
}

/// Loads a weight file; which network it is of is inferred from names and shapes.
///
/// # Errors
/// Any [`LoadError`].
#[cfg(feature = "files")]
pub fn load(
    path: &std::path::Path,
    strictness: Strictness,
    runtime: impl Into<Runtime>,
) -> Result<Loaded, LoadError> {
    load_checkpoint(Checkpoint::open(path)?, None, strictness, runtime)
}

/// Loads an open checkpoint, as the named network where one is given.
///
/// A described network's class count gives way to that of the file.
///
/// # Errors
/// Any [`LoadError`].
pub fn load_checkpoint(
    checkpoint: Checkpoint,
    described: Option<Description>,
    strictness: Strictness,
    runtime: impl Into<Runtime>,
) -> Result<Loaded, LoadError> {
    let (checkpoint, description) = match described {
        None => infer(checkpoint)?,
        Some(description) => {
            let checkpoint = unwrap_for(checkpoint);
            let description = with_classes_of(description, &checkpoint);
            (checkpoint, description)
        }
    };
    let (values, breaches) = contract::read(&checkpoint, &description);
    let path = checkpoint.origin().to_owned();
    if !breaches.are_forgiven(strictness) {
        let network = description.name;
        return Err(LoadError::Contract { path, network, breaches: Box::new(breaches) });
    }
    let weights = Weights::fold(&description, values).ok_or(NetworkError::Weights);
    let network = weights.and_then(|weights| ConvNet::new(description, weights, runtime));
    match network {
        Ok(network) => Ok(Loaded { network, breaches }),
        Err(source) => Err(LoadError::Network { path, source }),
    }
}

/// Which network a file is of, without reading a value; its wrapping (`module.`) is taken off.
///
/// # Errors
/// [`LoadError::UnknownArchitecture`], [`LoadError::Undecided`].
pub fn identify(checkpoint: Checkpoint) -> Result<(Checkpoint, Description), LoadError> {
    infer(checkpoint)
}

/// Holds a file against a network, reading every value.
pub fn inspect(checkpoint: &Checkpoint, description: &Description) -> Breaches {
    contract::read(checkpoint, description).1
}

fn with_classes_of(description: Description, checkpoint: &Checkpoint) -> Description {
    let classifier = description.classifier.and_then(|classifier| {
        let key = format!("{}.weight", classifier.key);
        match checkpoint.shape(&key) {
            Some(&[classes, _]) => Some(crate::description::Classifier { classes, ..classifier }),
            Some(_) => Some(classifier),
            None => None,
        }
    });
    Description { classifier, ..description }
}
