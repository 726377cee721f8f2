//! What a weight file holds, and whether it can be used.

use std::collections::BTreeMap;
use std::path::Path;

use cam_models::checkpoint::Checkpoint;
use cam_models::{Identified, LoadError, Mismatches, identify};
use serde::Serialize;

use crate::error::Error;
use crate::model::checkpoint;

/// What a weight file holds.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// schema_version
    pub schema_version: u32,
    /// As it was named.
    pub file: String,
    /// What kind of file it is.
    pub container: String,
    /// How many tensors there are.
    pub tensors: usize,
    /// How many of each type of number.
    pub elements: BTreeMap<String, usize>,
    /// The network, by its name.
    pub network: String,
    /// What stands before its names.
    pub prefix: String,
    /// In whose names its tensors are.
    pub names: String,
    /// What stands behind the network and is applied.
    pub head: Vec<String>,
    /// Width of its embeddings.
    pub embedding_width: usize,
    /// The classifier's name.
    pub classifier: Option<String>,
    /// How many classes it has.
    pub classes: Option<usize>,
    /// Other networks in the file.
    pub others: Vec<Other>,
    /// Tensors that no inference uses.
    pub left_out: Vec<LeftOut>,
    /// What the user ought to know.
    pub remarks: Vec<String>,
    /// Whether it can be used.
    pub usable: bool,
    /// Tensors that the network needs and the file lacks.
    pub missing: Vec<String>,
    /// Tensors that nothing needs.
    pub unexpected: Vec<String>,
    /// Tensors of another shape.
    pub misshaped: Vec<String>,
    /// Tensors whose numbers cannot be.
    pub invalid: Vec<String>,
    /// Parts that cannot be run.
    pub unsupported: Vec<String>,
    /// Signs of another network.
    pub notes: Vec<String>,
    #[serde(skip)]
    mismatches: Box<Mismatches>,
}

/// Another network in the file.
#[derive(Debug, Serialize)]
pub struct Other {
    /// What stands before its names.
    pub prefix: String,
    /// The network, by its name.
    pub network: String,
    /// Whether all of its tensors are there.
    pub complete: bool,
}

/// Tensors that no inference uses.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    /// What they are called.
    pub name: String,
    /// How many tensors there are.
    pub tensors: usize,
    /// Why they are left out.
    pub what: String,
}

impl Inspection {
    /// Looks into a file, at the network whose names begin so where there are several.
    ///
    /// # Errors
    /// Where the file is not one of weights, or which network is meant cannot be told. A file that cannot be used is
    /// not an error: [`check`](Self::check) says so.
    pub fn of(file: &Path, prefix: Option<&str>) -> Result<Self, Error> {
        let checkpoint = checkpoint(file, prefix)?;
        let identified = identify(checkpoint.clone())?;
        let mismatches = identified.inspect();
        Ok(Self::new(file, &checkpoint, &identified, mismatches))
    }

    /// That the file can be used.
    ///
    /// # Errors
    /// Names every tensor that does not fit.
    pub fn check(self) -> Result<(), Error> {
        match self.usable {
            true => Ok(()),
            false => Err(LoadError::Contract {
                path: self.file.into(),
                network: self.network,
                mismatches: self.mismatches,
            }
            .into()),
        }
    }

    fn new(
        file: &Path,
        checkpoint: &Checkpoint,
        identified: &Identified,
        mismatches: Mismatches,
    ) -> Self {
        let (description, source) = (identified.description(), identified.source());
        let mut elements = BTreeMap::new();
        for (_, tensor) in checkpoint.tensors() {
            *elements.entry(tensor.element().to_string()).or_default() += 1;
        }
        let misshaped = mismatches.misshaped.iter();
        let reasons = |list: &[(String, String)]| {
            list.iter().map(|(name, reason)| format!("{name}: {reason}")).collect()
        };
        let others = source.others.iter().map(|other| Other {
            prefix: other.prefix.clone(),
            network: other.network.clone(),
            complete: other.is_complete,
        });
        let left_out = source.left_out.iter().map(|left_out| LeftOut {
            name: left_out.name.clone(),
            tensors: left_out.tensors,
            what: left_out.what.clone(),
        });
        Self {
            schema_version: 1,
            file: file.display().to_string(),
            container: checkpoint.container().to_string(),
            tensors: checkpoint.tensors().count(),
            elements,
            network: description.name.clone(),
            prefix: source.prefix.clone(),
            names: source.naming.to_string(),
            head: source.head.clone(),
            embedding_width: description.embedding_width(),
            classifier: source.classifier.clone(),
            classes: description.classifier.as_ref().map(|classifier| classifier.classes),
            others: others.collect(),
            left_out: left_out.collect(),
            remarks: source.remarks(),
            usable: mismatches.is_empty(),
            missing: mismatches.missing.clone(),
            unexpected: mismatches.unexpected.clone(),
            misshaped: misshaped
                .map(|(name, found, needed)| format!("{name}: {found:?} instead of {needed:?}"))
                .collect(),
            invalid: reasons(&mismatches.invalid),
            unsupported: reasons(&mismatches.unsupported),
            notes: mismatches.notes.clone(),
            mismatches: Box::new(mismatches),
        }
    }
}
