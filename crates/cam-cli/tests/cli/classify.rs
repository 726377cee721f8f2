//! `cam classify`, and classes by name in `cam explain`.

use serde_json::{Map, Value, json};

use crate::support::{Place, TINY, fixture, tiny};

/// A weight file's header, and the bytes behind it.
fn parts(file: &[u8]) -> (Map<String, Value>, &[u8]) {
    let (length, rest) = file.split_first_chunk::<8>().expect("a header");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (serde_json::from_slice(header).expect("JSON"), data)
}

/// The numbers of a weight file's tensor.
fn tensor(file: &[u8], name: &str) -> Vec<f64> {
    let (header, data) = parts(file);
    let [begin, end] =
        [0, 1].map(|i| header[name]["data_offsets"][i].as_u64().expect("an offset") as usize);
    let (numbers, []) = data[begin..end].as_chunks::<4>() else { panic!("whole numbers") };
    numbers.iter().map(|number| f32::from_le_bytes(*number).into()).collect()
}

/// The small network, whose file has names for its classes.
fn named(metadata: Value) -> Vec<u8> {
    let file = fixture("tiny_basic.safetensors");
    let (mut header, data) = parts(&file);
    header.insert("__metadata__".to_owned(), metadata);
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// An image's classes, as the document tells them.
fn classes(document: &Value, image: usize) -> Vec<(u64, String, f64, f64)> {
    let classes = document["images"][image]["classes"].as_array().expect("a list").iter();
    let number = |class: &Value, key: &str| class[key].as_f64().expect("a number");
    let told = classes.map(|class| {
        let name = class["name"].as_str().expect("a name").to_owned();
        let index = class["class"].as_u64().expect("a class");
        (index, name, number(class, "logit"), number(class, "probability"))
    });
    told.collect()
}

#[test]
fn a_cat_and_a_cup_of_espresso_are_told_by_name() {
    let place = Place::new();
    let run = place.say("classify cat.png coffee.png --top 3").done();
    let text = run.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6);
    // The three are near each other: which of them leads is the network's affair.
    let cats = ["Egyptian cat", "tiger cat", "tabby"].map(|name| format!("cat.png: {name} "));
    assert!(cats.iter().all(|cat| lines[..3].iter().any(|line| line.starts_with(cat))), "{text}");
    assert!(lines[3].starts_with("coffee.png: espresso "), "{text}");
}

