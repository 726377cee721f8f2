//! What is explained, and what is said of it.

use serde_json::Value;

use crate::support::{Place, TINY, photograph, png, wide_cat};

/// Two roundings of a cosine near 1.
const COSINE_ROUNDING: f64 = 1e-6;

/// A thousandth of the largest value: a sum over 49 positions of f32.
const MAP_ROUNDING: f32 = 1e-3;

/// The share of a concept's mass that must lie on its side of the picture, in percent.
const ON_ITS_SIDE: u32 = 95;

fn first_question(document: &Value) -> &Value {
    &document["queries"][0]["questions"][0]
}

#[test]
fn the_document_says_what_was_computed_with_what() {
    let place = Place::new();
    let document = place
        .say("explain cat.png --concept drink=coffee.png --difference --class 281 --json")
        .done()
        .json();

    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["cam_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["model"], "efficientnet-lite0");
    assert_eq!(document["weights"], "embedded");
    assert_eq!(document["weights_sha256"].as_str().map(str::len), Some(64));
    assert_eq!(document["embedding_width"], 1280);
    assert_eq!(
        (&document["methods"][0], &document["arithmetic"]),
        (&"grad-cam".into(), &"standard".into())
    );
    assert_eq!(document["layers"], serde_json::json!(["head"]));
    assert_eq!(
        (&document["concept_target"], &document["class_target"]),
        (&"cosine".into(), &"logit".into())
    );
    assert_eq!(document["concepts"][0]["name"], "drink");
    assert_eq!(document["concepts"][0]["image"], "coffee.png");
    assert_eq!(document["failures"], serde_json::json!([]));
}

#[test]
fn every_question_comes_with_its_numbers_in_the_documented_order() {
    let place = Place::new();
    let document = place
        .say("explain cat.png --concept coffee.png --difference --class 281 --json")
        .done()
        .json();
    let query = &document["queries"][0];

    let questions = query["questions"].as_array().expect("a list");
    let kinds: Vec<_> =
        questions.iter().map(|question| (&question["kind"], &question["name"])).collect();
    let expected = [("similarity", "coffee"), ("difference", "coffee"), ("class", "tabby")];
    let expected = expected.map(|(kind, name)| (Value::from(kind), Value::from(name)));
    assert_eq!(kinds, expected.iter().map(|(kind, name)| (kind, name)).collect::<Vec<_>>());
    for question in questions {
        let number =
            |value: &Value| value.as_f64().unwrap_or_else(|| panic!("no number: {question:#}"));
        assert!(number(&question["raw_min"][0]) < number(&question["raw_max"][0]), "{question:#}");
        assert!((0.0..=1.0).contains(&number(&question["mass"]["left"])), "{question:#}");
        assert_eq!(question["degenerate"], false);
    }
    let of = |index: usize, key: &str| questions[index][key].as_f64().expect("a number");
    assert_eq!(of(0, "score"), of(0, "cosine"));
    assert!(
        (of(0, "score") + of(1, "score") - 1.0).abs() < COSINE_ROUNDING,
        "the difference is 1 − cosine"
    );
    assert_eq!(questions[2]["cosine"], Value::Null);
    assert_eq!((&questions[0]["class"], &questions[2]["class"]), (&Value::Null, &281.into()));

    for step in ["decode", "prepare", "capture", "explain", "draw", "write", "total"] {
        assert!(
            query["milliseconds"][step].as_f64().is_some_and(|time| time >= 0.0),
            "{step}: {query:#}"
        );
    }
    assert_eq!(
        (&query["width"], &query["input_width"], &query["damaged"]),
        (&224.into(), &224.into(), &false.into())
    );
}

#[test]
fn an_image_is_wholly_similar_to_itself() {
    let place = Place::new();
    let document = place.say("explain cat.png --concept cat.png --json").done().json();
    let cosine = first_question(&document)["cosine"].as_f64().expect("a number");
    assert!((cosine - 1.0).abs() < COSINE_ROUNDING, "{cosine}");
}

#[test]
fn a_class_is_found_in_a_photograph_of_it() {
    let place = Place::new();
    // ImageNet's classes 281 to 285 are cats, 504 is a coffee mug.
    let words =
        "explain cat.png --class 281 --class 282 --class 285 --class 504 --target softmax --json";
    let document = place.say(words).done().json();
    let questions = document["queries"][0]["questions"].as_array().expect("a list");
    let probability: Vec<f64> =
        questions.iter().filter_map(|question| question["score"].as_f64()).collect();
    assert!(probability[..3].iter().sum::<f64>() > 0.5, "a cat: {probability:?}");
    assert!(probability[3] < 0.01, "no coffee mug: {probability:?}");
}

#[test]
fn the_maps_of_similarity_and_difference_are_each_others_negatives_and_sum_to_nothing() {
    let place = Place::new();
    place.say("explain cat.png --concept coffee.png --difference --raw raw.npy").done();

    let (shape, values) = place.array("raw.npy");
    assert_eq!(shape, [2, 7, 7]);
    let (similarity, difference) = values.split_at(49);
    let largest = similarity.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
    assert!(largest > 0.0);
    for (similar, different) in similarity.iter().zip(difference) {
        assert!((similar + different).abs() <= largest * MAP_ROUNDING, "{similar} {different}");
    }
    let sum: f32 = similarity.iter().sum();
    assert!(sum.abs() < largest * MAP_ROUNDING, "{sum} of {largest}");
}

#[test]
fn finished_maps_fill_0_to_1_at_the_inputs_size() {
    let place = Place::new();
    place
        .say("explain cat.png --concept coffee.png --difference --size 96x64 --map map.npy")
        .done();

    let (shape, values) = place.array("map.npy");
    assert_eq!(shape, [2, 64, 96]);
    for map in values.chunks(64 * 96) {
        assert_eq!(map.iter().copied().fold(f32::INFINITY, f32::min), 0.0);
        assert_eq!(map.iter().copied().fold(0.0, f32::max), 1.0);
    }
}

#[test]
fn several_layers_are_averaged() {
    let place = Place::new();
    for (layer, map) in [("block10", "a.npy"), ("head", "b.npy"), ("head,block10", "both.npy")] {
        place
            .say(&format!("explain cat.png --concept coffee.png --layer {layer} --map {map}"))
            .done();
    }
    let [a, b, both] = ["a.npy", "b.npy", "both.npy"].map(|name| place.array(name).1);
    let mean: Vec<f32> = a.iter().zip(&b).map(|(a, b)| (a + b) / 2.0).collect();
    let largest = mean.iter().copied().fold(0.0, f32::max);
    let smallest = mean.iter().copied().fold(f32::INFINITY, f32::min);
    for (mean, both) in mean.iter().zip(&both) {
        let expected = (mean - smallest) / (largest - smallest);
        assert!((expected - both).abs() < MAP_ROUNDING, "{expected} {both}");
    }
}

#[test]
fn several_layers_are_reported_in_the_order_of_computation() {
    let place = Place::new();
    let document =
        place.say("explain cat.png --concept coffee.png --layer head,block10 --json").done().json();
    assert_eq!(document["layers"], serde_json::json!(["block10", "head"]));
    assert_eq!(first_question(&document)["raw_max"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_other_librarys_arithmetic_draws_at_the_inputs_size() {
    let place = Place::new();
    place.write("wide.png", png(&wide_cat(200, 120)));
    let asked = "explain wide.png --concept coffee.png --overlay";
    place.say(&format!("{asked} ours.png")).done();
    let document =
        place.say(&format!("{asked} theirs.png --compat pytorch-grad-cam --json")).done().json();

    assert_eq!(place.size("ours.png"), (200, 120), "the query's own size");
    assert_eq!(place.size("theirs.png"), (224, 224), "the input's size");
    assert_eq!(document["arithmetic"], "pytorch-grad-cam");
}

#[test]
fn a_map_that_says_nothing_is_called_so() {
    let place = Place::new();
    // One position: the pixels of a cosine's map sum to zero, so the only one is zero.
    let words =
        "explain cat.png --concept coffee.png --weights tiny_basic.safetensors --size 32x32";
    let run = place.say(&format!("{words} --out figure.png")).done();
    assert!(run.text().contains("(nothing found)"), "{}", run.seen());
    let document = place.say(&format!("{words} --json")).done().json();
    let question = first_question(&document);
    assert_eq!((&question["degenerate"], &question["mass"]), (&true.into(), &Value::Null));
}

#[test]
fn one_bad_query_of_several_does_not_keep_the_others_from_being_written() {
    let place = Place::new();
    let words = "explain cat.png missing.png coffee.png --concept coffee.png --overlay {query}-overlay.png --json";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(3);

    assert_eq!(
        run.err,
        "cam: missing.png: No such file or directory (os error 2)\ncam: 1 of 3 images failed\n"
    );
    let document = run.json();
    assert_eq!(document["failures"][0]["image"], "missing.png");
    assert_eq!(
        document["failures"][0]["error"],
        "missing.png: No such file or directory (os error 2)"
    );
    let names: Vec<_> = document["queries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|query| &query["name"])
        .collect();
    assert_eq!(names, ["cat", "coffee"]);
    assert_eq!(place.size("cat-overlay.png"), (224, 224));
    assert_eq!(place.size("coffee-overlay.png"), (224, 224));
    assert!(!place.exists("missing-overlay.png"));
}

#[test]
fn all_queries_failing_is_a_failure() {
    let place = Place::new();
    let before = place.names("");
    let words = "explain missing.png absent.png --concept coffee.png --out figure.png";
    let run = place.cam(words.split(' ').chain(TINY)).ends_with(1);
    assert!(run.err.ends_with("cam: none of the 2 images could be explained\n"), "{}", run.err);
    assert_eq!(place.names(""), before);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let place = Place::new();
    for threads in ["1", "2"] {
        let words = "explain cat.png --concept coffee.png --difference --exact --raw";
        place.say(&format!("{words} {threads}.npy --threads {threads}")).done();
    }
    assert_eq!(place.read("1.npy"), place.read("2.npy"));
}

#[test]
fn the_demo_shows_the_embedded_network_whatever_the_environment_asks_for() {
    let place = Place::new();
    let mut command = place.command(["demo", "--out=-x.png", "-v"]);
    let command = command.env("CAM_MODEL", "resnet50").env("CAM_WEIGHTS", "missing.pth");
    let output = command.output().expect("the binary runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.contains("from the embedded weights"), "{err}");
    assert!(place.exists("-x.png"), "a name may begin with a dash");
}

#[test]
fn the_demo_finds_each_concept_on_its_side() {
    let place = Place::new();
    let run = place.say("demo --out x.png").done();

    for (question, side) in [("Where is cat?", "left"), ("Where is coffee?", "right")] {
        let text = run.text();
        let line =
            text.lines().find(|line| line.contains(question)).expect("a line for each question");
        let (_, mass) = line.split_once("mass ").expect("its mass");
        let (share, found) = mass.split_once(" % ").expect("a share");
        assert!(found.starts_with(side), "{line}");
        assert!(share.parse::<u32>().is_ok_and(|share| share >= ON_ITS_SIDE), "{line}");
    }
    assert!(run.text().ends_with("x.png\n"), "{}", run.text());
    let (width, height) = place.size("x.png");
    // Concept, query, where it is and where it is not, twice.
    assert!(width > 4 * 224 && height > 2 * 224, "{width}x{height}");
}

#[test]
fn what_is_printed_can_be_read_line_by_line() {
    let place = Place::new();
    place.write("rocket.png", photograph("rocket"));
    let words = "explain cat.png rocket.png --concept coffee.png --difference --class 3";
    let run = place.cam(words.split(' ').chain(TINY)).done();

    let questions = [
        ("Where is coffee?", "cosine 0."),
        ("Where is coffee not?", "1 − cosine = 0."),
        ("What speaks for class 3?", "logit "),
    ];
    let text = run.text();
    let mut lines = text.lines();
    for query in ["cat", "rocket"] {
        for (question, number) in questions {
            let line = lines.next().expect("a line for each question");
            assert!(
                line.starts_with(&format!("{query}: {question} ")) && line.ends_with(" ms"),
                "{line}"
            );
            assert!(line.contains(number), "{line}");
        }
    }
    assert_eq!(lines.collect::<Vec<_>>(), ["queries.cam.png"]);
}

#[test]
fn verbosity_says_what_was_loaded_from_where() {
    let place = Place::new();
    let words = "explain cat.png --class 1 --raw raw.npy -v";
    let run = place.cam(words.split(' ').chain(TINY)).done();
    assert!(run.err.contains("from tiny_basic.safetensors, embeddings 12 wide"), "{}", run.err);
}
