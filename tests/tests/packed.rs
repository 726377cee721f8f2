//! A packed network is the network it was packed from, or none at all.

use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use cam_core::Network as _;
use cam_engine::Options;
use cam_models::{ConvNet, PackedError, load_embedded, open_packed, write_packed};
use cam_tests::compare::values;
use cam_tests::networks::{by_formula, by_formula_on, clean_layers};
use cam_tests::{device, engine, formula};
use tempfile::TempDir;

const STAMP: &str = "the weights of this test";

fn image() -> Tensor<4> {
    Tensor::from_data(TensorData::new(formula::image("packed", 65, 90), [1, 3, 65, 90]), &device())
}

fn packed(network: &ConvNet) -> Vec<u8> {
    let mut bytes = Vec::new();
    assert!(write_packed(network, STAMP, &mut bytes).expect("memory takes everything"));
    bytes
}

/// Opens bytes as a file of their own.
fn open(directory: &TempDir, bytes: &[u8], stamp: &str) -> Result<ConvNet, PackedError> {
    let path: PathBuf = directory.path().join("packed");
    std::fs::write(&path, bytes).expect("the directory can be written");
    open_packed(&path, stamp, &device(), Options::default())
}

fn directory() -> TempDir {
    TempDir::new().expect("there is a place for temporary files")
}

#[test]
fn a_packed_network_embeds_classifies_and_goes_back_as_the_one_it_was_packed_from() {
    let embedded = load_embedded(engine()).expect("the embedded weights load").network;
    for network in [by_formula_on("resnet18", engine()), embedded] {
        let directory = directory();
        let opened = open(&directory, &packed(&network), STAMP).expect("it is whole");
        assert_eq!(opened.description(), network.description());
        assert_eq!(values(&opened.embed(image())), values(&network.embed(image())));
        let logits = |network: &ConvNet| {
            network
                .classifier()
                .map(|classifier| values(&classifier.forward(network.embed(image()))))
        };
        assert_eq!(logits(&opened), logits(&network));
        let layer = clean_layers(&network)[2];
        let gradients = |network: &ConvNet| {
            let activations = network.forward_to(image(), layer).grid;
            let tail = network
                .tail(&activations.clone().into(), layer)
                .expect("the engine goes back by itself");
            let gradients = Tensor::ones([1, 1, network.embedding_width()], &device());
            values(&tail.pull_back(gradients))
        };
        assert_eq!(gradients(&opened), gradients(&network));
        // The twin for autodiff is made from the packed weights.
        let tracked =
            opened.forward_from(network.forward_to(image(), layer).grid.autodiff().into(), layer);
        assert!(tracked.is_autodiff());
    }
}

#[test]
fn a_packed_network_of_other_weights_is_stale() {
    let bytes = packed(&load_embedded(engine()).expect("the embedded weights load").network);
    let refused = open(&directory(), &bytes, "other weights").err();
    assert!(matches!(refused, Some(PackedError::Stale { .. })), "{refused:?}");
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let bytes = packed(&load_embedded(engine()).expect("the embedded weights load").network);
    let directory = directory();
    let lengths = [0, 1, 8, 15, 16, 100, 5000, 20_000, bytes.len() / 2, bytes.len() - 1];
    for length in lengths {
        let refused = open(&directory, &bytes[..length], STAMP).err();
        assert!(refused.is_some(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn a_header_with_any_byte_changed_is_refused_or_means_the_same() {
    let network = load_embedded(engine()).expect("the embedded weights load").network;
    let bytes = packed(&network);
    let header = 80 + u64::from_le_bytes(bytes[8..16].try_into().expect("eight bytes")) as usize;
    let expected = values(&network.embed(image()));
    let directory = directory();
    for at in (0..header).step_by(131) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if let Ok(opened) = open(&directory, &changed, STAMP) {
            assert_eq!(values(&opened.embed(image())), expected, "byte {at}");
        }
    }
}

#[test]
fn what_does_not_run_in_the_engine_has_no_packed_form() {
    let mut bytes = Vec::new();
    let written = write_packed(&by_formula("resnet18"), STAMP, &mut bytes);
    assert!(!written.expect("nothing is written") && bytes.is_empty());
    let missing =
        open_packed(&PathBuf::from("/nowhere/at/all"), STAMP, &device(), Options::default());
    assert!(matches!(missing.err(), Some(PackedError::Unreadable(_))));
}
