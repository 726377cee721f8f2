//! What is asked for wrongly, and what the answer is.

use crate::support::Place;

#[test]
fn a_mistyped_name_is_answered_with_the_nearest_ones() {
    let place = Place::new();
    let lines = [
        "explain cat.png --concept coffee.png --model resnte50",
        "explain cat.png --concept coffee.png --model zzzz",
        "list layers -m resnte50",
        "list layers -m efficientnet-lit0",
        "explain cat.png --concept coffee.png --model efficientnet-lit0",
        "fetch resnt18 resnet34",
        "explain cat.png --concept coffee.png --layer blok10",
        "explain cat.png --concept coffee.png --layer zzzz",
        "explain cat.png --concept coffee.png --device cua",
        "explain cat.png --concept coffee.png --device zzzz",
        "explain cat.png --concept coffee.png --device cuda",
        "explain cat.png --concept coffee.png --device cpu:x",
        "explain cat.png --concept coffee.png --colormap turbbo",
        "explain cat.png --concept coffee.png --target cosin",
        "explain cat.png --concept coffee.png --compat pytorch",
        "completions bsh",
        "explian cat.png",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    let place = Place::new();
    let lines = [
        "explain cat.png --top 2 --class 3",
        "explain cat.png --top 0",
        "explain --concept cat.png --concept coffee.png",
        "explain --class 3",
        "explain cat.png --class 1000",
        "explain cat.png --class -1",
        "explain cat.png --class cat",
        "explain cat.png --class sport-car",
        "explain cat.png --class CARDIGAN",
        "explain cat.png --concept coffee.png --target softmax",
        "explain cat.png --class 1 --target dot",
        "explain cat.png --class 1 --difference",
        "explain cat.png --concept coffee.png --size 0",
        "explain cat.png --concept coffee.png --size 0x12",
        "explain cat.png --concept coffee.png -q -v",
        "explain cat.png --concept coffee.png --out",
        "embed cat.png",
        "fetch",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn a_concept_takes_one_image_so_that_the_order_of_words_does_not_matter() {
    let place = Place::new();
    let explain = |words: &str| place.say(words).done().json()["queries"][0]["questions"].clone();
    let behind = explain("explain -c coffee.png cat.png --size 64 --json");
    assert_eq!(behind, explain("explain cat.png -c coffee.png --size 64 -j"));
    assert_eq!(behind.as_array().map(Vec::len), Some(1));
}

#[test]
fn standard_input_and_output_hold_one_thing_each() {
    let place = Place::new();
    let lines = [
        "explain - --concept -",
        "explain - - --class 1",
        "embed - - --out x.npy",
        "explain cat.png --concept coffee.png --out - --json",
        "explain cat.png --concept coffee.png --out - --raw -",
        "explain cat.png --concept coffee.png --difference --overlay -",
        "explain cat.png coffee.png --class 1 --raw -",
        "embed cat.png --out - --json",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn a_failure_of_standard_error_is_no_panic() {
    let place = Place::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let status = place.command(["explain", "missing.png", "--class", "1"]).stderr(full).status();
    assert_eq!(status.expect("the binary runs").code(), Some(1));
}

#[test]
fn nothing_asked_is_answered_with_the_help_and_a_usage_error() {
    let place = Place::new();
    let run = place.say("").ends_with(2);
    assert_eq!(run.text(), "");
    assert!(run.err.contains("Usage: cam [OPTIONS] <COMMAND>"), "{}", run.err);
}

#[test]
fn help_shows_every_command() {
    let place = Place::new();
    insta::assert_snapshot!(place.transcript(&["--help", "-h"]));
}

#[test]
fn the_version_is_the_packages() {
    let run = Place::new().say("--version").done();
    assert_eq!(run.text(), format!("cam {}\n", env!("CARGO_PKG_VERSION")));
}
