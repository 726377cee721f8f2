use super::*;

#[test]
fn every_missing_tensor_is_named() {
    let expected = ["layer2.1.conv2.weight", "layer4.0.bn1.running_var"];
    let missing = expected.map(str::to_owned).to_vec();
    let expected_mismatches = Mismatches { missing, missing_weights: 1, ..Mismatches::default() };
    assert_eq!(mismatches("missing.safetensors"), expected_mismatches);
    assert_says(&refusal("missing.safetensors"), &["2 missing", expected[0], expected[1]]);
}

#[test]
fn every_unexpected_tensor_is_named() {
    let expected = ["aux.bias", "layer3.0.conv9.weight"];
    let unexpected = expected.map(str::to_owned).to_vec();
    assert_eq!(
        mismatches("unexpected.safetensors"),
        Mismatches { unexpected, ..Mismatches::default() }
    );
    assert_says(&refusal("unexpected.safetensors"), &["2 unexpected", expected[0], expected[1]]);
}

#[test]
fn every_mis_shaped_tensor_is_named_with_both_shapes() {
    let misshaped = vec![
        ("layer2.0.bn2.bias".to_owned(), vec![9], vec![8]),
        ("layer3.0.conv2.weight".to_owned(), vec![10, 10, 5, 5], vec![10, 10, 3, 3]),
    ];
    assert_eq!(
        mismatches("mis-shaped.safetensors"),
        Mismatches { misshaped, ..Mismatches::default() }
    );
    let says = [
        "layer2.0.bn2.bias is [9], the network needs [8]",
        "[10, 10, 5, 5], the network needs [10, 10, 3, 3]",
    ];
    assert_says(&refusal("mis-shaped.safetensors"), &says);
}

#[test]
fn every_tensor_with_a_nan_is_named() {
    assert_eq!(names(&mismatches("nan.safetensors").invalid), ["layer2.0.conv1.weight", "fc.bias"]);
    assert_says(
        &refusal("nan.safetensors"),
        &["2 invalid", "layer2.0.conv1.weight: 1 of 432 values", "fc.bias"],
    );
}

#[test]
fn every_tensor_with_an_infinity_is_named() {
    assert_eq!(
        names(&mismatches("infinity.safetensors").invalid),
        ["bn1.running_mean", "layer1.0.bn1.bias"]
    );
}

#[test]
fn a_negative_variance_is_named() {
    assert_eq!(
        names(&mismatches("negative-variance.safetensors").invalid),
        ["layer3.0.bn1.running_var"]
    );
    assert_says(&refusal("negative-variance.safetensors"), &["1 of 10 variances are negative"]);
}

#[test]
fn a_classifier_for_embeddings_of_another_width_is_named() {
    let misshaped = vec![("fc.weight".to_owned(), vec![5, 13], vec![5, 12])];
    let expected = Mismatches { misshaped, ..Mismatches::default() };
    assert_eq!(mismatches("classifier-of-another-width.safetensors"), expected);
}

#[test]
fn faults_of_every_kind_are_named_at_once() {
    let mismatches = mismatches("several-faults.safetensors");
    assert_eq!(mismatches.missing, ["layer1.0.bn2.weight"]);
    assert_eq!(mismatches.unexpected, ["stray"]);
    assert_eq!(mismatches.misshaped, [("layer2.0.bn1.bias".to_owned(), vec![3], vec![8])]);
    assert_eq!(names(&mismatches.invalid), ["fc.weight"]);
}

#[test]
fn a_file_held_against_another_network_names_what_is_missing_and_what_is_too_much() {
    let checkpoint =
        Checkpoint::open(&fixture("tiny_headless.safetensors")).expect("the file is sound");
    let described = describe("resnet50").expect("it is known");
    let error = load_checkpoint(checkpoint, Some(described), Strictness::Exact, &device()).err();
    match error {
        Some(LoadError::Contract { network, mismatches, .. }) => {
            assert_eq!(network, "resnet50");
            assert!(
                mismatches.missing.contains(&"layer1.0.conv3.weight".to_owned()),
                "{mismatches}"
            );
            assert!(
                mismatches.misshaped.iter().any(|(name, _, _)| name == "conv1.weight"),
                "{mismatches}"
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
    assert_eq!(loaded.mismatches.unexpected.len(), 2);
    assert_eq!(embedding(&loaded.network), embedding(&open("tiny_basic-f16.safetensors").network));
}

#[test]
fn a_partial_load_still_refuses_missing_convolutions_wrong_shapes_and_values() {
    for name in ["missing", "mis-shaped", "nan", "infinity", "negative-variance", "several-faults"]
    {
        assert!(partially(&format!("{name}.safetensors")).is_none(), "{name}");
    }
}

#[test]
fn weights_of_zeros_load_and_every_map_of_them_is_flagged_as_saying_nothing() {
    let network = open("all-zero.safetensors").network;
    let layers = cam_tests::networks::clean_layers(&network);
    let explained = || -> Result<_, Error> {
        let capture = Capture::new(&network, images(), &layers)?;
        let concept = Concepts::new(12, vec![vec![1.0; 12]]).expect("a sound concept");
        let explanation = capture.explain(&GradCam, &CosineSimilarity::to(concept))?;
        explanation.postprocess([37, 45], cam_core::Arithmetic::Standard)
    };
    let finished = explained().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(finished.degenerate, [true, true]);
    assert!(cam_tests::compare::joined(&finished.maps).iter().all(|&value| value == 0.0));
}
