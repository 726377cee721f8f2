//! A damaged image is marked in everything that a program reads.

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::RowAccessor as _;
use serde_json::Value;

use crate::support::{Place, photograph, tiny, truncated_jpeg};

/// A folder with a whole image and half of one, and two concepts of which one has seen the latter.
fn place() -> Place {
    let place = Place::new();
    place.write("cut.jpg", truncated_jpeg());
    place.write("shelf/cut.jpg", truncated_jpeg());
    place.write("shelf/whole.png", photograph("coffee"));
    tiny(&place, "concept add set.safetensors cat cat.png cut.jpg").done();
    tiny(&place, "concept add set.safetensors coffee coffee.png").done();
    place
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// That `damaged` says the truth of both images, and remarks say what the matter is.
#[track_caller]
fn assert_told(cut: &Value, whole: &Value) {
    assert_eq!((&cut["damaged"], &whole["damaged"]), (&true.into(), &false.into()));
    let remark = cut["remarks"][0].as_str().unwrap_or_else(|| panic!("no remark: {cut:#}"));
    assert!(remark.starts_with("damaged file"), "{remark}");
}

#[test]
fn documents_of_images_on_the_command_line_tell_damage() {
    let place = place();
    let json = |words: &str| tiny(&place, &format!("{words} --json")).done().json();
    let document = json("explain cut.jpg cat.png --concept cut.jpg --concept coffee.png");
    assert_told(&document["queries"][0], &document["queries"][1]);
    assert_told(&document["concepts"][0], &document["concepts"][1]);
    let document = json("segment cut.jpg cat.png --concepts set.safetensors");
    assert_told(&document["queries"][0], &document["queries"][1]);
    let document = json("compare cut.jpg cat.png");
    assert_told(&document["images"][0], &document["images"][1]);
    let document = json("factorize cut.jpg cat.png");
    assert_told(&document["images"][0], &document["images"][1]);
    let document = json("embed cut.jpg cat.png --out e.npy");
    assert_told(&document["rows"][0], &document["rows"][1]);
}

#[test]
fn a_concept_remembers_that_an_image_of_it_was_damaged() {
    let place = place();
    let shown = place.say("concept show set.safetensors cat --json").done().json();
    let damaged = [0, 1].map(|image: usize| shown["images"][image]["damaged"].clone());
    assert_eq!(damaged, [false, true]);
    let listed = place.say("concept list set.safetensors --json").done().json();
    let counts = [0, 1].map(|concept: usize| listed["concepts"][concept]["damaged"].clone());
    assert_eq!(counts, [1, 0]);
    let text = place.say("concept list set.safetensors").done().text();
    assert!(text.contains("2 images, 1 damaged"), "{text}");
}

#[test]
fn lines_and_tables_of_a_batch_tell_damage() {
    let place = place();
    let words = "batch shelf --concepts set.safetensors --out o --parquet --json";
    let summary = tiny(&place, words).done().json();
    assert_eq!(summary["damaged"], 1);
    let lines = lines(&place.read("o/results.jsonl"));
    assert_told(&lines[1], &lines[2]);
    let file = std::fs::File::open(place.path("o/results.parquet")).expect("it was written");
    let table = SerializedFileReader::new(file).expect("it is a table");
    let rows: Vec<_> =
        table.get_row_iter(None).expect("rows").map(|row| row.expect("it")).collect();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let is_cut = row.get_string(0).expect("a path") == "cut.jpg";
        assert_eq!(row.get_bool(7).expect("it is told"), is_cut);
        assert_eq!(row.get_string(8).is_ok_and(|text| text.starts_with("damaged file")), is_cut);
    }
    // What is done is done, and still counted.
    assert_eq!(tiny(&place, words).done().json()["damaged"], 1);
}

#[test]
fn an_index_remembers_damage_and_its_searches_tell_it() {
    let place = place();
    let indexed = tiny(&place, "index shelf --json").done().json();
    assert_eq!(indexed["damaged"], serde_json::json!(["cut.jpg"]));
    // Nothing is read again, and it is still known.
    let indexed = tiny(&place, "index shelf --json").done().json();
    assert_eq!((&indexed["unchanged"], &indexed["damaged"][0]), (&2.into(), &"cut.jpg".into()));
    let found = lines(&tiny(&place, "search cut.jpg --json").done().out);
    let told = |line: &Value| [line["damaged"].clone(), line["query_damaged"].clone()];
    assert_eq!(
        (&found[0]["path"], told(&found[0])),
        (&"cut.jpg".into(), [true.into(), true.into()])
    );
    assert_eq!(told(&found[1]), [Value::from(false), true.into()]);
    let text = tiny(&place, "search cat.png").done().text();
    assert!(text.contains("cut.jpg  (damaged file)"), "{text}");
}

#[test]
fn records_of_an_evaluation_tell_which_collages_hold_a_damaged_image() {
    let place = place();
    for (name, damaged) in [("shelf", true), ("sound", false)] {
        place.write("sound/whole.png", photograph("coffee"));
        place.write("sound/other.png", photograph("cat"));
        let words = format!(
            "evaluate {name} --weights tiny_basic.safetensors --cell 48 --collages 1 --grid 1x2 \
             --method grad-cam --out {name}-scores --json"
        );
        let summary = place.say(&words).done().json();
        assert_eq!(summary["methods"][0]["damaged"], if damaged { 2 } else { 0 });
        let records = lines(&place.read(format!("{name}-scores/records.jsonl")));
        assert!(records[1..].iter().all(|record| record["damaged"] == damaged));
    }
}
