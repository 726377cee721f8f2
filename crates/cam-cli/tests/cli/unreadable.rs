//! What lies among images and cannot be read is a failure of theirs, and is not left out.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::gallery::shelf;
use crate::support::{Place, photograph, tiny};

/// A folder with two good images, and one each of a name that is no Unicode, a link that leads nowhere and a pipe.
fn mixed() -> Place {
    let place = shelf(2);
    let at = |name: &[u8]| place.path("shelf").join(OsStr::from_bytes(name));
    fs::write(at(b"caf\xE9.png"), photograph("cat")).expect("written");
    symlink("nowhere.png", at(b"link.png")).expect("linked");
    let made = Command::new("mkfifo").arg(at(b"pipe.png")).status().expect("it runs");
    assert!(made.success());
    place
}

const FAULTS: [(&str, &str); 3] =
    [("caf\\xE9.png", "no Unicode"), ("link.png", "No such file"), ("pipe.png", "a pipe")];

#[test]
fn an_index_counts_and_names_them() {
    let place = mixed();
    let run = tiny(&place, "index shelf --index i --json").ends_with(3);
    let document = run.json();
    assert_eq!((&document["added"], &document["images"]), (&2.into(), &2.into()));
    for (failure, (name, reason)) in
        document["failures"].as_array().expect("a list").iter().zip(FAULTS)
    {
        assert_eq!(failure["image"], name);
        assert!(failure["error"].as_str().expect("text").contains(reason), "{failure}");
        assert!(run.err.contains(reason), "{}", run.err);
    }
    assert_eq!(document["failures"].as_array().map(Vec::len), Some(3));
    tiny(&place, "index shelf --index i").ends_with(3);
}

#[test]
fn a_batch_has_a_line_for_each() {
    let place = mixed();
    tiny(&place, "concept add c.safetensors cat cat.png").done();
    tiny(&place, "batch shelf --concepts c.safetensors --as centroid --out r --json").ends_with(3);
    let text = String::from_utf8(place.read("r/results.jsonl")).expect("text");
    for (name, reason) in FAULTS {
        let line = text
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .find(|line| line["path"] == name);
        let error = line.expect(name)["error"].to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn an_evaluation_says_that_it_lacks_some() {
    let place = mixed();
    let words = "evaluate shelf/a --out e --weights tiny_basic.safetensors --grid 1x2 --collages 1 \
                 --cell 64 --method grad-cam --json";
    place.write("shelf/a/more.png", photograph("cat"));
    place.say(words).done();
    symlink("nowhere.png", place.path("shelf/a/link.png")).expect("linked");
    let run = place.say(words).ends_with(3);
    assert!(run.err.contains("link.png"), "{}", run.err);
}

#[test]
fn a_name_with_a_line_break_is_a_name() {
    let place = shelf(2);
    place.write("shelf/a/line\nbreak.png", photograph("cat"));
    tiny(&place, "index shelf --index i").done();
    let run = tiny(&place, "search cat.png --index i --top 1 --json").done();
    assert_eq!(run.json()["path"], "a/line\nbreak.png");
    let run = tiny(&place, "search cat.png --index i --top 1").done();
    assert!(run.text().contains("a/line\\nbreak.png"), "{}", run.text());
}

#[test]
fn arguments_that_are_no_unicode_are_read() {
    let place = Place::new();
    let name = OsStr::from_bytes(b"caf\xE9.png");
    fs::write(place.path(name), photograph("cat")).expect("written");
    let size = ["--size", "64x64"].map(OsStr::new);
    let run = |words: &[&OsStr]| place.cam(words.iter().copied().chain(size)).done();
    let words = |text: &'static str| text.split(' ').map(OsStr::new).collect::<Vec<_>>();
    run(&[&words("embed --out e.npy")[..], &[name]].concat());
    run(&[&words("concept add c.safetensors cat")[..], &[name]].concat());
    run(&[&words("explain --out f.png --class 1")[..], &[name]].concat());
    run(&[&words("explain --out g.png cat.png --concept")[..], &[name]].concat());
}
