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
    assert_says(&error, &["features.0.", "ResNet", "EfficientNet", "ONNX"]);
}

#[test]
fn models_of_other_programs_are_called_what_they_are_with_what_to_do() {
    for (name, says) in [
        ("scripted.pt", ["TorchScript", "torch.jit.load(FILE).state_dict()"]),
        ("exported.pt2", ["torch.export", "torch.export.load(FILE).state_dict"]),
        ("arrays.npz", ["NumPy arrays (.npz)", "torch.save"]),
        ("array.npy", ["NumPy array (.npy)", "torch.save"]),
        ("model.keras", ["Keras archive", "state dict as a .pth"]),
        ("model.h5", ["Keras", "state dict as a .pth"]),
        ("saved-model.pb", ["SavedModel", "state dict as a .pth"]),
        ("frozen.pb", ["TensorFlow graph", "state dict as a .pth"]),
        ("checkpoint", ["TensorFlow checkpoint", "state dict as a .pth"]),
        ("model.tflite", ["TensorFlow Lite", "state dict as a .pth"]),
        ("model.mlmodel", ["Core ML", "it was made from"]),
        ("model.gguf", ["GGUF", "it was made from"]),
        ("model.onnx", ["ONNX", "it was exported from"]),
        ("model.safetensors.index.json", ["list of the files", "one file"]),
        ("other.zip", ["zip archive", "unpack it"]),
    ] {
        assert_is_not_weights(name, &says);
    }
}

#[test]
fn a_folder_of_tensorflow_is_called_a_saved_model() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("saved_model.pb"), bytes("saved-model.pb")).expect("written");
    let error = load(folder.path(), Strictness::Exact, &device()).err().expect("it is refused");
    assert!(matches!(error, LoadError::NotWeights { found: Foreign::SavedModel, .. }), "{error}");
}

#[test]
fn a_lightning_checkpoint_with_objects_among_its_settings_is_read_for_its_state_dict() {
    let found = open("lightning.ckpt");
    assert_eq!(found.source.prefix, "state_dict.model.");
    assert_eq!(embedding(&found.network), embedding(&open("tiny_headless.safetensors").network));
}

#[test]
fn a_pickle_that_only_code_can_read_names_that_code() {
    let error = refusal("lightning-code.ckpt");
    assert!(
        matches!(&error, LoadError::NeedsPython { name, .. } if name == "mine.Average"),
        "{error}"
    );
    assert_says(&error, &["torch.save(network.state_dict()"]);
}
