//! `--fit` in every command: the map lies where the network looked.

use serde_json::{Value, json};

use crate::fit::{WIDE, is_grey, number, picture, place, small};
use crate::support::{png, wide_cat};

#[test]
fn a_pair_belongs_together_where_the_pictures_show_it() {
    let place = place();
    let words = "compare wide.png middle.png --fit crop --json --point 40,10 --out pair.png";
    let document = small(&place, words).done().json();
    assert!((number(&document["cosine"]) - 1.0).abs() < 1e-5, "{}", document["cosine"]);
    let pairs = document["correspondences"].as_array().expect("a list");
    assert!(!pairs.is_empty());
    for pair in pairs {
        let [from, to] = ["from", "to"].map(|end| [0, 1].map(|i: usize| number(&pair[end][i])));
        assert!((32.0..96.0).contains(&from[0]), "{from:?} is out of sight");
        assert!(to.iter().all(|side| (0.0..64.0).contains(side)), "{to:?}");
    }
    // A position of 32 pixels, whose middle lies 16 pixels into the middle of the wide picture.
    let best = &document["points"][0]["best"];
    assert!([16.0, 48.0].contains(&number(&best[0])), "{best}");
    let run = small(&place, "compare wide.png middle.png --fit crop --point 5,10").ends_with(2);
    assert!(run.err.contains("fit crop leaves wide.png out of sight"), "{}", run.err);
}

#[test]
fn positions_on_padding_belong_to_nothing_and_what_they_add_is_said() {
    let place = place();
    place.write("flat.png", png(&wide_cat(128, 32)));
    // In an input of 96×96 it has the rows 36 to 60: of three rows of positions only the second one's middle
    // lies on it, and there on its row 16 of 32.
    let words = "compare flat.png flat.png --fit pad --json --lines 100 --point 5,5";
    let words = format!("{words} --weights tiny_basic.safetensors --size 96");
    let document = place.say(&words).done().json();
    let pairs = document["correspondences"].as_array().expect("a list");
    assert!(!pairs.is_empty());
    for end in pairs.iter().flat_map(|pair| [&pair["from"], &pair["to"]]) {
        assert!((number(&end[1]) - 16.0).abs() < 1e-4, "{end}");
    }
    let side = &document["images"][0];
    let map: Vec<f64> = side["map"].as_array().expect("a map").iter().map(number).collect();
    let outside: f64 = map[..3].iter().chain(&map[6..]).sum();
    // Each number of the map is told to the seven digits of an f32.
    let on_padding = number(&side["on_padding"]);
    assert!((on_padding - outside).abs() < 1e-6, "{on_padding} and not {outside}");
    assert!(outside > 0.0, "the case shows nothing without something on padding");
    assert!((number(&document["points"][0]["best"][1]) - 16.0).abs() < 1e-4);
}

#[test]
fn a_segmentation_and_parts_colour_only_what_was_seen() {
    let place = place();
    for concept in ["cat", "coffee"] {
        small(&place, &format!("concept add set.safetensors {concept} {concept}.png")).done();
    }
    let words = "segment wide.png --concepts set.safetensors --fit crop --overlay over.png --json";
    let document = small(&place, words).done().json();
    let query = &document["queries"][0];
    assert_eq!(query["window"], json!([32.0, 0.0, 64.0, 64.0]));
    let shares = query["concepts"].as_array().expect("a list").iter();
    let all = shares.map(|found| number(&found["share"])).sum::<f64>() + number(&query["nothing"]);
    assert!((all - 1.0).abs() < 1e-5, "shares of what was seen: {all}");
    let over = picture(&place, "over.png");
    assert!((0..32).chain(96..128).all(|x| (0..64).all(|y| is_grey(&over, (x, y)))));
    assert!((32..96).any(|x| !is_grey(&over, (x, 32))));
    // The concepts' pictures are squares, of which every fit makes the same: nothing is to be said.
    assert_eq!(document["remarks"], json!([]));

    small(&place, "factorize wide.png ends.png --fit crop --parts 2 --raw cropped.npy").done();
    small(&place, "factorize middle.png middle.png --parts 2 --raw middle.npy").done();
    assert_eq!(place.read("cropped.npy"), place.read("middle.npy"));
    let run = small(&place, "factorize wide.png middle.png --fit keep").ends_with(2);
    assert!(run.err.contains("wide.png comes to 96×32"), "{}", run.err);
    assert!(run.err.contains("middle.png comes to 64×64"), "{}", run.err);
}

