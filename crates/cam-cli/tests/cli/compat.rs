//! `--compat` and `--colormap` where a file of concepts is asked about.

use serde_json::Value;

use crate::batch::shelf;
use crate::support::{Place, tiny};

/// A file of concepts whose images were resized as the other library does.
fn concepts_by_compat(place: &Place) {
    for (name, image) in [("cat", "cat.png"), ("coffee", "coffee.png")] {
        let words =
            format!("concept add compat.safetensors {name} {image} --compat pytorch-grad-cam");
        tiny(place, &words).done();
    }
}

#[test]
fn a_batch_follows_the_arithmetic_that_it_is_asked_for() {
    let place = shelf(1);
    concepts_by_compat(&place);
    // Their constants differ: an epsilon, and what is left out of a sum.
    for method in ["x-grad-cam", "grad-cam-plus-plus", "score-cam", "ablation-cam"] {
        let words = format!("--method {method} --layer layer3.0 --compat pytorch-grad-cam");
        let of = "--concepts compat.safetensors";
        tiny(&place, &format!("batch shelf {of} --out {method} {words}")).done();
        tiny(&place, &format!("segment shelf/00.png {of} {words} --raw r.npy --json")).done();
        let text = String::from_utf8(place.read(format!("{method}/results.jsonl"))).expect("text");
        let line: Value = serde_json::from_str(text.lines().nth(1).expect("a line")).expect("JSON");
        let found = line["concepts"].as_array().expect("a list").iter();
        let found = found.flat_map(|found| found["map"].as_array().expect("a map"));
        let found: Vec<f32> = found.map(|v| v.as_f64().expect("a number") as f32).collect();
        assert_eq!(found, place.array("r.npy").1, "{method}");
    }
}

#[test]
fn the_colours_of_a_figure_of_concepts_are_those_asked_for() {
    let place = shelf(1);
    let explain = |more: &str, out: &str| {
        let words = format!("segment cat.png --concepts set.safetensors --out {out} {more}");
        tiny(&place, &words).done();
        place.read(out)
    };
    let usual = explain("", "a.png");
    assert_eq!(explain("--colormap turbo", "b.png"), usual);
    let [jet, diverging] =
        [explain("--colormap jet", "c.png"), explain("--colormap diverging", "d.png")];
    assert!(jet != usual && diverging != usual && jet != diverging);
    // The other library's colours are jet's.
    concepts_by_compat(&place);
    let compat = |more: &str, out: &str| {
        let words = "segment cat.png --concepts compat.safetensors --compat pytorch-grad-cam";
        tiny(&place, &format!("{words} --out {out} {more}")).done();
        place.read(out)
    };
    assert_eq!(compat("", "f.png"), compat("--colormap jet", "e.png"));
    assert_ne!(compat("--colormap turbo", "g.png"), compat("", "f.png"));
    for words in [
        "segment cat.png --concepts set.safetensors --overlay o.png",
        "explain cat.png --concept coffee.png --raw r.npy",
    ] {
        let run = tiny(&place, &format!("{words} --colormap jet")).ends_with(2);
        assert!(run.err.contains("--colormap is for"), "{}", run.err);
    }
}
