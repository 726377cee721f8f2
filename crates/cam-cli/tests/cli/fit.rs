//! `--fit`: pictures whose proportions are not those of the network's input.

use image::{RgbImage, imageops};
use serde_json::{Value, json};

use crate::support::{Place, Run, photograph, png, wide_cat};

/// Two to one, and its middle, which is a square of 64 pixels.
const WIDE: (u32, u32) = (128, 64);
const MIDDLE: std::ops::Range<u32> = 32..96;

/// What lies around a padded picture in the small network: ImageNet's mean in 8 bits.
const MEAN: [u8; 3] = [124, 116, 104];

/// A wide picture, its middle alone, and the wide one with other ends.
fn place() -> Place {
    let place = Place::new();
    let wide = wide_cat(WIDE.0, WIDE.1);
    let mut other_ends = wide.clone();
    for (x, _, pixel) in other_ends.enumerate_pixels_mut() {
        if !MIDDLE.contains(&x) {
            pixel.0 = [250, 10, 200];
        }
    }
    place.write("wide.png", png(&wide));
    place.write("ends.png", png(&other_ends));
    place.write("middle.png", png(&imageops::crop_imm(&wide, 32, 0, 64, 64).to_image()));
    place
}

/// Runs the small network on inputs of 64×64 pixels.
fn small(place: &Place, words: &str) -> Run {
    place.say(&format!("{words} --weights tiny_basic.safetensors --size 64"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Whether a picture shows no colour at a pixel.
fn is_grey(picture: &RgbImage, (x, y): (u32, u32)) -> bool {
    let [r, g, b] = picture.get_pixel(x, y).0;
    r.abs_diff(g) < 12 && g.abs_diff(b) < 12
}

fn picture(place: &Place, name: &str) -> RgbImage {
    image::load_from_memory(&place.read(name)).expect("a picture").to_rgb8()
}

#[test]
fn a_squashed_panorama_is_said_and_with_its_proportions_kept_it_ranks_right() {
    let place = Place::new();
    place.write("cup.png", include_bytes!("data/cup-top-right.png"));
    place.write("astronaut.png", photograph("astronaut"));
    let words = "explain cup.png --concept coffee.png astronaut.png --json";
    let advice = "squashed 2.1:1; --size 480x224 or --fit keep keeps proportions";
    let cosines = |run: &Run| {
        let questions = run.json()["queries"][0]["questions"].clone();
        [0, 1].map(|index: usize| number(&questions[index]["cosine"]))
    };
    let squashed = place.say(words).done();
    assert_eq!(squashed.err, format!("cam: cup.png: {advice}\n"));
    assert_eq!(squashed.json()["queries"][0]["remarks"], json!([advice]));
    let [cup, astronaut] = cosines(&squashed);
    assert!(cup < astronaut, "the fault that the remark is about: {cup} {astronaut}");

    let kept = place.say(&format!("{words} --fit keep")).done();
    assert_eq!(kept.err, "");
    let [cup, astronaut] = cosines(&kept);
    assert!(cup > astronaut, "{cup} {astronaut}");
    let query = &kept.json()["queries"][0];
    assert_eq!([&query["input_width"], &query["input_height"]], [320, 160]);
    assert_eq!(
        (&query["fit"], &query["window"]),
        (&json!("keep"), &json!([0.0, 0.0, 900.0, 420.0]))
    );
}

#[test]
fn a_crop_is_the_middle_and_nothing_else() {
    let place = place();
    small(&place, "embed wide.png ends.png --fit crop --out cropped.npy").done();
    small(&place, "embed middle.png middle.png --out middle.npy").done();
    small(&place, "embed wide.png ends.png --out squashed.npy").done();
    assert_eq!(place.read("cropped.npy"), place.read("middle.npy"));
    assert_ne!(place.array("squashed.npy").1, place.array("middle.npy").1);
}

#[test]
fn what_a_crop_leaves_out_of_sight_has_no_numbers_and_no_colours() {
    let place = place();
    let outputs = |name| format!("--raw {name}.raw.npy --map {name}.npy --overlay {name}.over.png");
    let words = format!("explain wide.png --concept coffee.png --fit crop {}", outputs("wide"));
    let document = small(&place, &format!("{words} --json")).done().json();
    assert_eq!(document["queries"][0]["window"], json!([32.0, 0.0, 64.0, 64.0]));
    small(&place, &format!("explain middle.png --concept coffee.png {}", outputs("middle"))).done();

    assert_eq!(place.read("wide.raw.npy"), place.read("middle.raw.npy"));
    let (shape, wide) = place.array("wide.npy");
    assert_eq!(shape, [1, 64, 128]);
    let middle = place.array("middle.npy").1;
    for (index, value) in wide.iter().enumerate() {
        let (x, y) = (index as u32 % WIDE.0, index as u32 / WIDE.0);
        match MIDDLE.contains(&x) {
            true => assert_eq!(*value, middle[(y * 64 + x - MIDDLE.start) as usize]),
            false => assert!(value.is_nan(), "{x}, {y}: {value}"),
        }
    }
    let (over, middle) = (picture(&place, "wide.over.png"), picture(&place, "middle.over.png"));
    assert_eq!(over.dimensions(), WIDE);
    assert_eq!(imageops::crop_imm(&over, 32, 0, 64, 64).to_image(), middle);
    let outside = over.enumerate_pixels().filter(|(x, ..)| !MIDDLE.contains(x));
    assert!(outside.into_iter().all(|(x, y, _)| is_grey(&over, (x, y))));
}

#[test]
fn padding_is_cut_away_from_the_map_and_its_share_is_said() {
    let place = place();
    // Half as high as the input, so that nothing is resized: 16 rows of padding above and below.
    let low = wide_cat(64, 32);
    let mut padded = RgbImage::from_pixel(64, 64, image::Rgb(MEAN));
    imageops::replace(&mut padded, &low, 0, 16);
    place.write("low.png", png(&low));
    place.write("padded.png", png(&padded));
    let outputs = |name| format!("--raw {name}.raw.npy --map {name}.npy --json");
    let words = "--concept coffee.png --layer layer2";
    let of_low = small(&place, &format!("explain low.png {words} --fit pad {}", outputs("low")));
    small(&place, &format!("explain padded.png {words} {}", outputs("padded"))).done();

    assert_eq!(place.read("low.raw.npy"), place.read("padded.raw.npy"));
    let (shape, cut) = place.array("low.npy");
    assert_eq!(shape, [1, 32, 64]);
    let padded = place.array("padded.npy").1;
    let inside = &padded[16 * 64..48 * 64];
    let (least, most) = (
        inside.iter().copied().fold(f32::INFINITY, f32::min),
        inside.iter().copied().fold(f32::NEG_INFINITY, f32::max),
    );
    for (value, by_hand) in cut.iter().zip(inside) {
        // A difference and a quotient of numbers up to 1.
        assert!((value - (by_hand - least) / (most - least)).abs() < 1e-6);
    }
    let sum = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>();
    let query = &of_low.done().json()["queries"][0];
    let on_padding = number(&query["questions"][0]["on_padding"]);
    assert!(on_padding > 0.0, "the case shows nothing without mass on padding");
    assert!((on_padding - (1.0 - sum(inside) / sum(&padded))).abs() < 1e-6, "{on_padding}");
    let top = number(&query["questions"][0]["mass"]["top"]);
    assert!((top - sum(&cut[..16 * 64]) / sum(&cut)).abs() < 1e-6, "{top}");
    assert_eq!(query["window"], json!([0.0, -16.0, 64.0, 64.0]));
}

#[test]
fn kept_proportions_are_those_of_a_size_that_has_them() {
    let place = place();
    place.write("long.png", png(&wide_cat(210, 98)));
    // 64 * 64 pixels in the proportions 210:98 are 93.7 by 43.7: 96 by 32, multiples of 32.
    small(&place, "embed long.png --fit keep --out kept.npy").done();
    let words = "embed long.png --weights tiny_basic.safetensors --size 96x32 --out sized.npy";
    place.say(words).done();
    assert_eq!(place.read("kept.npy"), place.read("sized.npy"));
}

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
    assert!(run.err.contains("--fit crop leaves wide.png out of sight"), "{}", run.err);

    let document = small(&place, "compare wide.png wide.png --fit pad --json --lines 100");
    let document = document.done().json();
    for pair in document["correspondences"].as_array().expect("a list") {
        let place = &pair["from"];
        assert!((0.0..=64.0).contains(&number(&place[1])), "{place} is no place of the picture");
    }
    let side = &document["images"][0];
    let map: Vec<f64> = side["map"].as_array().expect("a map").iter().map(number).collect();
    assert!(number(&side["on_padding"]).abs() <= map.iter().map(|v| v.abs()).sum());
}

#[test]
fn a_segmentation_and_parts_colour_only_what_was_seen() {
    let place = place();
    for concept in ["cat", "coffee"] {
        small(&place, &format!("concept add set.safetensors {concept} {concept}.png")).done();
    }
    let words = "explain wide.png --concepts set.safetensors --fit crop --overlay over.png --json";
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

    small(&place, "parts wide.png ends.png --fit crop --parts 2 --raw cropped.npy").done();
    small(&place, "parts middle.png middle.png --parts 2 --raw middle.npy").done();
    assert_eq!(place.read("cropped.npy"), place.read("middle.npy"));
    let run = small(&place, "parts wide.png middle.png --fit keep").ends_with(2);
    assert!(run.err.contains("wide.png comes to 96×32"), "{}", run.err);
    assert!(run.err.contains("middle.png comes to 64×64"), "{}", run.err);
}

#[test]
fn concepts_of_another_fit_are_remarked() {
    let place = place();
    small(&place, "concept add set.safetensors wide wide.png --fit crop").done();
    small(&place, "concept add set.safetensors cat cat.png --fit crop").done();
    let shown = small_json(&place, "concept show set.safetensors wide --json");
    assert_eq!(shown["images"][0]["fit"], "crop");
    let words = "explain cat.png --concepts set.safetensors --fit pad --json";
    let run = small(&place, words).done();
    let remark = "concepts were made with --fit crop, and these images are read with --fit pad";
    assert_eq!(run.err, format!("cam: {remark}\n"));
    assert_eq!(run.json()["remarks"], json!([remark]));
}

fn small_json(place: &Place, words: &str) -> Value {
    place.say(words).done().json()
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
    assert!(run.err.contains("the query is read with --fit squash"), "{}", run.err);
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
            format!("batch - --frames 128x64 {words}-film --weights tiny_basic.safetensors");
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

#[test]
fn one_number_is_the_size_of_a_square() {
    let place = place();
    let words = "embed wide.png --weights tiny_basic.safetensors";
    place.say(&format!("{words} --size 64 --out one.npy")).done();
    place.say(&format!("{words} --size 64x64 --out two.npy")).done();
    place.say(&format!("{words} --size 96 --out other.npy")).done();
    assert_eq!(place.read("one.npy"), place.read("two.npy"));
    assert_ne!(place.read("one.npy"), place.read("other.npy"));
    let words = "bench explain --weights tiny_basic.safetensors --size 64 --repeat 1 --json";
    place.say(words).done();
    // Frames are seldom square: there both numbers are asked for.
    small(&place, "concept add set.safetensors cat cat.png").done();
    let words = "batch - --frames 64 --concepts set.safetensors --as centroid --out o";
    let run = small(&place, words).ends_with(2);
    assert!(run.err.contains("`--frames 64`: it takes width and height"), "{}", run.err);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let place = place();
    let tiny = "--weights tiny_basic.safetensors";
    for (words, says) in [
        ("explain cat.png --concept cat.png --fit stretch", "squash, crop, pad and keep"),
        ("explain cat.png --concept cat.png --size native --fit crop", "--size native"),
        ("embed cat.png --out e.npy --size native --fit squash", "--size native"),
        ("explain cat.png --concept cat.png --compat pytorch-grad-cam --fit pad", "--compat"),
        ("explain cat.png --concept cat.png --fit crop --map m.png", "write .npy"),
        ("evaluate . --fit keep", "cells have one size"),
    ] {
        let run = place.say(&format!("{words} {tiny}")).ends_with(2);
        assert!(run.err.contains(says), "{words}: {}", run.err);
    }
}
