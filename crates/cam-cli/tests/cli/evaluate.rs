//! `cam evaluate`.

use std::fs;

use crate::support::{Place, Run, photograph};

/// Four images in a folder, a small network, small cells.
fn place() -> Place {
    let place = Place::new();
    for name in ["astronaut", "cat", "coffee", "rocket"] {
        place.write(format!("images/{name}.png"), photograph(name));
    }
    place
}

fn evaluate(place: &Place, more: &str) -> Run {
    let words =
        "evaluate images --weights tiny_basic.safetensors --cell 48 --collages 1 --out scores";
    place.say(&format!("{words} --method grad-cam,fem {more}"))
}

#[test]
fn methods_and_baselines_are_measured_in_one_table() {
    let place = place();
    let run = evaluate(&place, "--json").done();
    let summary = run.json();
    let methods: Vec<&str> = summary["methods"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["method"].as_str().expect("a name"))
        .collect();
    assert_eq!(methods, ["grad-cam", "fem", "random map", "centre", "edges"]);
    for row in summary["methods"].as_array().expect("a list") {
        assert_eq!(row["maps"], 4);
        let inside = row["means"]["inside"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&inside), "{inside}");
    }
    // Chance is a quarter in a grid of four, for a map that cannot know better.
    let random = &summary["methods"][2]["means"];
    assert!((random["inside"].as_f64().expect("a number") - 0.25).abs() < 0.02);
    assert_eq!(random["randomised"], 1.0);
    assert_eq!(
        place.names("scores"),
        ["records.jsonl", "summary.csv", "summary.json", "summary.png"]
    );
    let csv = String::from_utf8(place.read("scores/summary.csv")).expect("text");
    assert_eq!(csv.lines().count(), 6);
}

#[test]
fn a_second_run_measures_nothing_and_more_collages_only_what_is_new() {
    let place = place();
    evaluate(&place, "").done();
    let first = place.read("scores/records.jsonl");
    let again = evaluate(&place, "").done();
    assert!(again.err.contains("0 maps measured, 20 were known"), "{}", again.err);
    assert_eq!(place.read("scores/records.jsonl"), first);
    let more = place.say(
        "evaluate images --weights tiny_basic.safetensors --cell 48 --collages 2 --out scores \
         --method grad-cam,fem",
    );
    assert!(more.done().err.contains("20 maps measured, 20 were known"));
    assert!(place.read("scores/records.jsonl").starts_with(&first));
}

#[test]
fn a_line_that_was_cut_off_is_measured_again() {
    let place = place();
    evaluate(&place, "").done();
    let whole = without_times(&place);
    let bytes = place.read("scores/records.jsonl");
    place.write("scores/records.jsonl", &bytes[..bytes.len() - 40]);
    let run = evaluate(&place, "").done();
    assert!(run.err.contains("1 maps measured, 19 were known"), "{}", run.err);
    assert_eq!(without_times(&place), whole);
}

