//! Every target over its seeds, and over changes of them that are the same every time.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "models")]
use cam_fuzz_targets::TARGETS;
use cam_fuzz_targets::mutation::mutated;
use cam_fuzz_targets::target;
use cam_random::Random;

/// Changes of seeds for each target unless `CAM_FUZZ_RUNS` says how many: some seconds together.
const RUNS: u64 = 20_000;

fn hold(name: &str) {
    let target = target(name).expect("it is in the list");
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{name} starts from something");
    seeds.iter().for_each(|seed| (target.run)(seed));
    let runs = std::env::var("CAM_FUZZ_RUNS").map_or(RUNS, |runs| runs.parse().expect("a number"));
    for number in 0..runs {
        let input = mutated(&seeds, &mut Random::new(number));
        // What was run is told, so that it can be run again.
        let ran = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        assert!(ran.is_ok(), "{name}, change {number}: {}", input.escape_ascii());
    }
}

#[test]
fn a_body_is_a_continuation_only_where_the_server_says_so() {
    hold("answer");
}

#[cfg(feature = "models")]
#[test]
fn a_tensor_has_as_many_values_as_its_shape_says() {
    hold("checkpoint");
}

#[test]
fn concepts_that_are_read_are_written_as_what_reads_the_same() {
    hold("concepts");
}

#[test]
fn an_index_that_opens_can_be_asked_everything() {
    hold("index");
}

#[test]
fn a_network_that_is_imported_fits_together_and_is_the_same_again() {
    hold("onnx");
}

#[cfg(feature = "models")]
#[test]
fn a_packed_network_that_is_taken_is_as_long_as_its_numbers() {
    hold("packed");
}

#[test]
fn a_picture_is_whole_or_damaged_and_never_both() {
    hold("picture");
}

#[cfg(feature = "models")]
#[test]
fn a_preprocessing_that_is_read_can_be_done_and_is_written_as_what_reads_the_same() {
    hold("preprocessing");
}

#[test]
fn every_target_is_held_to_its_law() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(
        names,
        ["answer", "checkpoint", "concepts", "index", "onnx", "packed", "picture", "preprocessing"]
    );
}

/// Laws that nothing is held to are none: what the seeds stand for is read.
#[test]
fn seeds_are_sound_input_for_the_most_part() {
    let concepts = (target("concepts").expect("it is there").seeds)();
    assert!(concepts.iter().all(|seed| cam_store::ConceptSet::from_bytes(seed).is_ok()));
    let texts = (target("preprocessing").expect("it is there").seeds)();
    let read = |text: &Vec<u8>| {
        cam_models::Preprocessing::from_json(&String::from_utf8_lossy(text)).is_ok()
    };
    assert!(texts.iter().all(read));
    let pictures = (target("picture").expect("it is there").seeds)();
    let options = cam_viz::DecodeOptions::default();
    let decoded = pictures.iter().filter(|seed| cam_viz::decode(seed, &options).is_ok()).count();
    assert!(decoded * 2 > pictures.len(), "{decoded} of {}", pictures.len());
}
