//! `cam embed`.

use crate::support::{Place, TINY, array};

#[test]
fn each_image_has_a_row() {
    let place = Place::new();
    let document = place.say("embed cat.png coffee.png cat.png --out e.npy --json").done().json();

    let (shape, values) = place.array("e.npy");
    assert_eq!(shape, [3, 1280]);
    assert_eq!(values[..1280], values[2560..], "the same image has the same embedding");
    assert_ne!(values[..1280], values[1280..2560]);
    assert_eq!(document["schema_version"], 2);
    assert_eq!(document["model"], "efficientnet-lite0");
    assert_eq!(document["width"], 1280);
    let names: Vec<_> = (0..3).map(|row: usize| document["rows"][row]["image"].clone()).collect();
    assert_eq!(names, ["cat.png", "coffee.png", "cat.png"]);
}

#[test]
fn an_embedding_is_the_one_that_explanations_compare() {
    let place = Place::new();
    place.say("embed cat.png coffee.png --out e.npy").done();
    let document = place.say("explain cat.png --concept coffee.png --json").done().json();

    let (_, values) = place.array("e.npy");
    let (cat, coffee) = values.split_at(1280);
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let cosine = dot(cat, coffee) / (dot(cat, cat) * dot(coffee, coffee)).sqrt();
    let told = document["queries"][0]["questions"][0]["cosine"].as_f64().expect("a number");
    // Sums of 1280 products of f32.
    assert!((cosine - told).abs() < 1e-5, "{cosine} {told}");
}

#[test]
fn embeddings_can_be_those_of_another_library_s_resize() {
    let place = Place::new();
    place.say("embed cat.png --size 100x90 --out own.npy").done();
    place.say("embed cat.png --size 100x90 --compat pytorch-grad-cam --out compat.npy").done();
    assert_ne!(place.array("own.npy").1, place.array("compat.npy").1);
}

#[test]
fn images_that_fail_have_no_row_and_are_named() {
    let place = Place::new();
    place.write("page.jpg", "<!DOCTYPE html><html></html>");
    let run =
        place.cam("embed page.jpg cat.png --out e.npy --json".split(' ').chain(TINY)).ends_with(3);
    let document = run.json();
    assert_eq!(place.array("e.npy").0, [1, 12]);
    assert_eq!(document["rows"][0]["image"], "cat.png");
    assert_eq!(document["failures"][0]["image"], "page.jpg");
    assert!(run.err.ends_with("cam: 1 of 2 images failed\n"), "{}", run.err);
}

#[test]
fn images_side_by_side_give_the_rows_and_failures_of_one_after_the_other() {
    let place = Place::new();
    place.write("page.jpg", "<!DOCTYPE html><html></html>");
    let images = "coffee.png cat.png page.jpg coffee.png missing.png cat.png cat.png";
    let run = |threads| {
        let words = format!("embed {images} --threads {threads} --out {threads}.npy --json");
        place.cam(words.split(' ').chain(TINY)).ends_with(3)
    };
    let (one, three) = (run(1), run(3));
    assert_eq!(place.array("1.npy").0, [5, 12]);
    assert_eq!(place.read("1.npy"), place.read("3.npy"));
    let (one_told, three_told) = (one.json(), three.json());
    assert_eq!(one_told["rows"], three_told["rows"]);
    assert_eq!(one_told["failures"], three_told["failures"]);
    assert_eq!(one.err, three.err);
}

#[test]
fn the_only_image_failing_is_a_failure_and_writes_nothing() {
    let place = Place::new();
    place.say("embed missing.png --out e.npy").ends_with(1);
    assert!(!place.exists("e.npy"));
}

#[test]
fn all_images_failing_is_a_failure_and_leaves_an_earlier_array_alone() {
    let place = Place::new();
    place.write("e.npy", "an earlier one");
    let words = "embed missing.png absent.png --out e.npy --json";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(1);
    assert!(run.err.ends_with("cam: none of the 2 images could be embedded\n"), "{}", run.err);
    assert_eq!(run.json()["failures"][1]["image"], "absent.png");
    assert_eq!(place.read("e.npy"), b"an earlier one");
}

#[test]
fn an_array_can_go_to_standard_output() {
    let place = Place::new();
    let run = place.cam("embed cat.png --out -".split(' ').chain(TINY)).done();
    assert_eq!(array(&run.out).0, [1, 12]);
    assert_eq!(run.err, "");
}