/// Records, less how long each took.
fn without_times(place: &Place) -> Vec<String> {
    let text = String::from_utf8(place.read("scores/records.jsonl")).expect("text");
    let lines = text.lines().map(|line| line.split("\"milliseconds\"").next().unwrap_or(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn other_settings_do_not_mix_with_what_is_there() {
    let place = place();
    evaluate(&place, "").done();
    let before = place.read("scores/records.jsonl");
    let refused = evaluate(&place, "--seed 1").ends_with(2);
    assert!(
        refused.err.contains(
            "other settings: seed 0 → 1; go on with the same, choose another folder for results"
        ),
        "{}",
        refused.err
    );
    assert_eq!(place.read("scores/records.jsonl"), before);
}

#[test]
fn what_is_no_image_is_left_out_and_named_and_too_few_are_refused() {
    let place = place();
    place.write("images/broken.png", "not an image");
    place.write("images/notes.txt", "not taken for one");
    let run = evaluate(&place, "").ends_with(3);
    assert!(run.err.contains("left out:") && run.err.contains("broken.png"), "{}", run.err);
    assert!(!run.err.contains("notes.txt"));
    fs::remove_file(place.path("images/cat.png")).expect("it is there");
    let refused = place
        .say("evaluate images --weights tiny_basic.safetensors --out others")
        .ends_with(1)
        .seen();
    assert!(refused.contains("holds 3 images"), "{refused}");
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_written() {
    let place = place();
    for (words, part) in [
        ("evaluate images --grid 1x1 --out s", "at least two cells"),
        ("evaluate images --method gradcm --out s", "did you mean grad-cam"),
        ("evaluate nowhere --out s", "nowhere"),
    ] {
        let run = place.say(words);
        assert!([1, 2].contains(&run.code), "{}", run.seen());
        assert!(run.err.contains(part), "{}", run.err);
        assert!(!place.exists("s"));
    }
}

/// Two objects, and a line that is none.
const OUTLINES: &str = r#"{"shapes": [
    {"label": "left", "shape_type": "rectangle", "points": [[0, 0], [40, 90]]},
    {"label": "line", "shape_type": "line", "points": [[0, 0], [9, 9]]},
    {"label": "right", "shape_type": "polygon", "points": [[60, 0], [90, 0], [90, 90], [60, 90]]}]}"#;

#[test]
fn outlined_objects_are_asked_about_and_images_without_outlines_passed_over() {
    let place = place();
    place.write("images/coffee.json", OUTLINES);
    let words =
        "evaluate images --objects --weights tiny_basic.safetensors --method grad-cam --out scores";
    let run = place.say(&format!("{words} --measure inside,points,overlap --json")).done();
    assert!(run.err.contains("3 images have no outlines"), "{}", run.err);
    assert!(run.err.contains("1 shapes that are no polygon"), "{}", run.err);
    let summary = run.json();
    let centre = &summary["methods"][2];
    assert_eq!((&centre["method"], &centre["maps"]), (&"centre".into(), &2.into()));
    let names: Vec<&String> = centre["means"].as_object().expect("a map").keys().collect();
    assert_eq!(names, ["inside", "ms", "overlap", "points"]);
    // One picture says nothing of others.
    assert!(centre["intervals"]["inside"].is_null());
    let refused = place.say(&format!("{words} --collages 2"));
    assert!(refused.code == 2 && refused.err.contains("cannot be used with"), "{}", refused.err);
    let refused = place.say(
        "evaluate images --objects --weights tiny_basic.safetensors --out s --measure insight",
    );
    assert!(
        refused.code == 2 && refused.err.contains("there is no measure insight"),
        "{}",
        refused.err
    );
}

#[test]
fn folders_without_outlines_and_outlines_of_other_images_are_refused() {
    let place = place();
    let words = "evaluate images --objects --weights tiny_basic.safetensors --out scores";
    let refused = place.say(words).ends_with(1);
    assert!(refused.err.contains("holds no image beside which"), "{}", refused.err);
    place.write("images/cat.json", r#"{"imageWidth": 3, "imageHeight": 3, "shapes": []}"#);
    let refused = place.say(words).ends_with(1);
    assert!(refused.err.contains("do not fit"), "{}", refused.err);
}

#[test]
fn negatives_change_the_question_and_a_mean_lies_in_its_interval() {
    let place = place();
    let mean_score = |negatives: &str| {
        let words = format!(
            "evaluate images --weights tiny_basic.safetensors --cell 48 --collages 3 --grid 1x2 --measure inside \
             --method grad-cam --negatives {negatives} --out {negatives} --json"
        );
        let summary = place.say(&words).done().json();
        for row in summary["methods"].as_array().expect("a list") {
            let number = |value: &serde_json::Value| value.as_f64().expect("a number");
            let (mean, ends) = (number(&row["means"]["inside"]), &row["intervals"]["inside"]);
            assert!(number(&ends[0]) <= mean && mean <= number(&ends[1]), "{row}");
        }
        let text =
            String::from_utf8(place.read(format!("{negatives}/records.jsonl"))).expect("text");
        let scores = text.lines().skip(1).map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).expect("a record");
            record["score"].as_f64().expect("a number")
        });
        scores.sum::<f64>()
    };
    let [none, others, mean] = ["none", "others", "mean"].map(mean_score);
    assert!(others < none && mean < none, "{none} {others} {mean}");
}
