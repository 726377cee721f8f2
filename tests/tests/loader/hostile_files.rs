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
    assert!(bytes(name).windows(12).any(|window| window == b"posix\nsystem"), "{name} is harmless");
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
    let mismatches = mismatches("short-storage.pth");
    assert_eq!(names(&mismatches.invalid), ["conv1.weight"]);
}

#[test]
fn a_storage_that_says_it_has_2_to_the_60_elements_is_named_and_never_made() {
    let mismatches = mismatches("long-storage-legacy.pth");
    assert_eq!(names(&mismatches.invalid), ["conv1.weight"]);
}
