//! The files that are written, and those that are not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use image::{DynamicImage, RgbImage, load_from_memory};

use crate::support::{Place, TINY, photograph, png, wide_cat};

#[test]
fn without_any_output_a_figure_is_named_after_the_query() {
    let place = Place::new();
    let words = "explain cat.png --concept coffee.png";
    let run = place.cam(words.split(' ').chain(TINY)).done();
    assert!(run.text().ends_with("\ncat.cam.png\n"), "{}", run.text());
    assert!(place.size("cat.cam.png").0 > 3 * 224, "concept, query and overlay");
}

#[test]
fn json_alone_writes_no_figure() {
    let place = Place::new();
    let before = place.names("");
    place.cam("explain cat.png --concept coffee.png --json".split(' ').chain(TINY)).done();
    assert_eq!(place.names(""), before);
}

#[test]
fn a_picture_has_the_format_that_its_name_says() {
    let place = Place::new();
    let words = "explain cat.png --concept coffee.png --out figure.JPG --overlay overlay.png";
    place.cam(words.split(' ').chain(TINY)).done();
    assert!(place.read("figure.JPG").starts_with(b"\xff\xd8\xff"));
    assert!(place.read("overlay.png").starts_with(b"\x89PNG"));
}

#[test]
fn a_map_as_png_has_16_bits() {
    let place = Place::new();
    let words = "explain cat.png --concept coffee.png --map map.png";
    place.cam(words.split(' ').chain(TINY)).done();
    let DynamicImage::ImageLuma16(map) = load_from_memory(&place.read("map.png")).expect("a PNG")
    else {
        panic!("not 16-bit grey");
    };
    assert_eq!(map.dimensions(), (96, 64));
    let values = map.pixels().map(|pixel| pixel.0[0]);
    assert_eq!((values.clone().min(), values.max()), (Some(0), Some(u16::MAX)));
}

#[test]
fn every_question_query_and_layer_has_its_own_file() {
    let place = Place::new();
    let words = "explain cat.png coffee.png --concept a=cat.png --concept b=coffee.png --difference --class 2 --json \
                 --layer layer3.0,layer4.0 --overlay overlays/{query}-{concept}.png --raw {query}-{layer}.npy";
    fs::create_dir(place.path("overlays")).expect("a folder");
    let document = place.cam(words.split_whitespace().chain(TINY)).done().json();

    let of = |query: &str| {
        ["a", "b", "class 2", "not-a", "not-b"].map(|name| format!("{query}-{name}.png"))
    };
    assert_eq!(place.names("overlays"), [of("cat"), of("coffee")].concat());
    for name in
        ["cat-layer3.0.npy", "cat-layer4.0.npy", "coffee-layer3.0.npy", "coffee-layer4.0.npy"]
    {
        assert_eq!(place.array(name).0[0], 5, "{name}");
    }
    // The document names what was written.
    for query in document["queries"].as_array().expect("a list") {
        let files = query["files"].as_array().expect("a list");
        assert_eq!(files.len(), 5 + 2);
        assert!(
            files.iter().all(|file| file.as_str().is_some_and(|file| place.exists(file))),
            "{files:?}"
        );
    }
}

#[test]
fn an_input_is_never_written_over() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).expect("a folder");
    let lines = [
        "explain cat.png --concept coffee.png --out cat.png",
        "explain cat.png --concept coffee.png --raw folder/../coffee.png",
        "explain cat.png --concept coffee.png --overlay {query}.png",
        "explain cat.png --concept mug=coffee.png --overlay {query}-{concept}.png --raw {concept}.npy --map {query}.png",
        "explain cat.png --concept coffee.png --weights tiny_basic.safetensors --map tiny_basic.safetensors",
        "embed cat.png coffee.png --out coffee.png",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
    assert_eq!(place.read("cat.png"), photograph("cat"));
    assert_eq!(place.read("coffee.png"), photograph("coffee"));
}

#[test]
fn an_input_behind_a_link_is_never_written_over() {
    let place = Place::new();
    std::os::unix::fs::symlink("cat.png", place.path("link.png")).expect("a link");
    place.say("explain cat.png --concept coffee.png --out link.png").ends_with(2);
    assert_eq!(place.read("cat.png"), photograph("cat"));
}

#[test]
fn what_cannot_be_written_is_refused_before_any_work() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).expect("a folder");
    place.write("fixed.png", "mine");
    let lines = [
        "explain cat.png --concept coffee.png --out folder",
        "explain cat.png --concept coffee.png --raw /",
        "explain cat.png --concept coffee.png --out missing/figure.png",
        "explain cat.png --concept coffee.png --out figure.gif",
        "explain cat.png --concept coffee.png --overlay figure",
        "explain cat.png --concept coffee.png --raw x.npy --map x.npy",
        "explain cat.png --concept coffee.png --difference --map map.png",
        "explain cat.png --concept coffee.png --difference --overlay o.png",
        "explain cat.png coffee.png --concept cat.png --overlay folder/o.png",
        "explain cat.png --concept coffee.png --layer block10,head --raw raw.npy",
        "embed cat.png --out missing/e.npy",
        "embed cat.png --out folder",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
    assert_eq!(place.names("folder"), [""; 0]);
}

