use std::collections::BTreeMap;

use super::module::{Kind, Module};
use super::slot::{self, Slot};

/// Children of one `nn.Sequential` by their numbers, or a layer by itself.
pub(super) type Sequence<'a> = Vec<&'a Module<'a>>;

/// The layers behind a network by what they are for.
#[derive(Default)]
pub(super) struct Sequences<'a> {
    pub(super) pooling: Option<&'a Module<'a>>,
    pub(super) necks: Vec<Sequence<'a>>,
    pub(super) classifier: Option<Sequence<'a>>,
}

impl<'a> Sequences<'a> {
    /// Sorts layers by their names, or says why they cannot be.
    pub(super) fn of(modules: &'a [Module<'a>]) -> Result<Self, String> {
        let mut by_name: BTreeMap<&str, Sequence<'a>> = BTreeMap::new();
        for module in modules {
            by_name.entry(module.sequence().0).or_default().push(module);
        }
        let mut found = Self::default();
        for (name, mut sequence) in by_name {
            sequence.sort_by_key(|module| module.sequence().1);
            match slot_of(&sequence) {
                Slot::Pooling if found.pooling.is_none() && sequence.len() == 1 => {
                    found.pooling = sequence.pop();
                }
                Slot::Neck => found.necks.push(sequence),
                Slot::Classifier if sequence.iter().any(is_norm) => {
                    return Err(format!(
                        "whether a relu follows the batch norm in {name} is not in the file"
                    ));
                }
                Slot::Classifier if found.classifier.is_none() && sequence.len() == 1 => {
                    found.classifier = Some(sequence);
                }
                Slot::Classifier if sequence.len() > 1 => {
                    return Err(format!(
                        "{name} has several layers, and behind which of them the embedding is is \
                         not in the file"
                    ));
                }
                _ => return Err(format!("what {name} is for does not follow from its name")),
            }
        }
        Ok(found)
    }
}

fn is_norm(module: &&Module<'_>) -> bool {
    matches!(module.kind, Kind::BatchNorm { .. })
}

fn slot_of(sequence: &Sequence<'_>) -> Slot {
    let is_pooling = sequence.iter().any(|module| module.kind == Kind::GeneralizedMean);
    match slot::of(&sequence[0].path) {
        Slot::Pooling if is_pooling => Slot::Pooling,
        Slot::Pooling => Slot::Unknown,
        _ if is_pooling => Slot::Unknown,
        slot => slot,
    }
}
