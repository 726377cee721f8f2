//! Weight files, good, damaged and hostile: what is loaded, what is refused, and what is said then.
//!
//! `fixtures/README.md` says what each file is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, Error, GradCam, Network};
use cam_models::checkpoint::{Container, Foreign};
use cam_models::description::{Description, Operation};
use cam_models::{
    Breaches, Checkpoint, ConvNet, LoadError, Loaded, Strictness, architectures, describe,
    identify, load, load_checkpoint,
};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{assert_near, values};
use cam_tests::device;
use cam_tests::golden::{self, Golden};

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

mod containers {
    use super::*;

    /// Embedding and logits are those of the safetensors file, bit for bit.
    #[track_caller]
    fn assert_is_the_same_network(name: &str, container: Container) {
        let checkpoint = Checkpoint::open(&fixture(name)).expect("the file is sound");
        assert_eq!(checkpoint.container(), container);
        let (found, expected) = (open(name), open("tiny_basic.safetensors"));
        assert!(found.breaches.is_empty(), "{}", found.breaches);
        assert_eq!(found.network.description(), expected.network.description());
        assert_eq!(embedding(&found.network), embedding(&expected.network));
        assert_eq!(logits(&found.network), logits(&expected.network));
    }

    #[track_caller]
    fn assert_is_nearly_the_same_network(name: &str, tolerance: f32) {
        let (found, expected) = (open(name).network, open("tiny_basic.safetensors").network);
        assert_ne!(embedding(&found), embedding(&expected), "rounded weights leave a trace");
        assert_near("embedding", &embedding(&found), &embedding(&expected), tolerance);
        assert_near("logits", &logits(&found), &logits(&expected), tolerance);
    }

    #[test]
    fn a_zip_pth_is_read() {
        assert_is_the_same_network("tiny_basic.pth", Container::PytorchZip);
    }

    #[test]
    fn a_pth_from_before_the_zip_format_is_read() {
        assert_is_the_same_network("tiny_basic-legacy.pth", Container::PytorchLegacy);
    }

    #[test]
    fn a_pth_of_the_first_tar_format_is_read() {
        assert_is_the_same_network("tiny_basic-tar.pth", Container::PytorchTar);
    }

    #[test]
    fn a_compressed_zip_is_read() {
        assert_is_the_same_network("tiny_basic-deflated.pth", Container::PytorchZip);
    }

    #[test]
    fn a_state_dict_of_a_data_parallel_network_below_a_key_is_read() {
        assert_is_the_same_network("tiny_basic-nested-state_dict.pth", Container::PytorchZip);
    }

    #[test]
    fn a_state_dict_below_the_key_model_is_read() {
        assert_is_the_same_network("tiny_basic-nested-model.pth", Container::PytorchZip);
    }

    #[test]
    fn a_training_checkpoint_is_read_without_its_optimizer_and_settings() {
        assert_is_the_same_network("tiny_basic-checkpoint.pth", Container::PytorchZip);
    }

    #[test]
    fn a_pickled_whole_model_is_read_without_its_code() {
        assert_is_the_same_network("tiny_basic-whole-model.pth", Container::PytorchZip);
    }

    #[test]
    fn strided_tensors_are_read_in_their_logical_order() {
        assert_is_the_same_network("tiny_basic-strided.pth", Container::PytorchZip);
    }

    #[test]
    fn views_into_one_shared_storage_are_read() {
        assert_is_the_same_network("tiny_basic-shared.pth", Container::PytorchZip);
    }

    #[test]
    fn doubles_are_rounded_to_the_same_floats() {
        assert_is_the_same_network("tiny_basic-f64.pth", Container::PytorchZip);
    }

    #[test]
    fn half_precision_is_read() {
        assert_is_nearly_the_same_network("tiny_basic-f16.pth", HALF);
        assert_is_nearly_the_same_network("tiny_basic-f16.safetensors", HALF);
    }

    #[test]
    fn bfloat16_is_read() {
        assert_is_nearly_the_same_network("tiny_basic-bf16.pth", BFLOAT);
        assert_is_nearly_the_same_network("tiny_basic-bf16.safetensors", BFLOAT);
    }

