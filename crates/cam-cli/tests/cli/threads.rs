//! A machine that starts no further threads.

use crate::support::{Place, Run, TINY};

/// Runs the binary where a thread's stack would have to be larger than any memory.
fn without_threads(place: &Place, words: &str) -> Run {
    let mut command = place.command(words.split_whitespace().chain(TINY));
    command.env("RUST_MIN_STACK", (1_u64 << 60).to_string());
    Run::of(command.output().expect("the binary runs"))
}

#[test]
fn where_no_thread_can_be_started_everything_is_done_by_the_first_one() {
    let place = Place::new();
    place.cam("concept add set.safetensors cat cat.png".split(' ').chain(TINY)).done();
    for words in [
        "embed cat.png coffee.png --out",
        "explain cat.png --concept coffee.png --raw",
        "compare cat.png coffee.png --raw",
    ] {
        without_threads(&place, &format!("{words} alone.npy")).done();
        place.cam(format!("{words} together.npy").split(' ').chain(TINY)).done();
        assert!(place.read("alone.npy") == place.read("together.npy"), "{words}");
    }
    for (folder, words) in [("i", "index . --index i"), ("o", "batch . --out o --as centroid")] {
        let words = match folder {
            "o" => format!("{words} --concepts set.safetensors"),
            _ => words.to_owned(),
        };
        without_threads(&place, &words).done();
    }
    without_threads(&place, "search cat.png --index i").done();
}

#[test]
fn threads_that_were_asked_for_and_cannot_be_started_are_an_error() {
    let place = Place::new();
    let run = without_threads(&place, "embed cat.png --out e.npy --threads 3").ends_with(1);
    assert!(run.err.contains("only 1 of 3 threads could be started"), "{}", run.err);
    assert!(!place.exists("e.npy"));
}
