//! `cam explain --method` and `cam methods`.

use crate::support::{Place, Run, TINY, is_engine};

/// Explains the cat with a small network, two questions.
fn explain(place: &Place, more: &str) -> Run {
    let words = format!("explain cat.png --concept coffee.png --difference {more}");
    place.cam(words.split_whitespace().chain(TINY))
}

#[test]
fn every_method_answers_with_finite_maps_of_the_layer_or_the_input() {
    let place = Place::new();
    let listed = place.say("list methods --json").done().json();
    let names: Vec<&str> = listed["methods"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|method| method["needs"] != serde_json::json!(["a transformer"]))
        .map(|method| method["name"].as_str().expect("a name"))
        // These need several layers, or a class.
        .filter(|&name| !["refine-cam", "finer-cam"].contains(&name))
        .filter(|name| is_engine() || !name.starts_with("guided"))
        .collect();
    assert_eq!(names.len(), if is_engine() { 27 } else { 25 });
    let run = explain(
        &place,
        &format!(
            "--method {} --samples 3 --top-channels 4 --raw {{method}}.npy --json",
            names.join(",")
        ),
    );
    let document = run.done().json();
    assert_eq!(document["methods"], serde_json::json!(names));
    let at_input = [
        "full-grad",
        "integrated-gradients",
        "smooth-grad",
        "guided-backprop",
        "guided-grad-cam",
        "occlusion",
        "rise",
    ];
    for name in names {
        let (shape, values) = place.array(&format!("{name}.npy"));
        let size = match name {
            name if at_input.contains(&name) => [2, 64, 96],
            _ => [2, 2, 3],
        };
        assert_eq!(shape, size, "{name}");
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
        assert!(values.iter().any(|&value| value != 0.0), "{name}");
    }
}

