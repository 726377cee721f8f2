//! Weight files, good, damaged and hostile: what is loaded, what is refused, and what is said then.
//!
//! `fixtures/README.md` says what each file is.

mod behind_the_network;
mod containers;
mod corruption;
mod crafted;
mod crafted_shapes;
mod damaged_files;
mod files_that_are_no_weights;
mod hostile_files;
mod inference;
mod names_of_other_libraries;
mod other_networks_of_the_same_names;
mod several_networks;
mod the_contract;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, Error, GradCam, Network};
use cam_graph::{Border, Convolution, Operation, Padding};
use cam_models::checkpoint::{Container, Foreign};
use cam_models::{
    Checkpoint, ConvNet, Description, LoadError, Loaded, Mismatches, Strictness, architectures,
    describe, identify, load, load_checkpoint,
};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{assert_near, values};
use cam_tests::device;
use cam_tests::golden::{self, Golden};
use cam_tests::networks::tensors;

/// Half precision keeps 11 bits of a weight; ten layers add their errors up. As a fraction of the
/// largest value.
const HALF: f32 = 2e-3;

/// bfloat16 keeps 8 bits.
const BFLOAT: f32 = 2e-2;

fn fixture(name: &str) -> PathBuf {
    golden::path(&format!("fixtures/weights/{name}"))
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).expect("the fixture is there")
}

fn open(name: &str) -> Loaded {
    load(&fixture(name), Strictness::Exact, &device()).unwrap_or_else(|error| panic!("{error}"))
}

/// Why a file is refused. Wherever that is, the message names the file.
fn refusal(name: &str) -> LoadError {
    let error = load(&fixture(name), Strictness::Exact, &device()).err();
    let error = error.unwrap_or_else(|| panic!("{name} was loaded"));
    assert!(error.to_string().contains(name), "which file? {error}");
    error
}

#[track_caller]
fn assert_says(error: &LoadError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// The embedding of two images of odd size.
fn embedding(network: &ConvNet) -> Vec<f32> {
    values(&network.embed(images()))
}

fn images() -> Tensor<4> {
    let images = Golden::at(golden::path("fixtures/expected.safetensors")).get("input.odd");
    Tensor::from_data(TensorData::new(images.values, images.shape), &device())
}

fn logits(network: &ConvNet) -> Vec<f32> {
    let classifier = network.classifier().expect("the file holds fc");
    values(&classifier.forward(network.embed(images())))
}

/// The contract's mismatches by which a file is refused.
fn mismatches(name: &str) -> Mismatches {
    match refusal(name) {
        LoadError::Contract { mismatches, .. } => *mismatches,
        other => panic!("{other}"),
    }
}

fn names(invalid: &[(String, String)]) -> Vec<&str> {
    invalid.iter().map(|(name, _)| name.as_str()).collect()
}
