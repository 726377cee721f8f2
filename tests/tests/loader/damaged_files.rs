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
    assert_is_malformed("beyond-the-end.safetensors", Container::Safetensors, "not fully covered");
}

#[test]
fn bytes_behind_the_last_tensor_are_refused() {
    assert_is_malformed("trailing-bytes.safetensors", Container::Safetensors, "not fully covered");
}

#[test]
fn a_shape_whose_size_overflows_is_refused() {
    assert_is_malformed("overflowing-shape.safetensors", Container::Safetensors, "overflow");
}
