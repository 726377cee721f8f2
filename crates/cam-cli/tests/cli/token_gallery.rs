//! Indexes of transformers: what is found is explained from what patches wrote.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Place, onnx, photograph};

/// The largest share of a stored number that half precision loses, with room for sums.
const HALF: f64 = 1e-3;

/// Networks that read a class token: plain, with registers, projected, and from an ONNX file.
const NETWORKS: [&str; 4] = ["dinov2", "dinov2_with_registers", "clip", "tiny_vit.ts17.onnx"];

/// A place with a network, a folder of two photographs and a query; and the words that give the network.
fn place(name: &str) -> (Place, String) {
    let place = Place::new();
    for image in ["coffee", "cat"] {
        place.write(format!("shelf/{image}.png"), photograph(image));
    }
    place.write("query.png", photograph("rocket"));
    if name.ends_with(".onnx") {
        place.write("net.onnx", onnx(name));
        return (place, "--weights net.onnx --preprocess half".to_owned());
    }
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = fixture.join("../../tests/fixtures/transformers").join(name);
    for file in ["config.json", "model.safetensors"] {
        place.write(format!("net/{file}"), fs::read(fixture.join(file)).expect("a fixture"));
    }
    (place, "--weights net".to_owned())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a map").iter().map(number).collect()
}

fn assert_near(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().map(|value| value.abs()).fold(1e-3, f64::max);
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= HALF * largest, "{what}: {found} of {expected}");
    }
}

#[test]
fn what_is_found_is_explained_without_its_image_as_both_images_are_compared() {
    for name in NETWORKS {
        let (place, net) = place(name);
        place.say(&format!("index shelf --index i {net}")).done();
        let compared = ["cat.png", "coffee.png"].map(|image| {
            let words = format!("compare query.png shelf/{image} {net} --json");
            (image, place.say(&words).done().json())
        });
        fs::remove_dir_all(place.path("shelf")).expect("removed");
        let words = format!("search query.png --index i --explain --json {net}");
        let found = lines(&place.say(&words).done().text());
        assert_eq!(found.len(), 2, "{name}");
        for line in found {
            let (image, compared) =
                compared.iter().find(|(image, _)| line["path"] == *image).expect("it was indexed");
            let what = format!("{name}, {image}");
            assert_eq!(line["pairs"], "token-contributions", "{what}");
            assert_eq!(compared["pairs"], "token-contributions", "{what}");
            let cosine = number(&line["cosine"]);
            assert!((cosine - number(&compared["cosine"])).abs() < 1e-5, "{what}");
            let maps = [&line["query_map"], &line["map"]].map(numbers);
            for (side, map) in maps.iter().enumerate() {
                assert_near(&what, map, &numbers(&compared["images"][side]["map"]));
            }
            let parts = ["first", "second", "rests"];
            let beside = parts.map(|part| number(&line["beside"][part]));
            assert_near(&what, &beside, &parts.map(|part| number(&compared["beside"][part])));
            // Half precision moves numbers from pairs to what is beside them: the sum stays the cosine.
            for map in maps {
                let sum = map.iter().sum::<f64>() + beside.iter().sum::<f64>();
                assert!((sum - cosine).abs() < 1e-5, "{what}: {sum} of {cosine}");
            }
        }
    }
}

#[test]
fn a_figure_and_a_page_show_both_sides_and_lines_say_what_no_pair_adds() {
    let (place, net) = place("clip");
    place.say(&format!("index shelf --index i {net}")).done();
    let search = format!("search query.png --index i {net}");
    let text = place.say(&format!("{search} --explain --out f.png --html f.html")).done().text();
    let said: Vec<&str> = text.lines().filter(|line| line.contains("attentions make")).collect();
    assert_eq!(said.len(), 2, "{text}");
    assert!(said[0].contains("cat.png's") && said[1].contains("coffee.png's"), "{text}");
    assert!(place.size("f.png").0 > 300);
    let page = String::from_utf8(place.read("f.html")).expect("text");
    assert_eq!(page.matches("is of no pair").count(), 2, "{page}");
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), 4);
    let plain = place.say(&search).done().text();
    assert!(!plain.contains("the late attentions make"), "{plain}");
    place.say(&format!("{search} --why 1 2 --out why.png")).done();
}

#[test]
fn as_many_blocks_are_explained_as_the_index_was_made_with() {
    let (place, net) = place("tiny_vit.ts17.onnx");
    let search = |index: &str| {
        let words = format!("search query.png --top 1 --index {index} --explain --json {net}");
        number(&place.say(&words).done().json()["beside"]["rests"])
    };
    for (index, blocks) in [("usual", ""), ("one", "--blocks 1"), ("all", "--blocks all")] {
        place.say(&format!("index shelf --index {index} {net} {blocks}")).done();
    }
    assert_ne!(search("usual"), search("one"));
    assert_eq!(search("usual"), search("all"), "it has three blocks");
    let refused = place.say(&format!("index shelf --index one {net}")).ends_with(1);
    assert!(refused.err.contains("contributions of the last 1 blocks, and not"), "{}", refused.err);
    let both = place.say(&format!("index shelf --index no {net} --no-maps --blocks 2"));
    both.ends_with(2);
}

#[test]
fn an_index_from_before_class_tokens_could_be_explained_is_searched_and_says_to_be_made_again() {
    let (place, net) = place("dinov2");
    place.say(&format!("index shelf --index i {net}")).done();
    let header = String::from_utf8(place.read("i/index.json")).expect("text");
    let mut header: Value = serde_json::from_str(&header).expect("JSON");
    header["version"] = 1.into();
    header["has_maps"] = true.into();
    header.as_object_mut().expect("an object").remove("maps");
    place.write("i/index.json", header.to_string());
    let search = format!("search query.png --index i {net}");
    assert_eq!(place.say(&search).done().text().lines().count(), 2);
    let refused = place.say(&format!("{search} --explain")).ends_with(2);
    assert!(refused.err.contains("index the images again, in another folder"), "{}", refused.err);
    let refused = place.say(&format!("index shelf --index i {net}")).ends_with(1);
    assert!(refused.err.contains("another choice of what is kept"), "{}", refused.err);
}

#[test]
fn where_an_attention_pools_the_tokens_nothing_useless_is_kept() {
    let (place, net) = place("siglip");
    let refused = place.say(&format!("index shelf --index i {net}")).ends_with(2);
    assert!(refused.err.contains("keep embeddings only (--no-maps)"), "{}", refused.err);
    assert!(!place.path("i").exists(), "nothing was begun");
    place.say(&format!("index shelf --index i {net} --no-maps")).done();
    assert!(place.read("i/maps.f16").is_empty());
    let search = format!("search query.png --index i {net}");
    place.say(&search).done();
    place.say(&format!("{search} --why 1 2 --out why.png")).done();
    let refused = place.say(&format!("{search} --explain")).ends_with(2);
    assert!(refused.err.contains("as the concept, or ask why"), "{}", refused.err);
    // And blocks are no choice where positions are pooled.
    let refused = place.say("index shelf --index p --blocks 2").ends_with(2);
    assert!(refused.err.contains("no blocks are explained"), "{}", refused.err);
}