    #[test]
    fn a_pth_and_a_safetensors_file_of_the_same_rounded_weights_are_the_same_network() {
        for element in ["f16", "bf16"] {
            let [pth, safetensors] = ["pth", "safetensors"]
                .map(|end| open(&format!("tiny_basic-{element}.{end}")).network);
            assert_eq!(embedding(&pth), embedding(&safetensors));
        }
    }

    #[test]
    fn the_content_of_a_file_counts_and_not_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, disguise) in
            [("tiny_basic.pth", "a.safetensors"), ("tiny_basic.safetensors", "b.pth")]
        {
            let path = folder.path().join(disguise);
            std::fs::copy(fixture(name), &path).expect("copied");
            let network = load(&path, Strictness::Exact, &device())
                .unwrap_or_else(|error| panic!("{error}"))
                .network;
            assert_eq!(embedding(&network), embedding(&open(name).network));
        }
    }
}

mod inference {
    use super::*;

    /// Groups of the 3×3 convolutions, by block.
    fn groups(description: &Description) -> Vec<usize> {
        let inner =
            description.convolutions().filter(|convolution| convolution.key.ends_with(".conv2"));
        inner.map(|convolution| convolution.groups).collect()
    }

    fn inferred(name: &str) -> Description {
        open(name).network.description().clone()
    }

    #[test]
    fn basic_blocks_are_told_from_bottlenecks() {
        assert_eq!(
            inferred("tiny_basic.safetensors").name,
            "resnet (basic 1-2-1-1, widths 6-8-10-12)"
        );
        assert!(inferred("tiny_bottleneck.safetensors").name.contains("bottleneck 1-1-2-1"));
        assert!(inferred("tiny_resnext.safetensors").name.contains("4 groups"));
    }

    #[test]
    fn groups_follow_from_the_shape_of_the_3x3_convolution() {
        assert_eq!(groups(&inferred("tiny_resnext.safetensors")), [4; 4]);
        assert_eq!(groups(&inferred("tiny_wide.safetensors")), [1; 4]);
        assert_eq!(groups(&inferred("tiny_bottleneck.safetensors")), [1; 5]);
    }

    #[test]
    fn the_widths_inside_and_behind_blocks_are_those_of_the_file() {
        let wide = inferred("tiny_wide.safetensors");
        let shape = |key: &str| {
            let found = wide.convolutions().find(|convolution| convolution.key == key);
            found.map(|convolution| (convolution.inputs, convolution.outputs))
        };
        assert_eq!(shape("layer2.0.conv1"), Some((12, 8)));
        assert_eq!(shape("layer2.0.conv2"), Some((8, 8)));
        assert_eq!(shape("layer2.0.conv3"), Some((8, 16)));
        assert_eq!(shape("layer2.0.downsample.0"), Some((12, 16)));
    }

    #[test]
    fn the_number_of_classes_is_that_of_the_file() {
        for (name, classes) in
            [("tiny_basic", 5), ("tiny_bottleneck", 7), ("tiny_resnext", 4), ("tiny_lite", 5)]
        {
            let classifier = inferred(&format!("{name}.safetensors")).classifier;
            assert_eq!(classifier.map(|classifier| classifier.classes), Some(classes), "{name}");
        }
    }

    #[test]
    fn a_network_without_fc_has_an_embedding_and_no_classifier() {
        let network = open("tiny_headless.safetensors").network;
        assert!(network.classifier().is_none());
        assert_eq!(network.embedding_width(), 8);
        assert_eq!(embedding(&network).len(), 2 * 8);
    }

    #[test]
    fn a_stage_of_unchanged_width_still_has_its_downsample() {
        let headless = inferred("tiny_headless.safetensors");
        assert!(
            headless.convolutions().any(|convolution| convolution.key == "layer3.0.downsample.0")
        );
        let basic = inferred("tiny_basic.safetensors");
        assert!(basic.convolutions().all(|convolution| convolution.key != "layer1.0.downsample.0"));
    }