#[test]
fn a_read_only_file_is_left_alone() {
    let place = Place::new();
    place.write("mine.png", "mine");
    fs::set_permissions(place.path("mine.png"), fs::Permissions::from_mode(0o444)).expect("a mode");
    let words = "explain cat.png --concept coffee.png --out mine.png";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(1);
    assert_eq!(
        run.err,
        "cam: mine.png: the file is read-only: make it writable or choose another name\n"
    );
    assert_eq!(place.read("mine.png"), b"mine");
}

#[test]
fn a_read_only_folder_is_an_error_that_names_it() {
    let place = Place::new();
    fs::create_dir(place.path("shut")).expect("a folder");
    fs::set_permissions(place.path("shut"), fs::Permissions::from_mode(0o555)).expect("a mode");
    if fs::write(place.path("shut/probe"), "").is_ok() {
        // Nothing is forbidden to root.
        return;
    }
    let words = "explain cat.png --concept coffee.png --out shut/figure.png";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(1);
    assert!(run.err.contains("writing into shut is not permitted"), "{}", run.err);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_that_says_so() {
    let place = Place::new();
    let words = "explain cat.png --concept coffee.png --raw /dev/full";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(1);
    let expected =
        "cam: /dev/full: the disk is full: free some space and run again: No space left on device";
    assert!(run.err.starts_with(expected), "{}", run.err);
}

#[test]
fn an_earlier_result_is_replaced_in_one_step_and_nothing_lies_beside_it() {
    let place = Place::new();
    place.write("figure.png", "an earlier one");
    let before = place.names("");
    let words = "explain cat.png --concept coffee.png --out figure.png";
    place.cam(words.split(' ').chain(TINY)).done();
    assert_eq!(place.names(""), before);
    assert!(place.read("figure.png").starts_with(b"\x89PNG"));
}

#[test]
fn outputs_that_would_overwrite_each_other_are_refused_before_any_is_written() {
    let place = Place::new();
    fs::create_dir(place.path("out")).expect("a folder");
    for name in ["a.png", "ab.png"] {
        place.write(name, photograph("cat"));
    }
    let before = place.names("");
    for (words, twice) in [
        (
            "explain ab.png --concept coffee.png --overlay out/{query}.png --out out/ab.png",
            "out/ab.png",
        ),
        (
            "explain ab.png --concept coffee.png --overlay out/{query}.png --out out/../out/ab.png",
            "out/ab.png",
        ),
        (
            "explain a.png ab.png --concept bc=coffee.png --concept c=coffee.png --overlay ov_{query}{concept}.png",
            "ov_abc.png",
        ),
        (
            "explain a.png ab.png --class 1 --raw out/{query}.npy --map out/{query}.npy",
            "out/{query}.npy",
        ),
    ] {
        let run = place.cam(words.split(' ').chain(TINY));
        let expected = format!("cam: two outputs are called {twice}: give each its own name\n");
        assert!(run.err.starts_with(&expected), "{words}: {}", run.seen());
        run.ends_with(2);
        assert_eq!(place.names(""), before);
        assert_eq!(place.names("out"), [""; 0]);
    }
}

#[test]
fn a_folder_that_is_not_there_for_one_query_is_found_before_the_first() {
    let place = Place::new();
    fs::create_dir(place.path("cat")).expect("a folder");
    let words = "explain cat.png coffee.png --class 1 --raw {query}/raw.npy";
    place.cam(words.split(' ').chain(TINY)).ends_with(1);
    assert_eq!(place.names("cat"), [""; 0]);
}

#[test]
fn a_result_that_cannot_be_written_ends_the_run() {
    let place = Place::new();
    place.write("cat.npy", "mine");
    fs::set_permissions(place.path("cat.npy"), fs::Permissions::from_mode(0o444)).expect("a mode");
    let words = "explain cat.png coffee.png --concept coffee.png --raw {query}.npy";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(1);
    assert_eq!(
        run.err,
        "cam: cat.npy: the file is read-only: make it writable or choose another name\n"
    );
    assert!(!place.exists("coffee.npy"), "the run is over");
}

#[test]
fn a_figure_of_many_queries_holds_the_first_rows_and_says_so() {
    let place = Place::new();
    place.write("dot.png", png(&RgbImage::new(1, 1)));
    let queries = ["dot.png"; 70];
    let words = "--concept dot=cat.png --class 1 --out figure.png --weights tiny_basic.safetensors --size 64x64";
    let run = place.cam(["explain"].into_iter().chain(queries).chain(words.split(' '))).done();
    assert_eq!(run.err, "cam: the figure holds 128 rows; the other 12 are left out\n");
    assert!(place.size("figure.png").1 < 65_536, "a JPEG could be as high");
}

#[test]
fn a_large_picture_keeps_its_size_in_an_overlay_and_not_in_a_figure() {
    let place = Place::new();
    let large = image::imageops::resize(
        &wide_cat(200, 160),
        2000,
        1600,
        image::imageops::FilterType::Triangle,
    );
    place.write("query.png", png(&large));
    let words = "explain query.png --concept coffee.png --out figure.png --overlay overlay.png";
    place.cam(words.split(' ').chain(TINY)).done();
    assert_eq!(place.size("overlay.png"), (2000, 1600), "an overlay has the query's own size");
    assert!(place.size("figure.png").1 < 600, "{:?}", place.size("figure.png"));
}
