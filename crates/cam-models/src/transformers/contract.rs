//! What a folder's weights owe a transformer: every tensor it needs, in its shape, finite, and no other.

use std::collections::BTreeMap;

use cam_graph::Shape;

use super::builder::Source;
use super::names::Spelling;
use crate::checkpoint::Checkpoint;
use crate::contract::Mismatches;
use crate::graph_network::Parameters;

/// Holds the tensors against what is needed. Only names and shapes are looked at.
pub(super) fn compare(
    checkpoint: &Checkpoint,
    sources: &[Source],
    spelling: &Spelling,
) -> Mismatches {
    let tensors = sources.iter().flat_map(|source| &source.tensors);
    let needed: BTreeMap<&str, &Shape> =
        tensors.map(|(name, shape)| (name.as_str(), shape)).collect();
    let mut mismatches = Mismatches::default();
    for (name, needed) in &needed {
        match checkpoint.get(name) {
            None => mismatches.missing.push((*name).to_owned()),
            Some(tensor) if tensor.shape() != needed.as_slice() => {
                let (name, found) = (tensor.name().to_owned(), tensor.shape().to_vec());
                mismatches.misshaped.push((name, found, needed.to_vec()));
            }
            Some(_) => {}
        }
    }
    let others = checkpoint.tensors().filter(|(name, _)| !needed.contains_key(name));
    let others = others.filter(|(name, _)| !spelling.ignores(name));
    mismatches.unexpected = others.map(|(_, tensor)| tensor.name().to_owned()).collect();
    mismatches
}

/// Reads what is needed, of tensors whose shapes are known to be right.
pub(super) fn read(
    checkpoint: &Checkpoint,
    sources: Vec<Source>,
    mismatches: &mut Mismatches,
) -> Parameters {
    let mut parameters = Parameters::new();
    for Source { parameter, tensors, make } in sources {
        let mut values = Vec::new();
        for (name, _) in &tensors {
            let Some(tensor) = checkpoint.get(name) else { continue };
            match tensor.values() {
                Ok(found) => {
                    let wrong = found.iter().filter(|number| !number.is_finite()).count();
                    let said = mismatches.invalid.iter().any(|(said, _)| said == tensor.name());
                    if wrong > 0 && !said {
                        let reason =
                            format!("{wrong} of {} values are NaN or infinite", found.len());
                        mismatches.invalid.push((tensor.name().to_owned(), reason));
                    }
                    values.push(found);
                }
                Err(error) => {
                    mismatches.invalid.push((tensor.name().to_owned(), error.to_string()));
                }
            }
        }
        if values.len() == tensors.len() {
            parameters.insert(parameter, make(values));
        }
    }
    parameters
}
