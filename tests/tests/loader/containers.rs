use super::*;

/// Embedding and logits are those of the safetensors file, bit for bit.
#[track_caller]
fn assert_is_the_same_network(name: &str, container: Container) {
    let checkpoint = Checkpoint::open(&fixture(name)).expect("the file is sound");
    assert_eq!(checkpoint.container(), container);
    let (found, expected) = (open(name), open("tiny_basic.safetensors"));
    assert!(found.mismatches.is_empty(), "{}", found.mismatches);
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
fn a_zip_pth_is_read_whatever_its_name_is_when_it_is_saved() {
    assert_is_the_same_network("twenty-one-characters.pth", Container::PytorchZip);
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
        let [pth, safetensors] =
            ["pth", "safetensors"].map(|end| open(&format!("tiny_basic-{element}.{end}")).network);
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
