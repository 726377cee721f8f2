//! Every case against what PyTorch, ONNX Runtime and NumPy give.

use std::collections::{BTreeMap, BTreeSet};

use cam_models::Precision;
use cam_tests::compare::{assert_near, values};

use crate::{cases, dense, with_images};

/// Sums of a few dozen numbers in f32, in another order.
const ROUNDING: f32 = 2e-6;

const IMAGES: usize = 2;

/// Shapes and numbers by name.
fn references() -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let references: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(include_str!("references.json")).expect("references.py writes JSON");
    let read = references.into_iter().map(|(name, reference)| {
        let numbers = |key: &str| reference[key].as_array().expect("a list").clone();
        let shape =
            numbers("shape").iter().map(|side| side.as_u64().expect("a side") as usize).collect();
        let values =
            numbers("values").iter().map(|x| x.as_f64().expect("a number") as f32).collect();
        (name, (shape, values))
    });
    read.collect()
}

#[test]
fn every_operation_gives_what_others_give() {
    let references = references();
    for case in cases::all() {
        let given = case.values.iter().enumerate().map(|(number, shape)| {
            let shape = with_images(IMAGES, shape);
            dense(case.ramp(number, &shape), &shape)
        });
        let found = case.executor(Precision::F32).run(given.collect());
        let (shape, expected) = &references[&case.name];
        assert_eq!(found.shape(), shape, "{}", case.name);
        assert_near(&case.name, &values(&found.numbers()), expected, ROUNDING);
    }
}

#[test]
fn every_reference_has_its_case() {
    let names: BTreeSet<String> = cases::all().into_iter().map(|case| case.name).collect();
    let expected: BTreeSet<String> = references().into_keys().collect();
    assert_eq!(names, expected);
}
