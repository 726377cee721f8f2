//! `cam concept`, and `cam segment`.

use crate::support::{Place, TINY, tiny};

/// Two concepts in `set.safetensors`.
fn with_set() -> Place {
    let place = Place::new();
    tiny(&place, "concept add set.safetensors cat cat.png").done();
    tiny(&place, "concept add set.safetensors coffee coffee.png --negative cat.png").done();
    place
}

#[test]
fn concepts_are_added_listed_shown_and_removed() {
    let place = with_set();
    let listed = place.say("concept list set.safetensors --json").done().json();
    assert_eq!(
        listed["concepts"],
        serde_json::json!([
            { "name": "cat", "images": 1, "negatives": 0, "damaged": 0 },
            { "name": "coffee", "images": 1, "negatives": 1, "damaged": 0 },
        ])
    );
    let shown = place.say("concept show set.safetensors coffee --json").done().json();
    assert_eq!(shown["negatives"][0]["image"], "cat.png");
    assert_eq!(shown["negatives"][0]["sha256"].as_str().map(str::len), Some(64));
    place.say("concept remove set.safetensors cat").done();
    let listed = place.say("concept list set.safetensors --json").done().json();
    assert_eq!(listed["concepts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_same_image_counts_once_and_the_same_work_gives_the_same_file() {
    let place = with_set();
    let before = place.read("set.safetensors");
    let run = tiny(&place, "concept add set.safetensors cat cat.png").done();
    assert!(run.text().contains("0 added, 1 image"), "{}", run.text());
    assert_eq!(place.read("set.safetensors"), before);
}

#[test]
fn an_image_that_fails_leaves_the_file_as_it_was() {
    let place = with_set();
    let before = place.read("set.safetensors");
    tiny(&place, "concept add set.safetensors new coffee.png missing.png").ends_with(1);
    assert_eq!(place.read("set.safetensors"), before);
}

#[test]
fn a_concept_is_refused_with_another_model() {
    let place = with_set();
    // The embedded network has other weights, and another name.
    for words in [
        "segment cat.png --concepts set.safetensors --json",
        "concept add set.safetensors more cat.png",
    ] {
        let run = place.say(words).ends_with(1);
        assert!(run.err.contains("set.safetensors: it was made with another"), "{}", run.err);
    }
}

#[test]
fn every_concept_gets_a_map_and_the_shares_are_of_the_whole_image() {
    let place = with_set();
    for way in ["centroid", "contrast", "prototypes"] {
        let words = format!(
            "segment cat.png coffee.png --concepts set.safetensors --as {way} \
             --raw {{query}}.npy --out f.png --overlay {{query}}.png --json"
        );
        // An overlay must not fall on what was read.
        tiny(&place, &words).ends_with(2);
        let words = words.replace("--overlay {query}.png", "--overlay {query}-where.png");
        let document = tiny(&place, &words).done().json();
        for query in 0..2 {
            let report = &document["queries"][query];
            let concepts = report["concepts"].as_array().expect("a list");
            let shares = concepts.iter().map(|c| c["share"].as_f64().expect("a number"));
            let sum = shares.sum::<f64>() + report["nothing"].as_f64().expect("a number");
            assert!((sum - 1.0).abs() < 1e-5, "{way}: {sum}");
        }
        assert_eq!(place.array("cat.npy").0, [2, 2, 3]);
        assert!(place.exists("f.png") && place.exists("coffee-where.png"));
    }
}

#[test]
fn what_a_file_of_concepts_cannot_answer_is_refused() {
    let place = with_set();
    place.write("junk.safetensors", "no such thing");
    tiny(&place, "concept add one.safetensors cat cat.png").done();
    for (words, code, says) in [
        ("segment cat.png --concepts nowhere.safetensors", 1, "there is no such file"),
        ("segment cat.png --concepts junk.safetensors", 1, "junk.safetensors"),
        ("segment cat.png --concepts set.safetensors --concept cat.png", 2, "unexpected argument"),
        ("segment cat.png --concepts set.safetensors --method fem,cam", 2, "no method is called"),
        ("segment cat.png --concepts one.safetensors", 2, "a contrast needs something"),
        ("concept show set.safetensors cofee", 2, "did you mean coffee?"),
        ("concept add set.safetensors cat", 2, "name images"),
    ] {
        let words = words.split_whitespace();
        let run = match words.clone().next() {
            Some("concept") if words.clone().nth(1) == Some("show") => place.cam(words),
            _ => place.cam(words.chain(TINY)),
        };
        assert_eq!(run.code, code, "{}", run.err);
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
}