#[test]
fn concepts_of_another_fit_are_remarked() {
    let place = place();
    small(&place, "concept add set.safetensors wide wide.png --fit crop").done();
    small(&place, "concept add set.safetensors cat cat.png --fit crop").done();
    let shown = place.say("concept show set.safetensors wide --json").done().json();
    assert_eq!(shown["images"][0]["fit"], "crop");
    let words = "segment cat.png --concepts set.safetensors --fit pad --json";
    let run = small(&place, words).done();
    let remark = "concepts were made with fit crop, and these images are read with fit pad";
    assert_eq!(run.err, format!("cam: {remark}\n"));
    assert_eq!(run.json()["remarks"], json!([remark]));
}

#[test]
fn an_index_knows_its_fit_and_searches_with_it() {
    let place = place();
    place.write("shelf/ends.png", place.read("ends.png"));
    place.write("shelf/coffee.png", place.read("coffee.png"));
    small(&place, "index shelf --fit crop").done();
    // Cropped they are the same image; squashed they are not.
    let words = "search wide.png --weights tiny_basic.safetensors --json --explain --out why.png";
    let run = place.say(words).done();
    let first: Value =
        serde_json::from_str(run.text().lines().next().expect("a line")).expect("it");
    assert_eq!(first["path"], "ends.png");
    assert!((number(&first["cosine"]) - 1.0).abs() < 1e-5, "{first}");
    assert!(place.exists("why.png"));
    let run = small(&place, "index shelf --fit pad").ends_with(1);
    assert!(run.err.contains("way to fit images: crop, and not pad"), "{}", run.err);
    let run = place.say(&format!("{words} --fit squash")).done();
    assert!(run.err.contains("the query is read with fit squash"), "{}", run.err);
}

#[test]
fn frames_and_files_are_fitted_alike() {
    let place = place();
    for concept in ["cat", "coffee"] {
        small(&place, &format!("concept add set.safetensors {concept} {concept}.png")).done();
    }
    place.write("shelf/wide.png", place.read("wide.png"));
    let lines = |name: &str| -> Vec<Value> {
        let text = String::from_utf8(place.read(name)).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    for fit in ["squash", "crop", "pad", "keep"] {
        let words = format!("--concepts set.safetensors --fit {fit} --out {fit}");
        small(&place, &format!("batch shelf {words} --pictures")).done();
        let words =
            format!("video --frame-size 128x64 {words}-film --weights tiny_basic.safetensors");
        let frame = wide_cat(WIDE.0, WIDE.1).into_raw();
        place.cam_reading(&[frame.clone(), frame].concat(), &format!("{words} --size 64")).done();
        let [files, film] =
            [lines(&format!("{fit}/results.jsonl")), lines(&format!("{fit}-film/results.jsonl"))];
        assert_eq!((&files[0]["fit"], &film[0]["fit"]), (&json!(fit), &json!(fit)));
        for key in ["concepts", "window", "fit", "remarks", "damaged"] {
            assert_eq!(files[1][key], film[1][key], "{fit}: {key}");
        }
        let drawn = picture(&place, &format!("{fit}/pictures/wide.png.cat.jpg"));
        // A JPEG carries colour over an edge for a block of 16 pixels.
        let ends_are_grey = (0..64).all(|y| is_grey(&drawn, (4, y)) && is_grey(&drawn, (123, y)));
        assert_eq!(ends_are_grey, fit == "crop", "{fit}");
    }
}
