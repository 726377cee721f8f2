//! Models of the Hugging Face hub, as far as no network is needed: from the user's own cache.

use std::fs;
use std::path::Path;

use crate::support::{Place, Run};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A cache of Hugging Face's tools with one small DINOv2 in it.
fn place() -> Place {
    let place = Place::new();
    let folder = format!("hub/models--acme--tiny/snapshots/{COMMIT}");
    for part in [&folder, "hub/models--acme--tiny/refs"] {
        fs::create_dir_all(place.path(part)).expect("a folder");
    }
    place.write("hub/models--acme--tiny/refs/main", COMMIT);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = fixture.join("../../tests/fixtures/transformers/dinov2");
    for name in ["config.json", "model.safetensors"] {
        place.write(format!("{folder}/{name}"), fs::read(fixture.join(name)).expect("a fixture"));
    }
    place
}

/// Without a network.
fn offline(place: &Place, words: &str) -> Run {
    let mut command = place.command(words.split_whitespace());
    command.env("HF_HUB_CACHE", place.path("hub")).env("HF_HUB_OFFLINE", "1");
    Run::of(command.output().expect("cam runs"))
}

#[test]
fn a_model_in_the_user_s_cache_is_explained_without_a_network() {
    let place = place();
    let words = "explain cat.png -c coffee.png --model hf:acme/tiny --json";
    let document = offline(&place, words).done().json();
    assert_eq!(document["model"], "acme/tiny");
    assert_eq!(document["embedding_width"], 32);
    let pinned = format!("explain cat.png -c coffee.png --weights hf:acme/tiny@{COMMIT} --json");
    let pinned = offline(&place, &pinned).done().json();
    assert_eq!(pinned["queries"][0]["answers"], document["queries"][0]["answers"]);
    let listed = offline(&place, "list layers -m hf:acme/tiny").done().text();
    assert!(listed.contains("encoder.layer.0 is taken"), "{listed}");
    let inspected = offline(&place, "inspect hf:acme/tiny").done().text();
    assert!(inspected.contains("dinov2"), "{inspected}");
}

#[test]
fn what_no_cache_holds_is_refused_offline_and_a_bad_reference_always() {
    let place = place();
    let words = |model: &str| format!("explain cat.png -c coffee.png --model {model}");
    let missing = offline(&place, &words("hf:acme/other")).ends_with(1);
    assert!(missing.err.contains("HF_HUB_OFFLINE is set"), "{}", missing.err);
    let bad = offline(&place, &words("hf:acme/../tiny")).ends_with(2);
    assert!(bad.err.contains("hf:ORG/NAME@REVISION"), "{}", bad.err);
}
