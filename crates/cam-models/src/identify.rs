//! Which network of a file is taken, and an account of everything else in the file.

use std::collections::BTreeSet;

use crate::Description;
use crate::LoadError;
use crate::behind::Behind;
use crate::candidates::{Candidate, own_naming};
use crate::checkpoint::{Checkpoint, Foreign, StoredTensor};
use crate::choice::{choose, reason};
use crate::contract::{self, Mismatches};
use crate::left_out;
use crate::naming::Naming;
use crate::regions::{Owner, Regions};
use crate::source::{LeftOut, OtherNetwork, Source};
use crate::{Parameters, unsupported};

/// A network in a file, told by names and shapes: no value was read.
pub struct Identified {
    description: Description,
    source: Source,
    network: Checkpoint,
    mismatches: Mismatches,
}

/// Which network a file is of, and where in it.
///
/// A file may hold several networks. Of copies of one network that is taken which its method's
/// authors evaluate, then the less nested one; [`Checkpoint::choosing`] names another.
///
/// # Errors
/// [`LoadError::UnknownArchitecture`], [`LoadError::Undecided`], [`LoadError::SeveralNetworks`],
/// [`LoadError::NoSuchPrefix`], [`LoadError::NotWeights`] for a file without tensors.
pub fn identify(checkpoint: Checkpoint) -> Result<Identified, LoadError> {
    Identified::of(&checkpoint, None)
}

impl Identified {
    /// The network in a file; as a network that is known already, where one is.
    pub(crate) fn of(
        checkpoint: &Checkpoint,
        asked: Option<&Description>,
    ) -> Result<Self, LoadError> {
        let (taken, others) = taken(checkpoint, asked)?;
        let mut description = taken.described.clone().map_err(|reason| LoadError::Undecided {
            path: checkpoint.origin().to_owned(),
            family: taken.naming.family().one(),
            reason,
        })?;
        let mut network = taken.network.clone();
        let Account { others, left_out, behind, mut mismatches } =
            Account::of(checkpoint, &taken, &others);
        let behind = Behind::apply(&behind, taken.naming, &mut network, &mut description);
        let assumptions = assumption(&taken, asked).into_iter().chain(behind.assumptions);
        mismatches.unexpected.extend(behind.unexpected);
        mismatches.notes = behind.notes;
        let source = Source {
            prefix: taken.prefix,
            naming: taken.naming,
            head: behind.head,
            classifier: behind.classifier,
            others,
            left_out,
            assumptions: assumptions.collect(),
        };
        Ok(Self { description, source, network, mismatches })
    }

    /// The network.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Where in the file it lies, and what else the file holds.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Holds the file against the network, reading every value that it needs.
    pub fn inspect(&self) -> Mismatches {
        self.read().1
    }

    /// The values, and everything in which the file falls short.
    pub(crate) fn read(&self) -> (Parameters, Mismatches) {
        let (values, mut mismatches) = contract::read(&self.network, &self.description);
        mismatches.unexpected.extend(self.mismatches.unexpected.iter().cloned());
        mismatches.unexpected.sort();
        mismatches.unsupported.extend(self.mismatches.unsupported.iter().cloned());
        mismatches.notes.extend(self.mismatches.notes.iter().cloned());
        (values, mismatches)
    }

    pub(crate) fn into_parts(self) -> (Description, Source) {
        (self.description, self.source)
    }
}

/// The network that is taken, and the others in the file.
fn taken(
    checkpoint: &Checkpoint,
    asked: Option<&Description>,
) -> Result<(Candidate, Vec<Candidate>), LoadError> {
    let mut candidates = Candidate::all(checkpoint, asked);
    if candidates.is_empty() {
        // Held against a network by name, a file of any names says what it lacks.
        let asked = asked.ok_or_else(|| unknown(checkpoint))?;
        candidates.push(Candidate::at(checkpoint, "", own_naming(asked), Some(asked)));
    }
    let taken = candidates.remove(choose(checkpoint, &candidates)?);
    // A decoder that is made of a ResNet's blocks is part of a network, and none.
    candidates.retain(|other| other.has_stem() && other.prefix != taken.prefix);
    Ok((taken, candidates))
}

