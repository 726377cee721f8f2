//! What a weight file owes a network: every tensor it needs, in its shape, finite, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::description::Description;

/// Everything in which a file falls short, by tensor name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Breaches {
    /// Needed, but not in the file.
    pub missing: Vec<String>,
    /// In the file, but not needed.
    pub unexpected: Vec<String>,
    /// In another shape: name, shape in the file, shape needed.
    pub misshaped: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Unreadable, no floats, NaN, infinite or a negative variance: name and what is wrong.
    pub invalid: Vec<(String, String)>,
}

/// How much a file may differ from what the network needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Not at all.
    #[default]
    Exact,
    /// Unexpected tensors are left out and a missing batch norm does nothing (mean 0, variance 1,
    /// scale 1, shift 0). Missing convolutions, wrong shapes and invalid values still fail.
    Partial,
}

/// The part a tensor plays, which decides what its values may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Weight,
    Norm,
    Variance,
}

/// The values a network needs, by name, checked.
pub(crate) struct Values(BTreeMap<String, Vec<f32>>);

impl Values {
    /// Takes a tensor's values, if the file held it.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        self.0.remove(name)
    }
}

/// Holds the file against the network and reads what is needed.
///
/// Shapes are compared before any tensor is materialised.
pub(crate) fn read(checkpoint: &Checkpoint, description: &Description) -> (Values, Breaches) {
    let needed = needed(description);
    let mut breaches = Breaches::default();
    let mut values = BTreeMap::new();
    for (name, shape, role) in &needed {
        match checkpoint.get(name) {
            None => breaches.missing.push(name.clone()),
            Some(tensor) if tensor.shape() != shape => {
                breaches.misshaped.push((name.clone(), tensor.shape().to_vec(), shape.clone()));
            }
            Some(tensor) => match tensor.values().map_err(|error| error.to_string()) {
                Err(reason) => breaches.invalid.push((name.clone(), reason)),
                Ok(found) => {
                    if let Some(reason) = objection(&found, *role) {
                        breaches.invalid.push((name.clone(), reason));
                    }
                    values.insert(name.clone(), found);
                }
            },
        }
    }
    let known: BTreeSet<&str> = needed.iter().map(|(name, _, _)| name.as_str()).collect();
    let unexpected = checkpoint.tensors().map(|(name, _)| name);
    let unexpected =
        unexpected.filter(|name| !known.contains(name) && !name.ends_with(".num_batches_tracked"));
    breaches.unexpected = unexpected.map(str::to_owned).collect();
    (Values(values), breaches)
}

impl Breaches {
    /// Whether the file may be used nevertheless.
    pub fn are_forgiven(&self, strictness: Strictness) -> bool {
        let valid = self.misshaped.is_empty() && self.invalid.is_empty();
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

/// Name, shape and role of every tensor a network needs, in the order of computation.
fn needed(description: &Description) -> Vec<(String, Vec<usize>, Role)> {
    let mut needed = Vec::new();
    for convolution in description.convolutions() {
        let weight = format!("{}.weight", convolution.key);
        needed.push((weight, convolution.weight_shape().to_vec(), Role::Weight));
        for (part, role) in [
            ("weight", Role::Norm),
            ("bias", Role::Norm),
            ("running_mean", Role::Norm),
            ("running_var", Role::Variance),
        ] {
            needed.push((
                format!("{}.{part}", convolution.norm.key),
                vec![convolution.outputs],
                role,
            ));
        }
    }
    if let Some(classifier) = &description.classifier {
        let shape = vec![classifier.classes, classifier.inputs];
        needed.push((format!("{}.weight", classifier.key), shape, Role::Weight));
        needed.push((format!("{}.bias", classifier.key), vec![classifier.classes], Role::Weight));
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
    let negative = values.iter().filter(|&&value| value < 0.0).count();
    (role == Role::Variance && negative > 0)
        .then(|| format!("{negative} of {} variances are negative", values.len()))
}

impl fmt::Display for Breaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} missing, {} unexpected, {} of another shape, {} invalid",
            self.missing.len(),
            self.unexpected.len(),
            self.misshaped.len(),
            self.invalid.len()
        )?;
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
        Ok(())
    }
}