    #[test]
    fn an_efficientnet_lite_of_other_widths_is_recognised_by_its_stages() {
        let lite = inferred("tiny_lite.safetensors");
        assert!(lite.name.starts_with("efficientnet-lite"), "{}", lite.name);
        let strides = lite.steps.iter().filter_map(|step| match &step.operation {
            Operation::Convolution(convolution) if convolution.stride == 2 => {
                Some(convolution.key.as_str())
            }
            _ => None,
        });
        let expected = ["_conv_stem", "_blocks.1._depthwise_conv", "_blocks.3._depthwise_conv"];
        let expected =
            expected.into_iter().chain(["_blocks.4._depthwise_conv", "_blocks.7._depthwise_conv"]);
        assert_eq!(strides.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn every_known_architecture_is_recognised_by_names_and_shapes_alone_wrapped_or_not() {
        for architecture in architectures() {
            for prefix in ["", "module.", "state_dict.module."] {
                let described = describe(architecture).expect("it is known");
                let checkpoint = hollow(&described, prefix);
                let (_, found) =
                    identify(checkpoint).unwrap_or_else(|error| panic!("{architecture}: {error}"));
                assert_eq!(found, described, "{architecture} below `{prefix}`");
            }
        }
    }

    /// A checkpoint with the names and shapes of a network. Its values are zeros that nobody reads, so that the
    /// operating system never has to provide them.
    fn hollow(description: &Description, prefix: &str) -> Checkpoint {
        let mut end = 0;
        let entries = shapes(description).into_iter().map(|(name, shape)| {
            let begin = end;
            end += shape.iter().product::<usize>();
            (
                format!("{prefix}{name}"),
                serde_json::json!({
                    "dtype": "F8_E4M3", "shape": shape, "data_offsets": [begin, end],
                }),
            )
        });
        let header = serde_json::Value::Object(entries.collect()).to_string();
        let mut bytes = vec![0; 8 + header.len() + end];
        bytes[..8].copy_from_slice(&(header.len() as u64).to_le_bytes());
        bytes[8..8 + header.len()].copy_from_slice(header.as_bytes());
        Checkpoint::from_safetensors(Path::new("hollow"), bytes).expect("the header is sound")
    }

    fn shapes(description: &Description) -> Vec<(String, Vec<usize>)> {
        let mut shapes = Vec::new();
        for convolution in description.convolutions() {
            shapes
                .push((format!("{}.weight", convolution.key), convolution.weight_shape().to_vec()));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                shapes
                    .push((format!("{}.{part}", convolution.norm.key), vec![convolution.outputs]));
            }
        }
        if let Some(classifier) = &description.classifier {
            shapes.push((
                format!("{}.weight", classifier.key),
                vec![classifier.classes, classifier.inputs],
            ));
            shapes.push((format!("{}.bias", classifier.key), vec![classifier.classes]));
        }
        shapes
    }
}

mod hostile_files {
    use super::*;

    /// Where a command or an archive could have left its trace.
    fn assert_nothing_ran() {
        for place in ["pwned", "../pwned", "/pwned", "/tmp/pwned"] {
            assert!(!Path::new(place).exists(), "{place} was written");
        }
        assert!(!fixture("pwned").exists() && !fixture("../pwned").exists());
    }

    /// The file does name the function that would run a command.
    fn assert_is_hostile(name: &str) {
        assert!(
            bytes(name).windows(12).any(|window| window == b"posix\nsystem"),
            "{name} is harmless"
        );
    }

    #[test]
    fn an_object_that_runs_a_command_when_unpickled_does_nothing_beside_a_complete_network() {
        assert_is_hostile("hostile.pth");
        let network = open("hostile.pth").network;
        assert_eq!(embedding(&network), embedding(&open("tiny_basic-f16.pth").network));
        assert_nothing_ran();
    }

    #[test]
    fn a_bare_pickle_that_runs_a_command_is_refused_unrun() {
        assert_is_hostile("hostile-pickle.pth");
        refusal("hostile-pickle.pth");
        assert_nothing_ran();
    }

    #[test]
    fn a_legacy_file_that_runs_a_command_is_refused_unrun() {
        assert_is_hostile("hostile-legacy.pth");
        refusal("hostile-legacy.pth");
        assert_nothing_ran();
    }

