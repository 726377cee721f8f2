//! What is timed, and how it is told. Times themselves are the machine's affair.

use serde_json::Value;

use crate::support::{Place, TINY, onnx};

/// `cam bench explain` of a small network, a few times only.
fn bench(words: &str) -> Value {
    let words = format!("bench explain {} --repeat 2 --json {words}", TINY.join(" "));
    Place::new().say(&words).done().json()
}

fn names(steps: &Value) -> Vec<&str> {
    let steps = steps.as_array().expect("a list").iter();
    steps.map(|step| step["name"].as_str().expect("a name")).collect()
}

fn numbers(steps: &Value, field: &str) -> Vec<f64> {
    let steps = steps.as_array().expect("a list").iter();
    steps.map(|step| step[field].as_f64().expect("a number")).collect()
}

#[test]
fn every_step_has_a_time_and_so_has_the_whole() {
    let document = bench("");
    assert_eq!(names(&document["steps"]), ["prepare", "capture", "explain", "finish"]);
    let steps = &document["steps"];
    let (medians, minima) = (numbers(steps, "median_ms"), numbers(steps, "min_ms"));
    assert!(medians.iter().zip(&minima).all(|(median, min)| median >= min && *min > 0.0));
    let number = |field: &str| document[field].as_f64().expect("a number");
    assert!(number("total_ms") >= number("total_min_ms") && number("total_min_ms") > 0.0);
    assert!((number("images_per_second") * number("total_ms") - 1e3).abs() < 1e-6);
    assert!(number("forward_ms") >= number("forward_min_ms") && number("forward_min_ms") > 0.0);
}

#[test]
fn images_of_one_pass_are_counted() {
    let document = bench("--images 3");
    let number = |field: &str| document[field].as_f64().expect("a number");
    assert_eq!(document["images"], 3);
    assert!((number("images_per_second") * number("total_ms") - 3e3).abs() < 1e-6);
}

#[test]
fn the_method_is_the_one_that_is_named_or_that_explain_would_take() {
    assert_eq!(bench("--method layer-cam --layer layer3")["method"], "layer-cam");
    let place = Place::new();
    place.write("net.onnx", onnx("tiny_vit.ts17.onnx"));
    let method = |words: &str| {
        let words =
            format!("bench explain --weights net.onnx --preprocess half --repeat 1 --json {words}");
        place.say(&words).done().json()["method"].clone()
    };
    assert_eq!(method(""), "token-contributions");
    assert_eq!(method("--layer blocks.0"), "grad-cam");
    assert_eq!(method("--method legrad --blocks 1"), "legrad");
    assert_eq!(method("--method rollout"), "rollout");
}

#[test]
fn a_network_whose_weights_are_not_here_is_timed_with_placeholders() {
    let place = Place::new();
    let words = "bench explain --model resnet18 --size 64x64 --repeat 1";
    let document = place.say(&format!("{words} --json")).done().json();
    assert!(document["weights"].is_null());
    assert_eq!((&document["model"], &document["layer"]), (&"resnet18".into(), &"layer4.1".into()));
    let text = place.say(words).done().text();
    assert!(
        text.starts_with("resnet18, weights placeholders: speed does not depend on them"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_timed_is_refused() {
    let place = Place::new();
    let lines = [
        "bench",
        "bench explian",
        "bench explain --size native",
        "bench explain --size 0",
        "bench explain --size 100000x100000",
        "bench explain --concepts 0",
        "bench explain --images 0",
        "bench explain --repeat 0",
        "bench explain --method grad-camm",
        "bench explain --method refine-cam",
        "bench explain --method legrad",
        "bench explain --method grad-cam --blocks 2",
        "bench explain --layer blok10",
        "bench explain --model resnte50",
        "bench explain --weights missing.safetensors",
        "bench explain --device cpu:1",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn help_says_what_is_timed() {
    insta::assert_snapshot!(Place::new().transcript(&["bench explain --help"]));
}

/// What only the engine can tell.
#[cfg(feature = "flex")]
mod of_the_engine {
    use super::*;

    fn engine(words: &str) -> Value {
        bench(&format!("--device cpu {words}"))
    }

    #[test]
    fn what_was_timed_is_said() {
        let document = engine("--layer layer2 --concepts 3 --threads 1 --exact");
        assert_eq!(document["schema_version"], 2);
        assert_eq!(document["weights"], "tiny_basic.safetensors");
        assert_eq!(document["layer"], "layer2.1");
        assert_eq!((&document["input_width"], &document["input_height"]), (&96.into(), &64.into()));
        assert_eq!((&document["concepts"], &document["repeat"]), (&3.into(), &2.into()));
        assert_eq!((&document["exact"], &document["executor"]), (&true.into(), &"engine".into()));
        assert_eq!(document["threads"], 1);
        assert!(document["instructions"].is_string());
    }

    #[test]
    fn burns_operations_have_no_threads_of_the_engine() {
        let document = bench("--device flex");
        assert_eq!(document["executor"], "burn");
        assert!(document["threads"].is_null());
    }

    #[test]
    fn the_text_holds_each_step_and_the_total() {
        let text =
            Place::new().say(&format!("bench explain {} --device cpu --repeat 1", TINY.join(" ")));
        let text = text.done().text();
        for line in ["prepare", "capture", "explain", "finish", "total"] {
            assert!(text.lines().any(|found| found.starts_with(line)), "{line}: {text}");
        }
    }
}
