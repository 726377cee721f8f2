//! What a weight file owes a network: every tensor it needs, in its shape, finite, and no other.

use std::collections::BTreeSet;
use std::fmt;

use cam_graph::Operation;

use crate::checkpoint::{Checkpoint, StoredTensor};
use crate::{Classifier, Description, Parameters, unsupported};

/// Everything in which a file falls short, by tensor name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mismatches {
    /// Needed, but not in the file.
    pub missing: Vec<String>,
    /// In the file, but not needed, wherever it stands: what the network that the file was saved
    /// from may compute, and this one does not.
    pub unexpected: Vec<String>,
    /// In another shape: name, shape in the file, shape needed.
    pub misshaped: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Unreadable, no floats, NaN, infinite or a negative variance: name and what is wrong.
    pub invalid: Vec<(String, String)>,
    /// Signs of another network under the same names, which would give other numbers: name and what
    /// it says. Never forgiven.
    pub unsupported: Vec<(String, String)>,
    /// Why some of the unexpected tensors are not used.
    pub notes: Vec<String>,
    /// How many of the missing tensors are not parts of batch norms.
    pub missing_weights: usize,
}

/// How much a file may differ from what the network needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Not at all.
    #[default]
    Exact,
    /// Unexpected tensors are left out and a missing batch norm does nothing (mean 0, variance 1,
    /// scale 1, shift 0). Missing convolutions, wrong shapes, invalid values and what is unsupported
    /// still fail.
    Partial,
}

/// The part a tensor plays, which decides what its values may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Weight,
    /// A part of a batch norm, and what it is where the norm does nothing.
    Norm(f32),
    Variance,
    Exponent,
}

/// A tensor that a network needs.
struct Needed {
    name: String,
    shape: Vec<usize>,
    role: Role,
    /// What its numbers are where it is not there: zero for the bias of a classifier.
    otherwise: Option<f32>,
}

/// Holds the tensors against the network and reads what is needed. What may be missing has the numbers of a norm that does
/// nothing, or of no bias.
///
/// Shapes are compared before any tensor is materialised.
pub(crate) fn read(checkpoint: &Checkpoint, description: &Description) -> (Parameters, Mismatches) {
    let (mut mismatches, sound) = compare(checkpoint, description);
    let mut values = Parameters::new();
    for Needed { name, role, shape, otherwise } in sound {
        let Some(tensor) = checkpoint.get(&name) else {
            let number = match role {
                Role::Norm(neutral) => Some(neutral),
                Role::Variance => Some(1.0),
                _ => otherwise,
            };
            let count = shape.iter().product();
            values.extend(number.map(|number| (name, vec![number; count])));
            continue;
        };
        match tensor.values() {
            Err(error) => mismatches.invalid.push((tensor.name().to_owned(), error.to_string())),
            Ok(found) => {
                let objection =
                    objection(&found, role).map(|reason| (tensor.name().to_owned(), reason));
                mismatches.invalid.extend(objection);
                values.insert(name, found);
            }
        }
    }
    (values, mismatches)
}

/// How many tensors the network needs that the file lacks or has in another shape, and how many say that the file is of
/// another network.
pub(crate) fn faults(checkpoint: &Checkpoint, description: &Description) -> usize {
    let (mismatches, _) = compare(checkpoint, description);
    mismatches.missing.len() + mismatches.misshaped.len() + mismatches.unsupported.len()
}

/// Names and shapes alone; and what is needed and of the right shape, to be read.
fn compare(checkpoint: &Checkpoint, description: &Description) -> (Mismatches, Vec<Needed>) {
    let needed = needed(description);
    let known: BTreeSet<&str> = needed.iter().map(|needed| needed.name.as_str()).collect();
    let others = checkpoint.tensors().filter(|(name, _)| !known.contains(name));
    let others = others.filter(|(name, _)| !name.ends_with(".num_batches_tracked"));
    let others: Vec<(&str, &StoredTensor)> = others.collect();
    let mut mismatches = Mismatches {
        unexpected: others.iter().map(|(_, tensor)| tensor.name().to_owned()).collect(),
        unsupported: others.iter().filter_map(unsupported::in_block).collect(),
        ..Mismatches::default()
    };
    let mut sound = Vec::new();
    for needed in needed {
        match checkpoint.get(&needed.name) {
            None if needed.otherwise.is_some() => sound.push(needed),
            None => {
                mismatches.missing.push(needed.name.clone());
                mismatches.missing_weights += usize::from(!needed.role.is_of_norm());
                sound.push(needed);
            }
            Some(tensor) if tensor.shape() != needed.shape => {
                let found = tensor.shape().to_vec();
                mismatches.misshaped.push((tensor.name().to_owned(), found, needed.shape));
            }
            Some(_) => sound.push(needed),
        }
    }
    let missing = mismatches.missing.iter();
    mismatches.unsupported.extend(missing.filter_map(|name| unsupported::norm(checkpoint, name)));
    (mismatches, sound)
}

