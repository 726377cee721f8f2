//! Files with names that need care.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::support::{Place, TINY, photograph};

fn explain(place: &Place, query: impl AsRef<OsStr>, rest: &str) -> serde_json::Value {
    let arguments = ["explain".into(), query.as_ref().to_owned()].into_iter();
    let rest = rest.split(' ').chain(TINY).chain(["--json"]).map(OsString::from);
    place.cam(arguments.chain(rest)).done().json()
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_no_unicode_is_read_and_written_to() {
    let place = Place::new();
    let (query, raw) = (OsStr::from_bytes(b"b\xffd.png"), OsStr::from_bytes(b"r\xfe.npy"));
    place.write(query, photograph("cat"));
    let words = [
        "explain".as_ref(),
        query,
        "--concept".as_ref(),
        "coffee.png".as_ref(),
        "--raw".as_ref(),
        raw,
    ];
    let words = words.into_iter().chain(TINY.iter().map(OsStr::new));
    place.cam(words).done();
    assert!(place.read(raw).starts_with(b"\x93NUMPY"));
}

#[test]
fn a_line_break_in_a_name_breaks_no_line() {
    let place = Place::new();
    place.write("new\nline.png", photograph("cat"));
    let words = ["explain", "new\nline.png", "--concept", "coffee.png", "--overlay", "{query}.jpg"];
    let run = place.cam(words.into_iter().chain(TINY)).done();
    assert_eq!(run.text().lines().count(), 1, "{}", run.text());
    assert!(run.text().starts_with(r"new\nline: Where is coffee?"), "{}", run.text());
    assert!(place.exists("new_line.jpg"));

    let words = ["explain", "new\nline.png", "--concept", "coffee.png"];
    let run = place.cam(words.into_iter().chain(TINY)).done();
    assert!(run.text().ends_with("\nnew_line.cam.png\n"), "{}", run.text());

    let document = explain(&place, "new\nline.png", "--concept coffee.png");
    assert_eq!(document["queries"][0]["image"], "new\nline.png", "JSON holds the name as it is");
}

#[test]
fn a_name_cannot_command_the_terminal() {
    let place = Place::new();
    place.write("\u{1b}[31mred.png", photograph("cat"));
    let words = [
        "explain",
        "\u{1b}[31mred.png",
        "\u{1b}[2J.png",
        "--concept",
        "coffee.png",
        "--raw",
        "{query}.npy",
    ];
    let run = place.cam(words.into_iter().chain(TINY)).ends_with(3);
    assert!(!run.seen().contains('\u{1b}'), "{:?}", run.seen());
}

#[test]
fn a_name_of_dots_leads_to_no_other_folder() {
    let place = Place::new();
    place.write("...png", photograph("cat"));
    place.write("in/_/keep", "");
    let words = "--concept coffee.png --raw in/{query}/raw.npy";
    let document = explain(&place, "...png", words);
    assert_eq!(document["queries"][0]["files"], serde_json::json!(["in/_/raw.npy"]));
}

#[test]
fn alike_names_are_told_apart() {
    let place = Place::new();
    place.write("a/cat.png", photograph("cat"));
    place.write("b/cat.png", photograph("coffee"));
    let document = explain(
        &place,
        "a/cat.png",
        "b/cat.png --concept a/cat.png --concept b/cat.png --overlay {query}-{concept}.jpg",
    );
    let names = |list: &str| {
        let list = document[list].as_array().expect("a list").iter();
        list.map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("queries"), ["cat", "cat-2"]);
    assert_eq!(names("concepts"), ["cat", "cat-2"]);
    for name in ["cat-cat.jpg", "cat-cat-2.jpg", "cat-2-cat.jpg", "cat-2-cat-2.jpg"] {
        assert!(place.exists(name), "{name}");
    }
}

#[test]
fn names_that_differ_only_in_what_file_names_cannot_hold_are_told_apart() {
    let place = Place::new();
    let document = explain(
        &place,
        "cat.png",
        "--concept a/b=cat.png --concept a_b=coffee.png --overlay {concept}.jpg",
    );
    assert_eq!(document["queries"][0]["files"], serde_json::json!(["a_b.jpg", "a_b-2.jpg"]));
}

#[test]
fn an_equals_sign_belongs_to_the_name_of_a_file_that_exists() {
    let place = Place::new();
    place.write("a=b.png", photograph("cat"));
    let document = explain(&place, "a=b.png", "--concept a=b.png --concept sky=coffee.png");
    assert_eq!(document["queries"][0]["name"], "a=b");
    assert_eq!(document["concepts"][0]["name"], "a=b");
    assert_eq!(document["concepts"][1]["name"], "sky");
}

#[test]
fn a_name_that_begins_with_a_dash_can_be_given_behind_two_dashes() {
    let place = Place::new();
    place.write("-x.png", photograph("cat"));
    let words = "explain --weights tiny_basic.safetensors --size 96x64 --json --class 1 -- -x.png";
    let document = place.say(words).done().json();
    assert_eq!(document["queries"][0]["name"], "-x");
}
