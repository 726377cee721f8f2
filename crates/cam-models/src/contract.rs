//! What a weight file owes a network: every tensor it needs, in its shape, finite, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::checkpoint::{Checkpoint, StoredTensor};
use crate::description::{Classifier, Description, HeadStep, PoolingStep};
use crate::unsupported;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Weight,
    Norm,
    Variance,
    Exponent,
}

/// A tensor that a network needs.
struct Needed {
    name: String,
    shape: Vec<usize>,
    role: Role,
    /// Zero where it is not there: the bias of a classifier.
    is_optional: bool,
}

const AFFINE: [(&str, Role); 2] = [("weight", Role::Norm), ("bias", Role::Norm)];
const STATISTICS: [(&str, Role); 2] =
    [("running_mean", Role::Norm), ("running_var", Role::Variance)];

/// The values a network needs, by name, checked.
pub(crate) struct Values(BTreeMap<String, Vec<f32>>);

impl Values {
    /// Takes a tensor's values, if the file held it.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        self.0.remove(name)
    }
}

/// Holds the tensors against the network and reads what is needed.
///
/// Shapes are compared before any tensor is materialised.
pub(crate) fn read(checkpoint: &Checkpoint, description: &Description) -> (Values, Mismatches) {
    let (mut mismatches, sound) = compare(checkpoint, description);
    let mut values = BTreeMap::new();
    for Needed { name, role, .. } in sound {
        let Some(tensor) = checkpoint.get(&name) else { continue };
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
    (Values(values), mismatches)
}

/// How many tensors the network needs that the file lacks or has in another shape.
pub(crate) fn faults(checkpoint: &Checkpoint, description: &Description) -> usize {
    let (mismatches, _) = compare(checkpoint, description);
    mismatches.missing.len() + mismatches.misshaped.len()
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
            None if needed.is_optional => {}
            None => mismatches.missing.push(needed.name),
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
            Strictness::Partial => valid && self.missing.iter().all(|name| is_norm(name)),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.are_forgiven(Strictness::Exact)
    }
}

/// A tensor that belongs to a batch norm, by torchvision's or EfficientNet's names.
fn is_norm(name: &str) -> bool {
    let Some((module, _)) = name.rsplit_once('.') else { return false };
    let last = module.rsplit('.').next().unwrap_or(module);
    last.starts_with("bn") || last.starts_with("_bn") || module.ends_with("downsample.1")
}

/// Every tensor a network needs, in the order of computation.
fn needed(description: &Description) -> Vec<Needed> {
    let mut needed = Vec::new();
    let mut need = |name: String, shape: &[usize], role| {
        needed.push(Needed { name, shape: shape.to_vec(), role, is_optional: false });
    };
    for convolution in description.convolutions() {
        need(format!("{}.weight", convolution.key), &convolution.weight_shape(), Role::Weight);
        for (part, role) in AFFINE.iter().chain(&STATISTICS) {
            need(format!("{}.{part}", convolution.norm.key), &[convolution.outputs], *role);
        }
    }
    if let PoolingStep::GeneralizedMean { key, .. } = &description.pooling {
        need(key.clone(), &[1], Role::Exponent);
    }
    for neck in &description.necks {
        match neck {
            HeadStep::Linear { key, inputs, outputs, has_bias } => {
                need(format!("{key}.weight"), &[*outputs, *inputs], Role::Weight);
                if *has_bias {
                    need(format!("{key}.bias"), &[*outputs], Role::Weight);
                }
            }
            HeadStep::BatchNorm { norm, width, is_affine } => {
                let affine = AFFINE.iter().filter(|_| *is_affine);
                for (part, role) in affine.chain(&STATISTICS) {
                    need(format!("{}.{part}", norm.key), &[*width], *role);
                }
            }
            HeadStep::L2Normalize { .. } => {}
        }
    }
    if let Some(Classifier { key, classes, inputs }) = &description.classifier {
        need(format!("{key}.weight"), &[*classes, *inputs], Role::Weight);
        let (name, shape) = (format!("{key}.bias"), vec![*classes]);
        needed.push(Needed { name, shape, role: Role::Weight, is_optional: true });
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
