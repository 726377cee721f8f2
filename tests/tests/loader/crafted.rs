//! State dicts made from those of the fixtures.

use super::*;
use cam_tests::networks::{Entry, safetensors};

/// The float tensors of a fixture.
pub fn entries(fixture_name: &str) -> Vec<Entry> {
    let checkpoint = Checkpoint::open(&fixture(fixture_name)).expect("the file is sound");
    let floats = checkpoint.tensors().filter(|(name, _)| !name.ends_with("num_batches_tracked"));
    let entry = |(name, tensor): (&str, &cam_models::checkpoint::StoredTensor)| {
        (name.to_owned(), tensor.shape().to_vec(), tensor.values().expect("floats"))
    };
    floats.map(entry).collect()
}

/// The convolutions of a network, without its classifier.
pub fn trunk(fixture_name: &str) -> Vec<Entry> {
    let mut entries = entries(fixture_name);
    entries.retain(|(name, _, _)| !name.starts_with("fc.") && !name.starts_with("_fc."));
    entries
}

/// The same under other names.
pub fn renamed(entries: &[Entry], name: impl Fn(&str) -> String) -> Vec<Entry> {
    entries.iter().map(|(old, shape, values)| (name(old), shape.clone(), values.clone())).collect()
}

/// The same behind a prefix.
pub fn below(prefix: &str, entries: &[Entry]) -> Vec<Entry> {
    renamed(entries, |name| format!("{prefix}{name}"))
}

/// Another network of the same shapes: each weight of the first convolution is turned around.
pub fn negated(entries: &[Entry]) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    for (name, _, values) in &mut entries {
        if name == "conv1.weight" {
            values.iter_mut().for_each(|value| *value = -*value);
        }
    }
    entries
}

/// A tensor of numbers without a pattern, between −1 and 1.
pub fn tensor(name: &str, shape: &[usize]) -> Entry {
    let values = cam_tests::formula::tensor(name, shape);
    (name.to_owned(), shape.to_vec(), values)
}

/// Scale, shift, mean and variance of a batch norm.
pub fn norm(name: &str, width: usize) -> Vec<Entry> {
    let parts = ["weight", "bias", "running_mean", "running_var"];
    parts.map(|part| tensor(&format!("{name}.{part}"), &[width])).into()
}

pub fn checkpoint(entries: &[Entry]) -> Checkpoint {
    Checkpoint::from_safetensors(Path::new("crafted"), safetensors(entries)).expect("a file")
}

#[track_caller]
pub fn loaded(entries: &[Entry]) -> Loaded {
    load_checkpoint(checkpoint(entries), None, Strictness::Exact, &device())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Why it is refused.
#[track_caller]
pub fn refused(entries: &[Entry], strictness: Strictness) -> LoadError {
    let loaded = load_checkpoint(checkpoint(entries), None, strictness, &device());
    loaded.err().expect("it is refused")
}

/// Values of one tensor among them, in f64.
pub fn values_of(entries: &[Entry], name: &str) -> Vec<f64> {
    let (_, _, values) = entries.iter().find(|entry| entry.0 == name).expect("it is there");
    values.iter().map(|&value| f64::from(value)).collect()
}
