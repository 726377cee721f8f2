//! From a weight file to a network, under a contract: all of it fits, or nothing is computed.

use crate::Description;
use crate::checkpoint::Checkpoint;
use crate::contract::{Mismatches, Strictness};
use crate::identify::Identified;
use crate::source::Source;
use crate::{ConvNet, LoadError, Runtime};

/// A network, and in what its file differed from it.
pub struct Loaded {
    /// The network.
    pub network: ConvNet,
    /// Where in the file it was, and what else the file holds.
    pub source: Source,
    /// Forgiven mismatches; none unless the load was [`Strictness::Partial`].
    pub mismatches: Mismatches,
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
    let path = checkpoint.origin().to_owned();
    let identified = Identified::of(&checkpoint, described.as_ref())?;
    let (parameters, mismatches) = identified.read();
    let (description, source) = identified.into_parts();
    if !mismatches.are_forgiven(strictness) {
        let network = description.name;
        return Err(LoadError::Contract { path, network, mismatches: Box::new(mismatches) });
    }
    let network = ConvNet::new(description, parameters, runtime);
    match network {
        Ok(network) => Ok(Loaded { network, source, mismatches }),
        Err(source) => Err(LoadError::Network { path, source }),
    }
}