#[test]
fn probabilities_are_the_softmax_of_the_classifiers_logits() {
    let place = Place::new();
    tiny(&place, "embed cat.png --out e.npy").done();
    let document = tiny(&place, "classify cat.png --json").done().json();
    assert_eq!(document["schema_version"], 1);

    let file = fixture("tiny_basic.safetensors");
    let (weight, bias) = (tensor(&file, "fc.weight"), tensor(&file, "fc.bias"));
    let (_, embedding) = place.array("e.npy");
    let logit = |(row, bias): (&[f64], &f64)| {
        row.iter().zip(&embedding).map(|(w, e)| w * f64::from(*e)).sum::<f64>() + bias
    };
    let logits: Vec<f64> = weight.chunks(embedding.len()).zip(&bias).map(logit).collect();
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();

    let told = classes(&document, 0);
    assert_eq!(told.len(), 5);
    for (class, name, logit, probability) in &told {
        let expected = logits[*class as usize];
        // Sums of twelve products of f32.
        assert!((logit - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{logit} {expected}");
        assert!((probability - expected.exp() / sum).abs() < 1e-5, "{probability}");
        assert_eq!(*name, format!("class {class}"));
    }
    assert!(told.is_sorted_by(|a, b| a.2 >= b.2), "{told:?}");
}

#[test]
fn a_class_is_the_same_by_its_name_its_number_and_unasked() {
    let place = Place::new();
    let top = classes(&place.say("classify cat.png --top 2 --json").done().json(), 0);
    let (class, name, logit, _) = &top[0];
    let question = |more: &[&str], map: &str| {
        let words = [&["explain", "cat.png", "--json", "--raw", map], more].concat();
        let document = place.cam(words).done().json();
        document["queries"][0]["questions"].as_array().expect("a list").clone()
    };
    let by_number = question(&["--class", &class.to_string()], "number.npy");
    let by_name = question(&["--class", &name.to_uppercase()], "name.npy");
    let unasked = question(&[], "unasked.npy");
    assert_eq!(by_number, by_name);
    assert_eq!(by_number, unasked);
    assert_eq!(by_number[0]["name"], name.as_str());
    assert_eq!(by_number[0]["class"], *class);
    assert_eq!(by_number[0]["score"], *logit);
    assert_eq!(place.read("number.npy"), place.read("name.npy"));
    assert_eq!(place.read("number.npy"), place.read("unasked.npy"));

    let two = question(&["--top", "2"], "two.npy");
    assert_eq!(two.iter().map(|q| &q["class"]).collect::<Vec<_>>(), [*class, top[1].0]);
    // The maps of two questions are made together, which may cost their last digit.
    assert_eq!(two[0]["score"], by_number[0]["score"]);
}

#[test]
fn each_query_is_explained_for_its_own_class_in_one_figure() {
    let place = Place::new();
    let run = place.say("explain cat.png coffee.png --overlay {query}-{concept}.png --out f.png");
    let text = run.done().text();
    assert!(text.contains("coffee: What speaks for espresso? "), "{text}");
    let files = place.names("");
    assert!(files.contains(&"coffee-espresso.png".to_owned()), "{files:?}");
    assert!(files.iter().any(|file| file.starts_with("cat-") && file.ends_with(" cat.png")));
    assert!(place.exists("f.png"));
}

#[test]
fn what_is_named_after_a_class_writes_over_nothing() {
    let place = Place::new();
    place.write("espresso.png", place.read("coffee.png"));
    let run = place.say("explain espresso.png --overlay {concept}.png").ends_with(2);
    assert!(run.err.contains("espresso.png is an input"), "{}", run.err);
    assert_eq!(place.read("espresso.png"), place.read("coffee.png"));
    let run = place.say("explain coffee.png --overlay {concept}.png --out espresso.png");
    let run = run.ends_with(2);
    assert!(run.err.contains("two outputs are called espresso.png"), "{}", run.err);
    // One name for the overlays of several queries, or of several classes.
    place.say("explain cat.png coffee.png --overlay {concept}.png").ends_with(2);
    place.say("explain cat.png --top 2 --overlay {query}-o.png").ends_with(2);
    place.say("explain cat.png --top 2 --map m.png").ends_with(2);
}

#[test]
fn a_file_that_names_its_classes_is_believed() {
    let place = Place::new();
    let names = json!(["ash", "birch", "cedar", "elm", "Elm"]);
    place.write("net.safetensors", named(json!({ "classes": names.to_string() })));
    let words = "classify cat.png --json --weights net.safetensors --size 96x64";
    for (class, name, ..) in classes(&place.say(words).done().json(), 0) {
        assert_eq!(name, names[class as usize].as_str().expect("a name"));
    }
    let explain = |class: &str| {
        let words = format!("explain cat.png --class {class} --json --weights net.safetensors");
        place.say(&format!("{words} --size 96x64"))
    };
    let question = |run: Value| run["queries"][0]["questions"][0]["class"].clone();
    assert_eq!(question(explain("cedar").done().json()), 2);
    assert_eq!(question(explain("Elm").done().json()), 4);
    let both = explain("ELM").ends_with(2);
    assert!(both.err.contains("several classes are called `ELM`: give the number, 3 and 4"));
}

#[test]
fn names_of_other_classes_are_left_out_and_that_is_said() {
    let place = Place::new();
    place.write("net.safetensors", named(json!({ "classes": r#"["ash","birch"]"# })));
    let words = "classify cat.png --weights net.safetensors --size 96x64 --top 1";
    let run = place.say(words).done();
    assert!(run.text().starts_with("cat.png: class "), "{}", run.text());
    assert!(run.err.contains("names 2 classes, but its classifier has 5"), "{}", run.err);
}

#[test]
fn a_thousand_classes_alone_are_not_imagenets() {
    let place = Place::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../cam-models/assets");
    let mut weights = std::fs::read(format!("{path}/efficientnet-lite0.f16.safetensors"))
        .expect("the embedded weights");
    let words = "classify coffee.png --top 1 --weights net.safetensors";
    place.write("net.safetensors", &weights);
    let known = place.say(words).done().text();
    assert!(known.starts_with("coffee.png: espresso "), "{known}");
    // The last bit of some number.
    let low = weights.len() - 2;
    weights[low] ^= 1;
    place.write("net.safetensors", &weights);
    let other = place.say(words).done().text();
    assert!(other.starts_with("coffee.png: class 967 "), "{other}");
    let run = place.say("explain cat.png --class tabby --weights net.safetensors").ends_with(2);
    assert!(run.err.contains("have numbers only, from 0 to 999"), "{}", run.err);
}

#[test]
fn images_side_by_side_are_told_as_one_after_the_other_and_failures_are_named() {
    let place = Place::new();
    place.write("page.jpg", "<!DOCTYPE html><html></html>");
    let run = |threads: usize, more: &str| {
        let images = "coffee.png cat.png page.jpg coffee.png missing.png cat.png";
        tiny(&place, &format!("classify {images} --threads {threads} {more}")).ends_with(3)
    };
    assert_eq!(run(1, "").seen(), run(3, "").seen());
    let document = run(3, "--json").json();
    assert_eq!(document, run(1, "--json").json());
    let names = |key: &str| {
        let entries = document[key].as_array().expect("a list").iter();
        entries.map(|entry| entry["image"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("images"), ["coffee.png", "cat.png", "coffee.png", "cat.png"]);
    assert_eq!(names("failures"), ["page.jpg", "missing.png"]);
    place.cam(["classify", "missing.png"].iter().chain(&TINY)).ends_with(1);
}