#[test]
fn answers_to_a_question_lie_together_one_for_each_method() {
    let place = Place::new();
    let document = explain(&place, "--method fem,grad-cam,fem --json").done().json();
    let asked: Vec<(String, String)> = document["queries"][0]["questions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|answer| (answer["kind"].to_string(), answer["method"].to_string()))
        .map(|(kind, method)| (kind.replace('"', ""), method.replace('"', "")))
        .collect();
    let expected = [
        ("similarity", "fem"),
        ("similarity", "grad-cam"),
        ("difference", "fem"),
        ("difference", "grad-cam"),
    ];
    assert_eq!(asked, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn methods_stand_side_by_side_in_the_figure() {
    let place = Place::new();
    explain(&place, "--out one.png").done();
    explain(&place, "--method grad-cam,layer-cam,fem --out three.png").done();
    assert!(place.size("three.png").0 > place.size("one.png").0);
}

#[test]
fn a_row_of_many_methods_goes_on_below() {
    let place = Place::new();
    let names = "grad-cam,hires-cam,x-grad-cam,layer-cam,fem,eigen-cam";
    explain(&place, &format!("--method {names} --out wide.png")).done();
    explain(&place, "--method grad-cam,layer-cam,fem --out narrow.png").done();
    let [wide, narrow] = ["wide.png", "narrow.png"].map(|name| place.size(name));
    assert_eq!(wide.0, narrow.0, "eight panels are the widest");
    assert!(wide.1 > narrow.1 * 3 / 2, "{wide:?} {narrow:?}");
}

#[test]
fn methods_that_coincide_are_told_and_do_coincide() {
    let place = Place::new();
    let listed = place.say("list methods --json").done().json();
    let groups = listed["coincide"].as_array().expect("a list");
    assert_eq!(groups.len(), 2);
    for group in groups {
        let names: Vec<&str> =
            group.as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
        let words = format!(
            "explain cat.png --concept coffee.png --method {} --map {{method}}.npy",
            names.join(",")
        );
        place.say(&words).done();
        let first = place.array(&format!("{}.npy", names[0])).1;
        for name in &names[1..] {
            let map = place.array(&format!("{name}.npy")).1;
            let difference = first.iter().zip(&map).map(|(a, b)| (a - b).abs());
            // Finished maps in 0..=1 of raw maps that differ by rounding and a factor.
            assert!(difference.fold(0.0, f32::max) < 1e-4, "{name}");
        }
    }
    let earlier = place.say("list methods --layer block10 --json").done().json();
    assert_eq!(earlier["coincide"], serde_json::json!([]));
}

#[test]
fn the_same_seed_gives_the_same_map_and_another_seed_another() {
    let place = Place::new();
    for (seed, file) in [(1, "a.npy"), (1, "b.npy"), (2, "c.npy")] {
        let words = format!("--method random-cam --seed {seed} --raw {file}");
        explain(&place, &words).done();
    }
    assert_eq!(place.read("a.npy"), place.read("b.npy"));
    assert_ne!(place.read("a.npy"), place.read("c.npy"));
}

#[test]
fn smoothing_changes_the_map_and_keeps_it_in_range() {
    let place = Place::new();
    for (words, file) in [("", "plain"), ("--tta", "aug"), ("--eigen", "eigen")] {
        explain(&place, &format!("{words} --map {file}.npy")).done();
    }
    let plain = place.array("plain.npy").1;
    for file in ["aug.npy", "eigen.npy"] {
        let map = place.array(file).1;
        assert_ne!(map, plain, "{file}");
        assert!(map.iter().all(|value| (0.0..=1.0).contains(value)), "{file}");
    }
}

#[test]
fn refining_multiplies_layers_and_needs_some() {
    let place = Place::new();
    let refused = explain(&place, "--method refine-cam --json").ends_with(2);
    assert!(refused.err.contains("(--layer, as in --layer layer3,layer4)"), "{}", refused.err);
    let words = "--layer layer3,layer4 --method grad-cam,refine-cam --map {method}.npy";
    explain(&place, words).done();
    let (mean, product) = (place.array("grad-cam.npy").1, place.array("refine-cam.npy").1);
    assert_ne!(mean, product);
    assert_eq!(product.iter().copied().fold(0.0, f32::max), 1.0);
}

#[test]
fn finer_cam_is_grad_cam_of_another_question() {
    let place = Place::new();
    place
        .say("explain cat.png --class 281 --method grad-cam,finer-cam --raw {method}.npy --json")
        .done();
    place.say("explain cat.png --class 281 --target finer --raw target.npy --json").done();
    assert_eq!(place.array("finer-cam.npy"), place.array("target.npy"));
    assert_ne!(place.array("finer-cam.npy"), place.array("grad-cam.npy"));
    let refused = place.say("explain cat.png --concept coffee.png --method finer-cam");
    assert!(refused.ends_with(2).err.contains("(--class)"));
}

#[test]
fn negatives_are_taken_off_each_concept() {
    let place = Place::new();
    let words = "explain cat.png --concept cat.png --negative coffee.png";
    let document = place.say(&format!("{words} --json")).done().json();
    assert_eq!(document["negatives"][0]["image"], "coffee.png");
    let answer = &document["queries"][0]["questions"][0];
    let other = place.say("explain cat.png --concept coffee.png --json").done().json();
    let cosine = other["queries"][0]["questions"][0]["cosine"].as_f64().expect("a number");
    let score = answer["score"].as_f64().expect("a number");
    // Cosine to itself, which is one, less that to the other.
    assert!((score - (1.0 - cosine)).abs() < 1e-5, "{score} {cosine}");
    let refused = place.say(&format!("{words} --target dot --json"));
    assert!(refused.ends_with(2).err.contains("contrast of cosines"));
}

#[test]
fn what_makes_no_sense_is_refused_with_the_remedy() {
    let place = Place::new();
    for (words, part) in [
        ("--method gradcam", "did you mean grad-cam"),
        ("--method eigen-cam --eigen", "sums up no channels"),
        ("--method rise --samples 0", "count from 1"),
        ("--method grad-cam,fem --raw r.npy", "{method}"),
        ("--method cam --layer layer3", "average pooling"),
    ] {
        let run = explain(&place, words);
        assert!([1, 2].contains(&run.code), "{words}: {}", run.seen());
        assert!(run.err.contains(part), "{words}: {}", run.err);
    }
}
