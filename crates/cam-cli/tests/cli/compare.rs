//! `cam compare`.

use crate::support::{Place, Run, TINY};

fn compare(place: &Place, words: &str) -> Run {
    place.cam(format!("compare {words}").split_whitespace().chain(TINY))
}

#[test]
fn everything_that_is_shown_adds_up_to_the_cosine() {
    let place = Place::new();
    let run = compare(&place, "cat.png coffee.png --raw pairs.npy --json --point 0,0");
    let document = run.done().json();
    let cosine = document["cosine"].as_f64().expect("a number");
    let (shape, values) = place.array("pairs.npy");
    assert_eq!(shape, [2, 3, 2, 3]);
    let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
    assert!((sum - cosine).abs() < 1e-5, "{sum} of {cosine}");
    for side in 0..2 {
        let sum = document["images"][side]["sum"].as_f64().expect("a number");
        assert!((sum - cosine).abs() < 1e-5, "{sum} of {cosine}");
    }
    let row: f64 = values[..6].iter().map(|&value| f64::from(value)).sum();
    let point = &document["points"][0];
    assert!((point["sum"].as_f64().expect("a number") - row).abs() < 1e-6);
    assert_eq!(point["map"].as_array().expect("a row").len(), 6);
}

#[test]
fn the_cosine_is_that_of_the_embeddings() {
    let place = Place::new();
    let compared = compare(&place, "cat.png coffee.png --json").done().json();
    let explain = "explain cat.png --concept coffee.png --json".split_whitespace().chain(TINY);
    let explained = place.cam(explain).done().json();
    let cosine = &explained["queries"][0]["questions"][0]["cosine"];
    let [a, b] = [&compared["cosine"], cosine].map(|value| value.as_f64().expect("a number"));
    assert!((a - b).abs() < 1e-5, "{a} and {b}");
}

#[test]
fn an_image_is_all_like_itself() {
    let place = Place::new();
    let document = compare(&place, "cat.png cat.png --json --lines 3").done().json();
    let cosine = document["cosine"].as_f64().expect("a number");
    assert!((cosine - 1.0).abs() < 1e-5, "{cosine}");
    assert_eq!(document["images"][0]["map"], document["images"][1]["map"]);
    assert_eq!(document["correspondences"].as_array().expect("a list").len(), 3);
}

#[test]
fn without_outputs_a_figure_is_named_after_both() {
    let place = Place::new();
    compare(&place, "cat.png coffee.png --point 10,10").done();
    assert!(place.size("cat+coffee.compare.png").0 > 600);
}

#[test]
fn what_cannot_be_meant_is_refused_before_any_work() {
    let place = Place::new();
    for (words, says) in [
        ("- -", "standard input holds one image"),
        ("cat.png coffee.png --point 3", "write across and down"),
        ("cat.png coffee.png --point 9999,0", "lies outside cat.png"),
        ("cat.png coffee.png --out x.gif", "x.gif"),
        ("cat.png coffee.png --out cat.png", "cat.png"),
        ("cat.png coffee.png --json --out -", "standard output holds one thing"),
    ] {
        let run = compare(&place, words);
        assert_eq!(run.code, 2, "{words}: {}", run.err);
        assert!(run.err.contains(says), "{words}: {}", run.err);
    }
}
