//! Every place in a file where a network's names stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::Description;
use crate::architecture::infer;
use crate::checkpoint::Checkpoint;
use crate::contract;
use crate::left_out;
use crate::naming::Naming;

/// More networks than any file holds; a crafted one has no more of them looked at.
const MOST: usize = 256;

/// A network in a file, as far as names and shapes tell.
pub(crate) struct Candidate {
    /// What stands before its names.
    pub(crate) prefix: String,
    pub(crate) naming: Naming,
    /// Its tensors, in this crate's names.
    pub(crate) network: Checkpoint,
    /// Which network, or why that cannot be told.
    pub(crate) described: Result<Description, String>,
    /// How many tensors are missing or of another shape.
    pub(crate) faults: usize,
}

impl Candidate {
    /// All networks in a file, by prefix; as a network that is known already, where one is.
    pub(crate) fn all(checkpoint: &Checkpoint, asked: Option<&Description>) -> Vec<Self> {
        let mut found: BTreeMap<(&str, usize), Naming> = BTreeMap::new();
        for (order, naming) in Naming::all().enumerate() {
            if asked.is_some_and(|asked| !is_named(asked, naming)) {
                continue;
            }
            for prefix in prefixes(checkpoint, naming) {
                found.insert((prefix, order), naming);
            }
        }
        if found.keys().any(|(prefix, _)| !left_out::is_left_out(prefix)) {
            found.retain(|(prefix, _), _| !left_out::is_left_out(prefix));
        }
        let mut candidates: Vec<Self> = Vec::new();
        for ((prefix, _), naming) in found.into_iter().take(MOST) {
            let next = Self::at(checkpoint, prefix, naming, asked);
            // Families share names: under one prefix that is meant which fits best.
            match candidates.last_mut().filter(|last| last.prefix == prefix) {
                Some(last) if next.faults < last.faults => *last = next,
                Some(_) => {}
                None => candidates.push(next),
            }
        }
        candidates
    }

    /// The network under a prefix, whatever is there of it.
    pub(crate) fn at(
        checkpoint: &Checkpoint,
        prefix: &str,
        naming: Naming,
        asked: Option<&Description>,
    ) -> Self {
        let network = naming.network(checkpoint, prefix);
        let described = match asked {
            Some(asked) => Ok(Description { classifier: None, ..in_names(asked, naming) }),
            None => infer(&network, naming.family()),
        };
        let faults = match &described {
            Ok(description) => contract::faults(&network, description),
            Err(_) => usize::MAX,
        };
        Self { prefix: prefix.to_owned(), naming, network, described, faults }
    }

    /// Whether everything is there, in its shape.
    pub(crate) fn is_complete(&self) -> bool {
        self.faults == 0
    }

    /// Whether it begins like a network and not like a part of one, such as a decoder that is made
    /// of a ResNet's blocks.
    pub(crate) fn has_stem(&self) -> bool {
        self.described.is_ok() && self.network.get(self.naming.family().stem()).is_some()
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        self.described.as_ref().map_or("unknown", |description| &description.name)
    }
}

/// The names in which a network is described that was asked for.
pub(crate) fn own_naming(asked: &Description) -> Naming {
    let has = |anchor: &&str| asked.graph.parameters.contains_key(*anchor);
    let is_own = |naming: &Naming| {
        let describes = match naming {
            Naming::Torchvision | Naming::EfficientNetPytorch => true,
            Naming::Listed(listed) => listed.describe(&asked.name).is_some(),
            _ => false,
        };
        naming.anchors().iter().any(has) && describes
    };
    Naming::all().find(is_own).unwrap_or(Naming::Torchvision)
}

/// Whether a network that was asked for may go by those names.
fn is_named(asked: &Description, naming: Naming) -> bool {
    match naming {
        Naming::Listed(listed) => listed.describe(&asked.name).is_some(),
        _ => own_naming(asked).family() == naming.family(),
    }
}

/// A network that was asked for, as a library has it that gives other names to its tensors.
fn in_names(asked: &Description, naming: Naming) -> Description {
    let other = match naming {
        Naming::Listed(listed) if own_naming(asked) != naming => listed.describe(&asked.name),
        _ => None,
    };
    other.unwrap_or_else(|| asked.clone())
}

/// What stands before a library's anchors.
fn prefixes(checkpoint: &Checkpoint, naming: Naming) -> BTreeSet<&str> {
    let names = checkpoint.tensors().map(|(name, _)| name);
    let before = names.flat_map(|name| {
        naming.anchors().iter().filter_map(move |anchor| name.strip_suffix(anchor))
    });
    before.filter(|prefix| prefix.is_empty() || prefix.ends_with('.')).collect()
}
