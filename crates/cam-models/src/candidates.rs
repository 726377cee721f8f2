//! Every place in a file where a network's names stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::Description;
use crate::architecture::infer;
use crate::checkpoint::Checkpoint;
use crate::contract;
use crate::left_out;
use crate::naming::{Family, Naming};

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
        let families = asked.map(family);
        for (order, naming) in Naming::ALL.into_iter().enumerate() {
            if families.is_some_and(|family| family != naming.family()) {
                continue;
            }
            for prefix in prefixes(checkpoint, naming) {
                found.insert((prefix, order), naming);
            }
        }
        if found.keys().any(|(prefix, _)| !left_out::is_left_out(prefix)) {
            found.retain(|(prefix, _), _| !left_out::is_left_out(prefix));
        }
        let found = found.into_iter().take(MOST);
        found.map(|((prefix, _), naming)| Self::at(checkpoint, prefix, naming, asked)).collect()
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
            Some(asked) => Ok(Description { classifier: None, ..asked.clone() }),
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

/// The family of a network that was asked for: that in whose own names its parameters are.
pub(crate) fn family(description: &Description) -> Family {
    let has = |anchor: &&str| description.graph.parameters.contains_key(*anchor);
    let own = Family::ALL.into_iter().find(|family| family.naming().anchors().iter().any(has));
    own.unwrap_or(Family::ResNet)
}

/// What stands before a library's anchors.
fn prefixes(checkpoint: &Checkpoint, naming: Naming) -> BTreeSet<&str> {
    let names = checkpoint.tensors().map(|(name, _)| name);
    let before = names.flat_map(|name| {
        naming.anchors().iter().filter_map(move |anchor| name.strip_suffix(anchor))
    });
    before.filter(|prefix| prefix.is_empty() || prefix.ends_with('.')).collect()
}
