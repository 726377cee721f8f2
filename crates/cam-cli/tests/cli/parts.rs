//! `cam parts`.

use crate::support::{Place, Run, TINY};

fn parts(place: &Place, words: &str) -> Run {
    place.cam(format!("factorize {words}").split_whitespace().chain(TINY))
}

#[test]
fn parts_of_several_images_are_the_same_for_the_same_seed() {
    let place = Place::new();
    let run = |out: &str, more: &str| {
        let words = format!("cat.png coffee.png --parts 2 --raw {out} --json {more}");
        parts(&place, &words).done().json()
    };
    let document = run("a.npy", "");
    run("b.npy", "");
    run("c.npy", "--seed 1");
    assert_eq!(place.read("a.npy"), place.read("b.npy"));
    assert_ne!(place.read("a.npy"), place.read("c.npy"));
    let (shape, values) = place.array("a.npy");
    assert_eq!(shape, [2, 2, 2, 3]);
    assert!(values.iter().all(|value| *value >= 0.0));
    let residual = document["residual"].as_f64().expect("a number");
    assert!((0.0..1.0).contains(&residual), "{residual}");
    for image in document["images"].as_array().expect("a list") {
        let shares = image["shares"].as_array().expect("shares").iter();
        let sum: f64 = shares.filter_map(serde_json::Value::as_f64).sum();
        assert!(sum <= 1.0 + 1e-5, "{sum}");
    }
}

#[test]
fn a_part_is_called_after_the_concept_most_like_it() {
    let place = Place::new();
    for name in ["cat", "coffee"] {
        let words = format!("concept add set.safetensors {name} {name}.png");
        place.cam(words.split_whitespace().chain(TINY)).done();
    }
    let words = "cat.png --parts 1 --concepts set.safetensors --out f.png --json";
    let document = parts(&place, words).done().json();
    // The one part of the cat is what its positions have in common.
    assert_eq!(document["parts"][0]["concept"], "cat");
    assert!(place.exists("f.png"));
}

#[test]
fn what_cannot_be_looked_at_together_is_refused() {
    let place = Place::new();
    let run = place
        .say("factorize cat.png coffee.png --size native --weights tiny_basic.safetensors")
        .ends_with(2);
    assert!(run.err.contains("give them one --size"), "{}", run.err);
    parts(&place, "cat.png --out cat.png").ends_with(2);
    parts(&place, "cat.png --parts 0").ends_with(2);
}
