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
    assert!(matches!(error, LoadError::NotWeights { found: Foreign::NoTensors, .. }), "{error}");
}

#[test]
fn another_architecture_is_refused_with_some_of_its_tensors_and_the_families_that_are_known() {
    let error = refusal("vgg.safetensors");
    assert!(matches!(error, LoadError::UnknownArchitecture { tensors: 8, .. }), "{error}");
    assert_says(&error, &["features.0.", "ResNet", "EfficientNet-Lite"]);
}
