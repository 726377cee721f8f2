//! `cam batch`.

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{ListAccessor as _, Row, RowAccessor as _};
use serde_json::Value;

use crate::killing::Killer;
use crate::support::{Place, Run, photograph, png, tiny, wide_cat};

/// A folder `shelf` of images, and two concepts.
pub fn shelf(count: u32) -> Place {
    let place = Place::new();
    for number in 0..count {
        place.write(format!("shelf/{number:02}.png"), png(&wide_cat(30 + number, 20)));
    }
    tiny(&place, "concept add set.safetensors cat cat.png").done();
    tiny(&place, "concept add set.safetensors coffee coffee.png").done();
    place
}

fn lines(place: &Place, name: &str) -> Vec<Value> {
    let text = String::from_utf8(place.read(name)).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

pub const BATCH: &str = "batch shelf --concepts set.safetensors --out o";

/// Runs it into a folder.
pub fn batch(place: &Place, out: &str, more: &str) -> Run {
    tiny(place, &format!("{} {more}", BATCH.replace("--out o", &format!("--out {out}"))))
}

#[test]
fn every_image_has_a_line_and_a_bad_one_says_why() {
    let place = shelf(5);
    place.write("shelf/02b.jpg", "no image");
    let summary = tiny(&place, &format!("{BATCH} --json")).ends_with(3).json();
    assert_eq!((&summary["images"], &summary["failed"]), (&6.into(), &1.into()));
    let lines = lines(&place, "o/results.jsonl");
    assert_eq!(lines[0]["concepts"], serde_json::json!(["cat", "coffee"]));
    let names: Vec<&str> = lines[1..].iter().filter_map(|line| line["path"].as_str()).collect();
    assert_eq!(names, ["00.png", "01.png", "02.png", "02b.jpg", "03.png", "04.png"]);
    assert!(lines[4]["error"].as_str().expect("why").contains("02b.jpg"));
    assert_eq!(lines[1]["concepts"][1]["map"].as_array().map(Vec::len), Some(6));
    // What is done is done: the second run has nothing to do, and says the same.
    let before = place.read("o/results.jsonl");
    tiny(&place, BATCH).ends_with(3);
    assert_eq!(place.read("o/results.jsonl"), before);
}

#[test]
fn scores_and_maps_are_those_of_an_explanation() {
    let place = shelf(1);
    tiny(&place, BATCH).done();
    let words =
        "segment shelf/00.png --concepts set.safetensors --method contributions --raw r.npy --json";
    let explained = tiny(&place, words).done().json();
    let line = &lines(&place, "o/results.jsonl")[1];
    let raw = place.array("r.npy").1;
    for concept in 0..2 {
        let found = &line["concepts"][concept];
        let score = &explained["queries"][0]["concepts"][concept]["score"];
        let [a, b] = [&found["score"], score].map(|value| value.as_f64().expect("a number"));
        assert!((a - b).abs() < 1e-6, "{a} {b}");
        for (kept, value) in found["map"].as_array().expect("a map").iter().zip(&raw[concept * 6..])
        {
            let kept = kept.as_f64().expect("a number");
            assert!((kept - f64::from(*value)).abs() < 1e-6, "{kept} {value}");
        }
    }
}

#[test]
fn the_table_holds_what_the_lines_hold() {
    let place = shelf(3);
    place.write("shelf/01b.jpg", "no image");
    tiny(&place, &format!("{BATCH} --parquet")).ends_with(3);
    let file = std::fs::File::open(place.path("o/results.parquet")).expect("it was written");
    let table = SerializedFileReader::new(file).expect("it is a table");
    let rows: Vec<Row> =
        table.get_row_iter(None).expect("rows").collect::<Result<_, _>>().expect("whole rows");
    let mut rows = rows.iter();
    let lines = lines(&place, "o/results.jsonl");
    for line in &lines[1..] {
        let Some(concepts) = line["concepts"].as_array() else {
            let row = rows.next().expect("a row for an image that failed");
            assert_eq!(row.get_string(0).ok().map(String::as_str), line["path"].as_str());
            assert_eq!(row.get_string(6).ok().map(String::as_str), line["error"].as_str());
            assert!(row.get_string(1).is_err(), "it has no concept");
            continue;
        };
        for found in concepts {
            let row = rows.next().expect("a row for each concept");
            assert_eq!(row.get_string(0).ok().map(String::as_str), line["path"].as_str());
            assert_eq!(row.get_string(1).ok().map(String::as_str), found["concept"].as_str());
            let score = f64::from(row.get_float(2).expect("a score"));
            assert!((score - found["score"].as_f64().expect("a score")).abs() < 1e-6);
            let size = [row.get_int(3).expect("height"), row.get_int(4).expect("width")];
            assert_eq!(serde_json::json!(size), found["size"]);
            let (list, map) =
                (row.get_list(5).expect("a map"), found["map"].as_array().expect("it"));
            assert_eq!(list.len(), map.len());
            for (index, value) in map.iter().enumerate() {
                let kept = f64::from(list.get_float(index).expect("a number"));
                assert!((kept - value.as_f64().expect("a number")).abs() < 1e-6);
            }
        }
    }
    assert!(rows.next().is_none());
}

#[test]
fn parts_together_are_the_whole() {
    let place = shelf(9);
    tiny(&place, BATCH).done();
    for part in 1..=3 {
        let words = BATCH.replace("--out o", &format!("--out parts --shard {part}/3"));
        tiny(&place, &words).done();
    }
    let mut together: Vec<Value> = (1..=3)
        .flat_map(|part| lines(&place, &format!("parts/results-{part}-of-3.jsonl")).split_off(1))
        .collect();
    together.sort_by_key(|line| line["path"].to_string());
    assert_eq!(together, lines(&place, "o/results.jsonl")[1..]);
}

#[test]
fn a_picture_s_scale_is_the_image_s_the_concept_s_all_s_or_a_number() {
    let place = shelf(2);
    place.write("shelf/other.png", photograph("coffee"));
    let mut seen = Vec::new();
    for scale in ["image", "concept", "global", "1e9"] {
        let words = format!("{BATCH} --pictures --scale {scale} --json");
        assert_eq!(tiny(&place, &words).done().json()["pictures"], 6);
        let names = place.names("o/pictures");
        assert_eq!(names.len(), 7, "six pictures and their scale: {names:?}");
        seen.push(
            names.iter().map(|name| place.read(format!("o/pictures/{name}"))).collect::<Vec<_>>(),
        );
    }
    assert!(seen.iter().enumerate().all(|(i, a)| seen[..i].iter().all(|b| a != b)));
    let run = tiny(&place, &format!("{BATCH} --pictures --scale none")).ends_with(2);
    assert!(run.err.contains("scale `none`"), "{}", run.err);
}

#[test]
fn other_settings_do_not_mix_with_what_is_there() {
    let place = shelf(2);
    tiny(&place, BATCH).done();
    let run = tiny(&place, &format!("{BATCH} --as centroid")).ends_with(2);
    assert!(run.err.contains("begun with other settings"), "{}", run.err);
    let run = tiny(&place, &format!("{BATCH} --shard 4/3")).ends_with(2);
    assert!(run.err.contains("--shard 4/3"), "{}", run.err);
}

/// Raw frames of the cat, each a little darker.
fn film(count: u8) -> Vec<u8> {
    let frame = wide_cat(24, 16).into_raw();
    (0..count)
        .flat_map(|n| frame.iter().map(move |v| v.saturating_sub(20 * n)).collect::<Vec<_>>())
        .collect()
}

fn play(place: &Place, bytes: &[u8], more: &str) -> Run {
    let words = format!(
        "video --frame-size 24x16 --concepts set.safetensors --weights tiny_basic.safetensors \
         --size 96x64 {more}"
    );
    place.cam_reading(bytes, &words)
}

#[test]
fn frames_of_a_film_are_smoothed_in_time() {
    let place = shelf(0);
    play(&place, &film(4), "--out plain").done();
    play(&place, &film(4), "--out smooth --ema 0.25").done();
    let [plain, smooth] =
        ["plain", "smooth"].map(|name| lines(&place, &format!("{name}/results.jsonl")));
    assert_eq!(plain.len(), 5);
    let value = |lines: &[Value], frame: usize| {
        lines[frame + 1]["concepts"][0]["map"][3].as_f64().expect("a number")
    };
    let mut expected = value(&plain, 0);
    for frame in 1..4 {
        expected = 0.25 * value(&plain, frame) + 0.75 * expected;
        let found = value(&smooth, frame);
        assert!((found - expected).abs() < 1e-6, "{frame}: {found} and not {expected}");
    }
    // A frame that is cut off is left out, and said.
    let bytes = film(4);
    let run = play(&place, &bytes[..bytes.len() - 7], "--out short").done();
    assert!(run.err.contains("frame 3 ends after"), "{}", run.err);
    assert_eq!(lines(&place, "short/results.jsonl"), {
        let mut lines = plain.clone();
        lines.truncate(4);
        lines
    });
    // Played again, nothing is done twice.
    let before = place.read("smooth/results.jsonl");
    play(&place, &film(4), "--out smooth --ema 0.25").done();
    assert_eq!(place.read("smooth/results.jsonl"), before);
}

#[test]
fn results_survive_being_killed_at_any_moment() {
    let place = shelf(12);
    let words_for = |out: &str| BATCH.replace("--out o", &format!("--out {out} --pictures"));
    let mut killer = Killer::timed_by(&place, &words_for("whole"), 7919);
    let everything = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let pictures = place.names(&format!("{folder}/pictures")).into_iter();
        let names = pictures.map(|name| format!("pictures/{name}"));
        let names = names.chain(["results.jsonl".to_owned()]);
        names.map(|name| (name.clone(), place.read(format!("{folder}/{name}")))).collect()
    };
    let expected = everything("whole");
    let mut campaigns = 0;
    while !killer.has_killed(60) {
        campaigns += 1;
        let out = format!("o{campaigns}");
        let words = words_for(&out);
        killer.kill_in_a_row(&words, || {});
        tiny(&place, &words).done();
        // Nothing is left of the pictures that were being written either.
        assert!(everything(&out) == expected, "{out} after {} kills", killer.kills);
    }
}
