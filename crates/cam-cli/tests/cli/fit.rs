//! `--fit`: pictures whose proportions are not those of the network's input.

use image::{RgbImage, imageops};
use serde_json::{Value, json};

use crate::support::{Place, Run, photograph, png, wide_cat};

/// Two to one, and its middle, which is a square of 64 pixels.
pub const WIDE: (u32, u32) = (128, 64);
const MIDDLE: std::ops::Range<u32> = 32..96;

/// What lies around a padded picture in the small network: ImageNet's mean in 8 bits.
const MEAN: [u8; 3] = [124, 116, 104];

/// A wide picture, its middle alone, and the wide one with other ends.
pub fn place() -> Place {
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
pub fn small(place: &Place, words: &str) -> Run {
    place.say(&format!("{words} --weights tiny_basic.safetensors --size 64"))
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Whether a picture shows no colour at a pixel.
pub fn is_grey(picture: &RgbImage, (x, y): (u32, u32)) -> bool {
    let [r, g, b] = picture.get_pixel(x, y).0;
    r.abs_diff(g) < 12 && g.abs_diff(b) < 12
}

pub fn picture(place: &Place, name: &str) -> RgbImage {
    image::load_from_memory(&place.read(name)).expect("a picture").to_rgb8()
}

#[test]
fn a_squashed_panorama_is_said_and_with_its_proportions_kept_it_ranks_right() {
    let place = Place::new();
    place.write("cup.png", include_bytes!("data/cup-top-right.png"));
    place.write("astronaut.png", photograph("astronaut"));
    let words = "explain cup.png --concept coffee.png --concept astronaut.png --json";
    let advice = "squashed 2.1:1; size 480x224 or fit keep keeps proportions";
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
    let words = "video --frame-size 64 --concepts set.safetensors --as centroid --out o";
    let run = small(&place, words).ends_with(2);
    assert!(run.err.contains("`--frame-size 64`: it takes width and height"), "{}", run.err);
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
