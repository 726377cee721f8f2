//! `cam batch` of a folder whose images are not what they were.

use std::fs;

use crate::batch::{BATCH, batch, shelf};
use crate::support::{photograph, png, tiny, wide_cat};

#[test]
fn images_that_changed_came_or_went_end_in_what_a_fresh_run_writes() {
    let place = shelf(6);
    batch(&place, "o", "--pictures --parquet").done();
    place.write("shelf/01.png", photograph("coffee"));
    place.write("shelf/00b.png", png(&wide_cat(50, 50)));
    place.write("shelf/03.png", "no image");
    fs::remove_file(place.path("shelf/04.png")).expect("it was there");
    let run = batch(&place, "o", "").ends_with(3);
    assert!(run.err.contains("01.png and 1 more: changed since"), "{}", run.err);
    assert!(run.err.contains("04.png: gone"), "{}", run.err);
    assert!(run.err.contains("results.parquet is out of date"), "{}", run.err);
    // Their pictures are of what they were.
    let left = place.names("o/pictures");
    assert!(
        left.iter().all(|name| !name.starts_with("01.") && !name.starts_with("04.")),
        "{left:?}"
    );
    batch(&place, "o", "--pictures --parquet").ends_with(3);
    batch(&place, "fresh", "--pictures --parquet").ends_with(3);
    for name in ["results.jsonl", "results.parquet"] {
        let [kept, fresh] = ["o", "fresh"].map(|out| place.read(format!("{out}/{name}")));
        assert!(kept == fresh, "{name}");
    }
    assert_eq!(place.names("o/pictures"), place.names("fresh/pictures"));
    for name in place.names("o/pictures") {
        let [kept, fresh] = ["o", "fresh"].map(|out| place.read(format!("{out}/pictures/{name}")));
        assert!(kept == fresh, "{name}");
    }
    // One that failed and can be read by now is done.
    place.write("shelf/03.png", png(&wide_cat(33, 20)));
    batch(&place, "o", "").done();
    batch(&place, "fresher", "").done();
    assert_eq!(place.read("o/results.jsonl"), place.read("fresher/results.jsonl"));
}

#[test]
fn a_folder_that_was_copied_is_the_same_and_another_is_refused() {
    let place = shelf(3);
    batch(&place, "o", "").done();
    let before = place.read("o/results.jsonl");
    for number in 0..3 {
        let name = format!("{number:02}.png");
        place.write(format!("moved/{name}"), place.read(format!("shelf/{name}")));
        place.write(format!("others/{name}"), png(&wide_cat(60 + number, 20)));
    }
    fs::create_dir(place.path("empty")).expect("a folder");
    let run = tiny(&place, &BATCH.replace("shelf", "moved")).done();
    assert!(!run.text().contains("images/s"), "nothing was run: {}", run.text());
    for folder in ["others", "empty"] {
        let run = tiny(&place, &BATCH.replace("shelf", folder)).ends_with(2);
        assert!(run.err.contains("is of 3 images, none of which is in"), "{}", run.err);
    }
    assert_eq!(place.read("o/results.jsonl"), before);
}

#[test]
fn of_two_lines_of_one_image_the_first_counts() {
    let place = shelf(3);
    batch(&place, "o", "").done();
    let before = place.read("o/results.jsonl");
    let text = String::from_utf8(before.clone()).expect("text");
    let twice = text.lines().nth(2).expect("a line");
    place.write("o/results.jsonl", format!("{text}{twice}\n"));
    assert_eq!(batch(&place, "o", "--json").done().json()["images"], 3);
    assert_eq!(place.read("o/results.jsonl"), before);
}

#[test]
fn lines_of_a_folder_that_nobody_may_look_into_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = shelf(2);
    place.write("shelf/closed/a.png", photograph("cat"));
    batch(&place, "o", "").done();
    let before = place.read("o/results.jsonl");
    let mode = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(place.path("shelf/closed"), permissions).expect("a mode");
    };
    mode(0o000);
    // Whoever may look everywhere sees no difference.
    let is_closed = fs::read_dir(place.path("shelf/closed")).is_err();
    let run = batch(&place, "o", "");
    mode(0o755);
    run.ends_with(if is_closed { 3 } else { 0 });
    batch(&place, "o", "").done();
    assert_eq!(place.read("o/results.jsonl"), before);
}
