//! Networks that share most names with one that is known, and compute something else. Leaving tensors
//! out is no way to run them.

use super::crafted::{below, entries, refused, tensor, trunk};
use super::*;
use cam_tests::networks::Entry;

/// Refused even where mismatches are forgiven, with a word that says what it is.
#[track_caller]
fn assert_is_another_network(entries: &[Entry], name: &str, says: &str) {
    let error = refused(entries, Strictness::Partial);
    match &error {
        LoadError::Contract { mismatches, .. } => {
            let found = mismatches.unsupported.iter().find(|(found, _)| found == name);
            let (_, reason) = found.unwrap_or_else(|| panic!("{mismatches}"));
            assert!(reason.contains(says), "{reason}");
        }
        other => panic!("{other}"),
    }
    assert_says(&error, &["unsupported", name]);
}

fn with(behind: &[Entry]) -> Vec<Entry> {
    [trunk("tiny_basic.safetensors"), behind.to_vec()].concat()
}

#[test]
fn squeeze_and_excitation_in_the_blocks_is_named() {
    let name = "layer1.0.se.fc1.weight";
    assert_is_another_network(
        &with(&[tensor(name, &[2, 6, 1, 1])]),
        name,
        "squeeze-and-excitation",
    );
}

#[test]
fn instance_norm_beside_batch_norm_is_named() {
    let name = "layer1.0.bn1.IN.weight";
    assert_is_another_network(&with(&[tensor(name, &[3])]), name, "IBN");
}

#[test]
fn a_stem_of_three_convolutions_is_named() {
    let mut entries = entries("tiny_basic.safetensors");
    entries.retain(|entry| entry.0 != "conv1.weight");
    entries.push(tensor("conv1.0.weight", &[4, 3, 3, 3]));
    assert_is_another_network(&entries, "conv1.0.weight", "stem");
}

#[test]
fn a_shortcut_that_is_pooled_first_is_named() {
    let mut entries = entries("tiny_basic.safetensors");
    for (name, _, _) in &mut entries {
        if name.contains("downsample") {
            *name = name
                .replace("downsample.1.", "downsample.2.")
                .replace("downsample.0.", "downsample.1.");
        }
    }
    assert_is_another_network(&entries, "layer2.0.downsample.2.weight", "ResNet-D");
}

#[test]
fn a_norm_without_running_statistics_is_no_missing_batch_norm() {
    let mut entries = entries("tiny_basic.safetensors");
    entries.retain(|entry| !entry.0.contains("running_"));
    assert_is_another_network(&entries, "layer1.0.bn1.weight", "group norm");
}

#[test]
fn a_backbone_before_a_segmentation_head_is_dilated_and_refused() {
    let heads: [&[(&str, &[usize])]; 4] = [
        // DeepLabV3 and FCN of torchvision, FCN of mmsegmentation, DeepLabV3+ of segmentation-models.
        &[
            ("classifier.0.convs.1.0.weight", &[8, 12, 3, 3]),
            ("classifier.4.weight", &[21, 8, 1, 1]),
        ],
        &[("classifier.0.weight", &[3, 12, 3, 3]), ("classifier.4.weight", &[21, 3, 1, 1])],
        &[("decode_head.convs.0.conv.weight", &[8, 12, 3, 3])],
        &[("decoder.aspp.0.convs.0.0.weight", &[8, 12, 1, 1])],
    ];
    for head in heads {
        let head: Vec<Entry> = head.iter().map(|(name, shape)| tensor(name, shape)).collect();
        let entries = [below("backbone.", &trunk("tiny_basic.safetensors")), head.clone()].concat();
        assert_is_another_network(&entries, &head[0].0, "dilated");
    }
}

#[test]
fn an_efficientnet_with_squeeze_and_excitation_is_named() {
    let mut entries = entries("tiny_lite.safetensors");
    entries.push(tensor("_blocks.0._se_reduce.weight", &[2, 6, 1, 1]));
    let name = "_blocks.0._se_reduce.weight";
    assert_is_another_network(&entries, name, "squeeze-and-excitation");
}