    #[test]
    fn entries_of_a_zip_that_point_to_a_parent_folder_are_never_written() {
        let network = open("parent-folder.pth").network;
        assert_eq!(embedding(&network), embedding(&open("tiny_basic-f16.pth").network));
        assert_nothing_ran();
    }

    #[test]
    fn a_tensor_that_says_it_has_eight_gigabytes_is_refused_by_its_shape_and_never_made() {
        let start = Instant::now();
        let error = refusal("expanded-to-eight-gigabytes.pth");
        assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());
        assert_says(&error, &["layer1.0.conv1.weight is [46340, 46340]"]);
    }

    #[test]
    fn a_storage_that_is_shorter_than_its_tensor_is_named() {
        let breaches = breaches("short-storage.pth");
        assert_eq!(names(&breaches.invalid), ["conv1.weight"]);
    }

    #[test]
    fn a_storage_that_says_it_has_2_to_the_60_elements_is_named_and_never_made() {
        let breaches = breaches("long-storage-legacy.pth");
        assert_eq!(names(&breaches.invalid), ["conv1.weight"]);
    }
}

mod files_that_are_no_weights {
    use super::*;

    #[track_caller]
    fn assert_is_not_weights(name: &str, says: &[&str]) {
        let error = refusal(name);
        assert!(matches!(error, LoadError::NotWeights { .. }), "{error}");
        assert_says(&error, says);
    }

    #[test]
    fn a_web_page_is_called_one() {
        assert_is_not_weights("html.pth", &["an HTML page", "get the file itself"]);
    }

    #[test]
    fn a_git_lfs_pointer_is_called_one_with_the_command_that_fetches_the_file() {
        assert_is_not_weights("lfs-pointer.pth", &["a Git LFS pointer", "git lfs pull"]);
    }

    #[test]
    fn an_empty_file_is_called_one() {
        assert_is_not_weights("empty.pth", &["an empty file", "get it again"]);
    }

    #[test]
    fn a_file_of_one_byte_is_refused() {
        assert_is_not_weights("one-byte.pth", &[".pth or .safetensors"]);
    }

    #[test]
    fn a_text_is_refused() {
        assert_is_not_weights("text.pth", &[".pth or .safetensors"]);
    }

    #[test]
    fn a_gzip_archive_is_called_one() {
        assert_is_not_weights("gzipped.pth", &["a gzip archive"]);
    }