impl Mismatches {
    /// Whether the file may be used nevertheless.
    pub fn are_forgiven(&self, strictness: Strictness) -> bool {
        let valid =
            self.misshaped.is_empty() && self.invalid.is_empty() && self.unsupported.is_empty();
        match strictness {
            Strictness::Exact => valid && self.missing.is_empty() && self.unexpected.is_empty(),
            Strictness::Partial => valid && self.missing_weights == 0,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.are_forgiven(Strictness::Exact)
    }
}

impl Role {
    fn is_of_norm(self) -> bool {
        matches!(self, Self::Norm(_) | Self::Variance)
    }
}

/// Every tensor a network needs, in the order of computation.
fn needed(description: &Description) -> Vec<Needed> {
    let mut needed: Vec<Needed> = Vec::new();
    let mut named = BTreeSet::new();
    let mut need = |name: &str, role| {
        let shape = description.graph.parameters.get(name).cloned().unwrap_or_default();
        if named.insert(name.to_owned()) {
            needed.push(Needed { name: name.to_owned(), shape, role, otherwise: None });
        }
    };
    for step in &description.graph.steps {
        match &step.operation {
            Operation::BatchNorm(norm) => {
                norm.scale.iter().for_each(|name| need(name, Role::Norm(1.0)));
                norm.shift.iter().for_each(|name| need(name, Role::Norm(0.0)));
                need(&norm.mean, Role::Norm(0.0));
                need(&norm.variance, Role::Variance);
            }
            Operation::GeneralizedMean { exponent, .. } => need(exponent, Role::Exponent),
            operation => {
                operation.parameters().into_iter().for_each(|name| need(name, Role::Weight));
            }
        }
    }
    if let Some(Classifier { weight, bias, classes }) = &description.classifier {
        let part = |name: &String, shape, otherwise| Needed {
            name: name.clone(),
            shape,
            role: Role::Weight,
            otherwise,
        };
        needed.push(part(weight, vec![*classes, description.embedding_width()], None));
        needed.extend(bias.iter().map(|bias| part(bias, vec![*classes], Some(0.0))));
    }
    needed
}

fn objection(values: &[f32], role: Role) -> Option<String> {
    if values.is_empty() {
        return Some("it holds no value".to_owned());
    }
    let not_finite = values.iter().filter(|value| !value.is_finite()).count();
    if not_finite > 0 {
        return Some(format!("{not_finite} of {} values are NaN or infinite", values.len()));
    }
    if role == Role::Exponent && values[0] <= 0.0 {
        return Some(format!("an exponent of {} is not positive", values[0]));
    }
    let negative = values.iter().filter(|&&value| value < 0.0).count();
    (role == Role::Variance && negative > 0)
        .then(|| format!("{negative} of {} variances are negative", values.len()))
}

impl fmt::Display for Mismatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} missing, {} unexpected, {} of another shape, {} invalid",
            self.missing.len(),
            self.unexpected.len(),
            self.misshaped.len(),
            self.invalid.len()
        )?;
        if !self.unsupported.is_empty() {
            write!(f, ", {} unsupported", self.unsupported.len())?;
        }
        for name in &self.missing {
            write!(f, "\n  missing     {name}")?;
        }
        for name in &self.unexpected {
            write!(f, "\n  unexpected  {name}")?;
        }
        for (name, found, needed) in &self.misshaped {
            write!(f, "\n  shape       {name} is {found:?}, the network needs {needed:?}")?;
        }
        for (name, reason) in &self.invalid {
            write!(f, "\n  invalid     {name}: {reason}")?;
        }
        for (name, reason) in &self.unsupported {
            write!(f, "\n  unsupported {name}: {reason}")?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        Ok(())
    }
}