/// What each tensor is that is not of the network itself.
#[derive(Default)]
struct Account<'a> {
    others: Vec<OtherNetwork>,
    left_out: Vec<LeftOut>,
    /// What stands behind the network, by its path from there.
    behind: Vec<(String, &'a StoredTensor)>,
    mismatches: Mismatches,
}

impl<'a> Account<'a> {
    fn of(checkpoint: &'a Checkpoint, taken: &Candidate, others: &[Candidate]) -> Self {
        let prefixes: Vec<&str> = others.iter().map(|other| other.prefix.as_str()).collect();
        let regions = Regions::of(&taken.prefix, &prefixes);
        let own: BTreeSet<&str> = taken.network.tensors().map(|(_, own)| own.name()).collect();
        let others = others.iter().map(|other| OtherNetwork {
            prefix: other.prefix.clone(),
            network: other.name().to_owned(),
            is_complete: other.is_complete(),
            reason: reason(taken, other),
        });
        let mut account = Self { others: others.collect(), ..Self::default() };
        let beside = checkpoint
            .tensors()
            .filter(|(name, _)| !own.contains(name) && !name.ends_with(".num_batches_tracked"));
        for (name, tensor) in beside {
            if regions.owner(name) == Owner::Taken {
                account.take(name, regions.path(name), tensor);
            }
        }
        if !account.mismatches.unsupported.is_empty() {
            // What stands behind is of that other network.
            let names = account.behind.drain(..).map(|(_, tensor)| tensor.name().to_owned());
            account.mismatches.unexpected.extend(names);
        }
        account
    }

    fn take(&mut self, name: &str, path: &str, tensor: &'a StoredTensor) {
        if let Some((start, what)) = left_out::what(path, tensor.shape()) {
            let start = &name[..name.len() - path.len() + start.len()];
            match self.left_out.last_mut() {
                Some(last) if last.name == start => last.tensors += 1,
                _ => self.left_out.push(LeftOut {
                    name: start.to_owned(),
                    tensors: 1,
                    what: what.to_owned(),
                }),
            }
        } else if let Some(says) = unsupported::segmentation(path, tensor.shape()) {
            self.mismatches.unsupported.push((name.to_owned(), says.to_owned()));
        } else {
            self.behind.push((path.to_owned(), tensor));
        }
    }
}

/// What a library's names leave open.
fn assumption(taken: &Candidate, asked: Option<&Description>) -> Option<String> {
    if asked.is_some() {
        return None;
    }
    match taken.naming {
        Naming::Timm => Some(
            "timm has two networks of these names: this is taken as tf_efficientnet_lite, trained \
             in TensorFlow; efficientnet_lite0, trained in PyTorch, has another border, epsilon \
             and normalisation, and has to be asked for by name"
                .to_owned(),
        ),
        Naming::Listed(listed) => {
            let (name, library) = (taken.name(), listed.library);
            let twin = *listed.twins(name).first()?;
            Some(format!(
                "{library} has two networks of these names: this is taken as {name}; {twin} has \
                 another border, epsilon or normalisation, and has to be asked for by name"
            ))
        }
        _ => None,
    }
}

fn unknown(checkpoint: &Checkpoint) -> LoadError {
    let examples: Vec<&str> = checkpoint.tensors().map(|(name, _)| name).take(3).collect();
    let path = checkpoint.origin().to_owned();
    if examples.is_empty() {
        return LoadError::NotWeights { path, found: Foreign::NoTensors };
    }
    let (tensors, examples) = (checkpoint.tensors().count(), examples.join(", "));
    LoadError::UnknownArchitecture { path, tensors, examples }
}