    #[test]
    fn a_folder_is_called_one() {
        assert_is_not_weights("", &["a directory"]);
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = refusal("nothing-here.pth");
        assert!(matches!(error, LoadError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn a_pickle_of_settings_has_no_tensors_of_a_network() {
        let error = refusal("no-tensors.pth");
        assert!(
            matches!(error, LoadError::NotWeights { found: Foreign::NoTensors, .. }),
            "{error}"
        );
    }

    #[test]
    fn another_architecture_is_refused_with_some_of_its_tensors_and_the_families_that_are_known() {
        let error = refusal("vgg.safetensors");
        assert!(matches!(error, LoadError::UnknownArchitecture { tensors: 8, .. }), "{error}");
        assert_says(&error, &["features.0.", "ResNet", "EfficientNet-Lite"]);
    }
}

mod damaged_files {
    use super::*;

    #[track_caller]
    fn assert_is_malformed(name: &str, expected: Container, says: &str) {
        let error = refusal(name);
        match &error {
            LoadError::Malformed { container, .. } => assert_eq!(*container, expected, "{error}"),
            _ => panic!("not called damaged: {error}"),
        }
        assert_says(&error, &[says]);
    }

    #[test]
    fn a_zip_that_ends_early_is_refused() {
        assert_is_malformed(
            "truncated.pth",
            Container::PytorchZip,
            "download it again, or export it anew",
        );
    }

    #[test]
    fn a_legacy_file_that_ends_early_is_refused() {
        assert_is_malformed(
            "truncated-legacy.pth",
            Container::PytorchLegacy,
            "beyond the end of the file",
        );
    }

    #[test]
    fn an_encrypted_zip_says_that_it_wants_a_password() {
        assert_is_malformed("encrypted.pth", Container::PytorchZip, "assword");
    }

    #[test]
    fn safetensors_that_end_early_are_refused() {
        assert_is_malformed("truncated.safetensors", Container::Safetensors, "not fully covered");
    }

    #[test]
    fn a_header_longer_than_the_file_is_refused() {
        assert_is_malformed(
            "header-longer-than-file.safetensors",
            Container::Safetensors,
            "header length",
        );
    }

    #[test]
    fn a_header_of_2_to_the_63_bytes_is_refused() {
        assert_is_malformed(
            "header-of-2-to-the-63.safetensors",
            Container::Safetensors,
            "header too large",
        );
    }

    #[test]
    fn a_header_that_is_no_json_is_refused() {
        assert_is_malformed("header-not-json.safetensors", Container::Safetensors, "invalid JSON");
    }

    #[test]
    fn tensors_that_overlap_are_refused_by_name() {
        assert_is_malformed("overlapping.safetensors", Container::Safetensors, "`b`");
    }

    #[test]
    fn bytes_between_tensors_are_refused() {
        assert_is_malformed("hole.safetensors", Container::Safetensors, "`b`");
    }

    #[test]
    fn a_name_that_appears_twice_is_refused() {
        assert_is_malformed("duplicate-key.safetensors", Container::Safetensors, "`a`");
    }

    #[test]
    fn a_size_that_contradicts_the_element_type_is_refused() {
        assert_is_malformed("size-against-dtype.safetensors", Container::Safetensors, "data type");
    }

    #[test]
    fn an_unknown_element_type_is_refused_by_name() {
        assert_is_malformed("unknown-dtype.safetensors", Container::Safetensors, "F7");
    }

    #[test]
    fn a_tensor_beyond_the_end_of_the_file_is_refused() {
        assert_is_malformed(
            "beyond-the-end.safetensors",
            Container::Safetensors,
            "not fully covered",
        );
    }

    #[test]
    fn bytes_behind_the_last_tensor_are_refused() {
        assert_is_malformed(
            "trailing-bytes.safetensors",
            Container::Safetensors,
            "not fully covered",
        );
    }

    #[test]
    fn a_shape_whose_size_overflows_is_refused() {
        assert_is_malformed("overflowing-shape.safetensors", Container::Safetensors, "overflow");
    }
}

/// The contract's breaches by which a file is refused.
fn breaches(name: &str) -> Breaches {
    match refusal(name) {
        LoadError::Contract { breaches, .. } => *breaches,
        other => panic!("{other}"),
    }
}

fn names(invalid: &[(String, String)]) -> Vec<&str> {
    invalid.iter().map(|(name, _)| name.as_str()).collect()
}

mod the_contract {
    use super::*;

    #[test]
    fn every_missing_tensor_is_named() {
        let expected = ["layer2.1.conv2.weight", "layer4.0.bn1.running_var"];
        let missing = expected.map(str::to_owned).to_vec();
        assert_eq!(breaches("missing.safetensors"), Breaches { missing, ..Breaches::default() });
        assert_says(&refusal("missing.safetensors"), &["2 missing", expected[0], expected[1]]);
    }

    #[test]
    fn every_unexpected_tensor_is_named() {
        let expected = ["aux.bias", "layer3.0.conv9.weight"];
        let unexpected = expected.map(str::to_owned).to_vec();
        assert_eq!(
            breaches("unexpected.safetensors"),
            Breaches { unexpected, ..Breaches::default() }
        );
        assert_says(
            &refusal("unexpected.safetensors"),
            &["2 unexpected", expected[0], expected[1]],
        );
    }

    #[test]
    fn every_mis_shaped_tensor_is_named_with_both_shapes() {
        let misshaped = vec![
            ("layer2.0.bn2.bias".to_owned(), vec![9], vec![8]),
            ("layer3.0.conv2.weight".to_owned(), vec![10, 10, 5, 5], vec![10, 10, 3, 3]),
        ];
        assert_eq!(
            breaches("mis-shaped.safetensors"),
            Breaches { misshaped, ..Breaches::default() }
        );
        let says = [
            "layer2.0.bn2.bias is [9], the network needs [8]",
            "[10, 10, 5, 5], the network needs [10, 10, 3, 3]",
        ];
        assert_says(&refusal("mis-shaped.safetensors"), &says);
    }

    #[test]
    fn every_tensor_with_a_nan_is_named() {
        assert_eq!(
            names(&breaches("nan.safetensors").invalid),
            ["layer2.0.conv1.weight", "fc.bias"]
        );
        assert_says(
            &refusal("nan.safetensors"),
            &["2 invalid", "layer2.0.conv1.weight: 1 of 432 values", "fc.bias"],
        );
    }

    #[test]
    fn every_tensor_with_an_infinity_is_named() {
        assert_eq!(
            names(&breaches("infinity.safetensors").invalid),
            ["bn1.running_mean", "layer1.0.bn1.bias"]
        );
    }

    #[test]
    fn a_negative_variance_is_named() {
        assert_eq!(
            names(&breaches("negative-variance.safetensors").invalid),
            ["layer3.0.bn1.running_var"]
        );
        assert_says(&refusal("negative-variance.safetensors"), &["1 of 10 variances are negative"]);
    }

    #[test]
    fn a_classifier_for_embeddings_of_another_width_is_named() {
        let misshaped = vec![("fc.weight".to_owned(), vec![5, 13], vec![5, 12])];
        let expected = Breaches { misshaped, ..Breaches::default() };
        assert_eq!(breaches("classifier-of-another-width.safetensors"), expected);
    }

    #[test]
    fn faults_of_every_kind_are_named_at_once() {
        let breaches = breaches("several-faults.safetensors");
        assert_eq!(breaches.missing, ["layer1.0.bn2.weight"]);
        assert_eq!(breaches.unexpected, ["stray"]);
        assert_eq!(breaches.misshaped, [("layer2.0.bn1.bias".to_owned(), vec![3], vec![8])]);
        assert_eq!(names(&breaches.invalid), ["fc.weight"]);
    }

    #[test]
    fn a_file_held_against_another_network_names_what_is_missing_and_what_is_too_much() {
        let checkpoint =
            Checkpoint::open(&fixture("tiny_headless.safetensors")).expect("the file is sound");
        let described = describe("resnet50").expect("it is known");
        let error =
            load_checkpoint(checkpoint, Some(described), Strictness::Exact, &device()).err();
        match error {
            Some(LoadError::Contract { network, breaches, .. }) => {
                assert_eq!(network, "resnet50");
                assert!(
                    breaches.missing.contains(&"layer1.0.conv3.weight".to_owned()),
                    "{breaches}"
                );
                assert!(
                    breaches.misshaped.iter().any(|(name, _, _)| name == "conv1.weight"),
                    "{breaches}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    fn partially(name: &str) -> Option<Loaded> {
        load(&fixture(name), Strictness::Partial, &device()).ok()
    }

    #[test]
    fn a_partial_load_leaves_unexpected_tensors_out_and_reports_them() {
        let loaded = partially("unexpected.safetensors").expect("that is forgiven");
        assert_eq!(loaded.breaches.unexpected.len(), 2);
        assert_eq!(
            embedding(&loaded.network),
            embedding(&open("tiny_basic-f16.safetensors").network)
        );
    }

    #[test]
    fn a_partial_load_still_refuses_missing_convolutions_wrong_shapes_and_values() {
        for name in
            ["missing", "mis-shaped", "nan", "infinity", "negative-variance", "several-faults"]
        {
            assert!(partially(&format!("{name}.safetensors")).is_none(), "{name}");
        }
    }

    #[test]
    fn weights_of_zeros_load_and_every_map_of_them_is_flagged_as_saying_nothing() {
        let network = open("all-zero.safetensors").network;
        let layers: Vec<_> = (0..network.layers().len()).map(cam_core::Layer::new).collect();
        let explained = || -> Result<_, Error> {
            let capture = Capture::new(&network, images(), &layers)?;
            let concept = Concepts::new(12, vec![vec![1.0; 12]]).expect("a sound concept");
            let explanation = capture.explain(&GradCam, &CosineSimilarity::to(concept))?;
            cam_core::finish(&explanation.raw_maps(), [37, 45], cam_core::Arithmetic::Standard)
        };
        let finished = explained().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(finished.degenerate, [true, true]);
        assert!(values(&finished.maps).iter().all(|&value| value == 0.0));
    }
}

mod corruption {
    use super::*;

    const CONTAINERS: [&str; 5] = [
        "tiny_basic-legacy.pth",
        "tiny_basic-tar.pth",
        "tiny_basic-deflated.pth",
        "tiny_basic-f16.pth",
        "tiny_basic-f16.safetensors",
    ];

    /// Loads what is left of a file; a panic names the change that caused it.
    fn attempt(path: &Path, content: &[u8], what: &str) -> Option<ConvNet> {
        std::fs::write(path, content).expect("written");
        let network = std::panic::catch_unwind(|| {
            load(path, Strictness::Exact, &device()).ok().map(|loaded| loaded.network)
        });
        network.unwrap_or_else(|_| panic!("panicked: {what}"))
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_or_still_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in CONTAINERS {
            let (whole, expected) = (bytes(name), embedding(&open(name).network));
            let path = folder.path().join(name);
            // A prime step meets all alignments; the ends are where the containers keep their indices.
            let ends = (0..200).chain(whole.len() - 200..whole.len());
            for length in ends.chain((0..whole.len()).step_by(149)) {
                let what = format!("{name} cut to {length} bytes");
                if let Some(network) = attempt(&path, &whole[..length], &what) {
                    assert_eq!(embedding(&network), expected, "{what}");
                }
            }
        }
    }

    #[test]
    fn a_changed_byte_anywhere_never_panics() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in CONTAINERS {
            let mut content = bytes(name);
            let path = folder.path().join(name);
            for at in (0..content.len()).step_by(53) {
                for change in [0x01, 0x80, 0xff] {
                    content[at] ^= change;
                    attempt(
                        &path,
                        &content,
                        &format!("{name} with byte {at} changed by {change:#x}"),
                    );
                    content[at] ^= change;
                }
            }
        }
    }
}

mod crafted_shapes {
    use super::*;
    use cam_tests::networks::{Entry, safetensors};

    fn refused(entries: &[Entry]) -> String {
        let checkpoint = Checkpoint::from_safetensors(Path::new("crafted"), safetensors(entries));
        let loaded =
            checkpoint.and_then(|file| load_checkpoint(file, None, Strictness::Exact, &device()));
        loaded.err().expect("it is refused").to_string()
    }

    fn entry(name: &str, shape: &[usize]) -> Entry {
        (name.to_owned(), shape.to_vec(), vec![0.5; shape.iter().product()])
    }

    #[test]
    fn convolutions_without_channels_are_refused() {
        let bottleneck = [
            entry("layer1.0.conv1.weight", &[0, 64, 1, 1]),
            entry("layer1.0.conv2.weight", &[0, 4, 3, 3]),
            entry("layer1.0.conv3.weight", &[8, 0, 1, 1]),
            entry("conv1.weight", &[4, 3, 7, 7]),
        ];
        assert!(refused(&bottleneck).contains("layer1"));
        let lite = [entry("_conv_stem.weight", &[0, 3, 3, 3]), entry("_bn0.weight", &[0])];
        assert!(refused(&lite).contains("_conv_stem"));
    }

    #[test]
    fn names_that_promise_an_endless_network_end_soon() {
        let names = (1..200).map(|stage| format!("layer{stage}.999999.conv1.weight"));
        let mut entries: Vec<Entry> = names.map(|name| entry(&name, &[4, 4, 3, 3])).collect();
        entries.push(entry("layer1.0.conv1.weight", &[4, 4, 3, 3]));
        entries.push(entry("layer1.0.conv2.weight", &[4, 4, 3, 3]));
        entries.push(entry("conv1.weight", &[4, 3, 7, 7]));
        let start = Instant::now();
        assert!(refused(&entries).contains("missing"));
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
