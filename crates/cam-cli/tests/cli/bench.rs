//! What is timed, and how it is told. Times themselves are the machine's affair.

use serde_json::Value;

use crate::support::{Place, TINY};

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
fn every_step_has_a_time_and_their_shares_are_the_whole() {
    let document = bench("");
    assert_eq!(names(&document["steps"]), ["prepare", "forward", "tail", "explain", "finish"]);
    assert_eq!(names(&document["before"]), ["decode", "resize"]);
    for steps in [&document["steps"], &document["before"]] {
        let (medians, minima) = (numbers(steps, "median_ms"), numbers(steps, "min_ms"));
        assert!(medians.iter().zip(&minima).all(|(median, min)| median >= min && *min > 0.0));
        let shares: f64 = numbers(steps, "share").iter().sum();
        assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    }
    let number = |field: &str| document[field].as_f64().expect("a number");
    assert!(number("total_ms") >= number("total_min_ms") && number("total_min_ms") > 0.0);
    assert!((number("images_per_second") * number("total_ms") - 1e3).abs() < 1e-6);
}

#[test]
fn a_network_whose_weights_are_not_here_is_timed_with_made_up_ones() {
    let place = Place::new();
    let words = "bench explain --model resnet18 --size 64x64 --repeat 1";
    let document = place.say(&format!("{words} --json")).done().json();
    assert!(document["weights"].is_null());
    assert_eq!((&document["model"], &document["layer"]), (&"resnet18".into(), &"layer4.1".into()));
    let text = place.say(words).done().text();
    assert!(text.starts_with("resnet18, weights made up: speed does not depend on them"), "{text}");
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
        "bench explain --repeat 0",
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
        assert_eq!(document["schema_version"], 1);
        assert_eq!(document["weights"], "tiny_basic.safetensors");
        assert_eq!(document["layer"], "layer2.1");
        assert_eq!((&document["input_width"], &document["input_height"]), (&96.into(), &64.into()));
        assert_eq!((&document["concepts"], &document["repeat"]), (&3.into(), &2.into()));
        assert_eq!((&document["exact"], &document["executor"]), (&true.into(), &"engine".into()));
        let machine = &document["machine"];
        assert_eq!(
            (&machine["threads"], &machine["system"]),
            (&1.into(), &std::env::consts::OS.into())
        );
        assert!(machine["instructions"].is_string() && machine["processors"].is_number());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_of_memory_holds_at_least_the_activations() {
        let document = engine("");
        let activations = document["plans"][0]["peak_bytes"].as_u64().expect("a number");
        let peak = document["peak_memory_bytes"].as_u64().expect("Linux tells it");
        assert!(activations > 0 && peak > activations, "{peak}, {activations}");
    }

    #[test]
    fn before_the_last_layer_there_are_two_plans_and_they_hold_every_step() {
        let count = |document: &Value, plan: usize| {
            document["plans"][plan]["steps"].as_array().map_or(0, Vec::len)
        };
        let whole = engine("");
        assert_eq!(whole["plans"].as_array().map(Vec::len), Some(1));
        let cut = engine("--layer layer1");
        assert_eq!(cut["plans"][0]["part"], "forward");
        assert_eq!(cut["plans"][1]["part"], "tail");
        assert!(count(&cut, 0) > 0 && count(&cut, 1) > 0);
        assert_eq!(count(&cut, 0) + count(&cut, 1), count(&whole, 0));
    }

    #[test]
    fn layers_are_timed_where_that_is_asked_for() {
        let times = |document: &Value| {
            let steps = document["plans"][0]["steps"].as_array().expect("a list").clone();
            steps.into_iter().map(|step| step["median_ms"].as_f64()).collect::<Vec<_>>()
        };
        assert!(times(&engine("")).iter().all(Option::is_none));
        let timed = times(&engine("--layers"));
        assert!(timed.iter().all(|time| time.is_some_and(|time| time >= 0.0)));
        assert!(timed.iter().flatten().sum::<f64>() > 0.0);
    }

    #[test]
    fn burns_operations_have_no_plan() {
        let document = bench("--device flex");
        assert_eq!(document["executor"], "burn");
        assert_eq!(document["plans"].as_array().map(Vec::len), Some(0));
        assert!(document["machine"]["threads"].is_null());
    }

    #[test]
    fn the_text_holds_each_step_the_total_and_the_plan() {
        let text =
            Place::new().say(&format!("bench explain {} --device cpu --repeat 1", TINY.join(" ")));
        let text = text.done().text();
        for line in ["prepare", "forward", "tail", "explain", "finish", "total", "peak memory"] {
            assert!(text.lines().any(|found| found.starts_with(line)), "{line}: {text}");
        }
        assert!(text.contains("\nplan of the forward pass:\n"), "{text}");
        assert!(text.trim_end().ends_with("MiB"), "{text}");
    }
}
