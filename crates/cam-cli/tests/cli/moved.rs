//! An index whose folder is elsewhere by now.

use std::fs::{self, File};
use std::time::SystemTime;

use serde_json::Value;

use crate::gallery::shelf;
use crate::support::{Place, photograph, tiny};

const COUNTS: [&str; 4] = ["added", "changed", "removed", "unchanged"];

fn counts(run: &Value) -> [u64; 4] {
    COUNTS.map(|name| run[name].as_u64().expect("a number"))
}

/// What the network made, which must not change.
fn numbers(place: &Place) -> [Vec<u8>; 2] {
    ["vectors.f32", "maps.f16"].map(|name| place.read(format!("i/{name}")))
}

#[test]
fn a_folder_that_was_moved_is_the_same_index_and_nothing_is_computed_again() {
    let place = shelf(6);
    tiny(&place, "index shelf --index i").done();
    let before = numbers(&place);
    fs::rename(place.path("shelf"), place.path("archive")).expect("moved");
    let run = tiny(&place, "index archive --index i --json").done();
    assert!(run.err.contains("6 of 6 are as they were"), "{}", run.err);
    let document = run.json();
    assert_eq!(counts(&document), [0, 0, 0, 6]);
    assert!(document["moved_from"].as_str().expect("a path").ends_with("/shelf"), "{document}");
    assert_eq!(numbers(&place), before);
    // It is remembered where they are.
    let again = tiny(&place, "index archive --index i --json").done().json();
    assert_eq!((counts(&again), again.get("moved_from")), ([0, 0, 0, 6], None));
    let words = "search archive/a/00.png --index i --top 3 --explain --out f.png";
    let run = tiny(&place, words).done();
    assert!(!run.err.contains("grey"), "{}", run.err);
}

#[test]
fn a_copy_that_lost_its_dates_is_known_by_its_bytes() {
    let place = shelf(6);
    tiny(&place, "index shelf --index i").done();
    let before = numbers(&place);
    for number in 0..6 {
        let name = format!("{}/{number:02}.png", ["a", "b"][number % 2]);
        place.write(format!("copy/{name}"), place.read(format!("shelf/{name}")));
        let file = File::options().write(true).open(place.path(format!("copy/{name}")));
        file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH)).expect("dated");
    }
    // One has changed, to another image of its size in bytes.
    let mut bytes = place.read("copy/a/00.png");
    bytes.truncate(bytes.len() - 1);
    bytes.push(0);
    place.write("copy/a/00.png", bytes);
    let run = tiny(&place, "index copy --index i --json").done().json();
    assert_eq!(counts(&run), [0, 1, 0, 5]);
    let after = numbers(&place);
    assert!(after[0].starts_with(&before[0]), "rows only grow");
    assert_eq!(after[0].len() - before[0].len(), before[0].len() / 6, "one row is new");
    // From now on the dates tell.
    let run = tiny(&place, "index copy --index i --json").done().json();
    assert_eq!(counts(&run), [0, 0, 0, 6]);
    place.say("index verify i").done();
}

#[test]
fn touched_images_are_not_run_again_where_they_are() {
    let place = shelf(4);
    tiny(&place, "index shelf --index i").done();
    let before = numbers(&place);
    let file = File::options().write(true).open(place.path("shelf/a/00.png")).expect("a file");
    file.set_modified(SystemTime::UNIX_EPOCH).expect("touched");
    let run = tiny(&place, "index shelf --index i --json").done().json();
    assert_eq!((counts(&run), numbers(&place)), ([0, 0, 0, 4], before));
}

#[test]
fn another_folder_is_no_moved_one_unless_it_is_said() {
    let place = shelf(6);
    tiny(&place, "index shelf --index i").done();
    place.write("other/a/00.png", place.read("shelf/a/00.png"));
    place.write("other/a/01.png", photograph("coffee"));
    let before = numbers(&place);
    let run = tiny(&place, "index other --index i").ends_with(1);
    assert!(run.err.contains("another folder of images"), "{}", run.err);
    assert!(
        run.err.contains("holds 1 of its 6 images") && run.err.contains("--moved"),
        "{}",
        run.err
    );
    assert_eq!(numbers(&place), before);
    let kept = tiny(&place, "index shelf --index i --json").done().json();
    assert_eq!(counts(&kept), [0, 0, 0, 6]);
    let run = tiny(&place, "index other --index i --moved --json").done().json();
    assert_eq!(counts(&run), [1, 0, 5, 1]);
}

#[test]
fn a_search_is_told_where_the_images_are() {
    let place = shelf(4);
    tiny(&place, "index shelf --index i").done();
    fs::rename(place.path("shelf"), place.path("archive")).expect("moved");
    let words = "search cat.png --index i --top 2 --explain --out f.png";
    let run = tiny(&place, words).ends_with(1);
    assert!(run.err.contains("none of the images is in"), "{}", run.err);
    tiny(&place, &format!("{words} --images archive")).done();
    // Where nothing is drawn it would mean nothing.
    tiny(&place, "search cat.png --index i --images archive").ends_with(2);
}

#[test]
fn an_image_that_is_another_by_now_is_not_drawn_with_the_map_of_the_former() {
    let place = shelf(4);
    tiny(&place, "index shelf --index i").done();
    place.write("shelf/a/00.png", photograph("coffee"));
    let run = tiny(&place, "search cat.png --index i --top 4 --explain --out f.png").ends_with(3);
    assert!(run.err.contains("00.png is not what was indexed"), "{}", run.err);
    assert!(run.err.contains("1 of 4 images failed"), "{}", run.err);
}
