use crate::naming::Naming;

/// Where in a file a network was found, and what else the file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// What stands before the network's names in the file (`state_dict.encoder_q.`); empty where
    /// nothing does.
    pub prefix: String,
    /// Whose names the file uses.
    pub naming: Naming,
    /// What was applied behind the convolutions, in order: a module's name in the file, and what it
    /// is.
    pub head: Vec<String>,
    /// Name of the classifier in the file, without `.weight`.
    pub classifier: Option<String>,
    /// Other networks in the file, which were not taken.
    pub others: Vec<OtherNetwork>,
    /// Tensors that are no part of a network at inference, by what they are.
    pub left_out: Vec<LeftOut>,
    /// What no weight file says, and was taken to be so.
    pub assumptions: Vec<String>,
}

/// A network in a file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherNetwork {
    /// What stands before its names.
    pub prefix: String,
    /// Which it is.
    pub network: String,
    /// Whether it has all its tensors.
    pub is_complete: bool,
    /// Why the other one was taken.
    pub reason: String,
}

/// Tensors that are no part of a network at inference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Where they stand: the name of one, or the start of several.
    pub name: String,
    /// How many there are.
    pub tensors: usize,
    /// What they are.
    pub what: String,
}

impl Source {
    /// What a user ought to know who did not ask: other networks in the file, and assumptions.
    pub fn remarks(&self) -> Vec<String> {
        let others = self.others.iter().map(|other| {
            let complete = if other.is_complete { "" } else { ", incomplete" };
            format!(
                "{} was taken; another network lies at {} ({}{complete}): {}",
                shown(&self.prefix),
                shown(&other.prefix),
                other.network,
                other.reason
            )
        });
        others.chain(self.assumptions.iter().cloned()).collect()
    }
}

/// A prefix as it is said.
pub(crate) fn shown(prefix: &str) -> String {
    if prefix.is_empty() { "the network without a prefix".into() } else { format!("`{prefix}`") }
}
