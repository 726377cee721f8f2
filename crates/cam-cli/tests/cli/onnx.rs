//! Networks from ONNX files.

use crate::support::{Place, onnx};

/// A place with a small network and what is known of it.
fn place(name: &str) -> Place {
    let place = Place::new();
    place.write("net.onnx", onnx(name));
    place
}

#[test]
fn an_onnx_file_is_explained_like_any_network() {
    let place = place("tiny_resnet_d.ts17.onnx");
    let words = "explain cat.png -c coffee.png --weights net.onnx --preprocess imagenet --json";
    let document = place.say(words).done().json();
    assert_eq!(document["model"], "net");
    assert_eq!(document["layers"], serde_json::json!(["layer4.0"]));
    assert_eq!(document["preprocessing"]["origin"], "preset");
    let queries = document["queries"].as_array().expect("a list");
    assert_eq!(queries.len(), 1, "{queries:?}");
}

#[test]
fn a_layer_goes_by_its_module_node_value_and_place() {
    let place = place("tiny_vit.ts17.onnx");
    let map = |layer: &str| {
        let words = format!(
            "explain cat.png -c coffee.png --weights net.onnx --preprocess half --raw m.npy --layer={layer}"
        );
        place.say(&words).done();
        place.array("m.npy").1
    };
    let layers = place.say("list layers net.onnx --json").done().json();
    let layers = layers["layers"].as_array().expect("a list").clone();
    let at = layers.iter().position(|layer| layer["name"] == "blocks.0").expect("it is listed");
    let module = map("blocks.0");
    assert_eq!(map("/blocks/blocks.0/Add_1"), module);
    assert_eq!(map("/blocks/blocks.0/Add_1_output_0"), module);
    assert_eq!(map(&format!("#{at}")), module);
    assert_eq!(map(&format!("-{}", layers.len() - at)), module);
}

#[test]
fn the_layer_behind_which_only_the_class_token_is_read_is_not_taken() {
    let place = place("tiny_vit.ts17.onnx");
    let text = place.say("list layers net.onnx").done().text();
    assert!(text.contains("* blocks.1 is taken unless another is named"), "{text}");
    assert!(text.contains("1 more tokens"), "{text}");
}

#[test]
fn what_is_assumed_of_the_preprocessing_is_said_and_a_file_beside_the_network_is_found() {
    let place = place("tiny_resnet_d.ts17.onnx");
    let words = "explain cat.png -c coffee.png --weights net.onnx --json";
    let run = place.say(words).done();
    assert!(run.err.contains("does not say how images are prepared"), "{}", run.err);
    assert_eq!(run.json()["preprocessing"]["origin"], "assumed");
    place.write(
        "net.preprocess.json",
        r#"{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "size": {"height": 64, "width": 64}, "image_processor_type": "ViTImageProcessor"}"#,
    );
    let said = place.say(words);
    assert!(said.code == 0 || said.err.contains("64"), "{}", said.seen());
}

#[test]
fn inspect_shows_what_the_file_takes_gives_and_holds() {
    let place = place("tiny_vit.ts17.onnx");
    let document = place.say("inspect net.onnx --json").done().json();
    assert_eq!(document["container"], "ONNX");
    assert_eq!(document["usable"], true);
    assert_eq!(document["layer"], "blocks.1");
    assert_eq!(document["operations"]["Softmax"], 3);
    let text = place.say("inspect net.onnx").done().text();
    assert!(text.contains("usable      yes"), "{text}");
}

#[test]
fn an_unknown_layer_and_an_unknown_value_are_refused_with_what_there_is() {
    let place = place("tiny_vit.ts17.onnx");
    let start = "explain cat.png -c coffee.png --weights net.onnx --preprocess half";
    let run = place.say(&format!("{start} --layer blocks.9"));
    assert!(run.code == 2 && run.err.contains("did you mean"), "{}", run.seen());
    let run = place.say(&format!("{start} --embedding nothing"));
    assert!(run.code != 0 && run.err.contains("no value \"nothing\""), "{}", run.seen());
}

#[test]
fn a_damaged_file_is_an_error_that_names_it() {
    let place = Place::new();
    let bytes = onnx("tiny_vit.ts17.onnx");
    place.write("half.onnx", &bytes[..bytes.len() / 2]);
    place.write("text.onnx", "<!DOCTYPE html>");
    for name in ["half.onnx", "text.onnx"] {
        let run = place.say(&format!("explain cat.png -c coffee.png --weights {name}"));
        assert!(run.code != 0 && run.err.contains(name), "{}", run.seen());
    }
}

#[test]
fn a_transformer_is_explained_by_token_contributions_whose_shares_sum_to_the_score() {
    let place = place("tiny_vit.ts17.onnx");
    let words = "explain cat.png -c coffee.png --weights net.onnx --preprocess half --json";
    let question = |more: &str| {
        let document = place.say(&format!("{words} {more}")).done().json();
        document["queries"][0]["questions"][0].clone()
    };
    let patches = |question: &serde_json::Value| {
        let shares = question["shares"].as_object().expect("shares");
        let sum: f64 = shares.values().filter_map(serde_json::Value::as_f64).sum();
        let score = question["score"].as_f64().expect("a number");
        assert!((sum - score).abs() < 1e-5, "{sum} of {score}");
        shares["patches"].as_f64().expect("a number")
    };
    let usual = question("");
    assert_eq!(usual["method"], "token-contributions");
    assert_ne!(patches(&usual), patches(&question("--blocks 1")));
    assert_eq!(patches(&usual), patches(&question("--blocks all")), "it has three blocks");
    for (more, method) in
        [("--layer blocks.0", "grad-cam"), ("--compat pytorch-grad-cam", "grad-cam")]
    {
        assert_eq!(question(more)["method"], method, "{more}");
    }
}

#[test]
fn what_does_not_explain_the_score_says_so() {
    let place = place("tiny_vit.ts17.onnx");
    let words = "explain cat.png -c coffee.png --weights net.onnx --preprocess half --json";
    for method in ["mask-clip", "sclip", "patch-similarity"] {
        let run = place.say(&format!("{words} --method {method}"));
        assert!(run.err.contains("it does not explain the score"), "{}", run.seen());
        let question = &run.done().json()["queries"][0]["questions"][0];
        assert_eq!(question["is_explanation"], false, "{method}");
    }
    let run = place.say(words);
    assert!(!run.err.contains("does not explain"), "{}", run.seen());
    assert!(run.done().json()["queries"][0]["questions"][0]["is_explanation"].is_null());
}

#[test]
fn a_method_of_attention_says_why_it_cannot_explain_a_convolutional_network() {
    let place = place("tiny_resnet_d.ts17.onnx");
    let words = "explain cat.png -c coffee.png --weights net.onnx --preprocess half --json";
    let run = place.say(&format!("{words} --method legrad"));
    assert_ne!(run.code, 0);
    assert!(run.err.contains("attention") && run.err.contains("use grad-cam"), "{}", run.err);
}

#[test]
fn every_command_takes_what_is_usual_for_a_transformer_and_says_so() {
    let place = place("tiny_vit.ts17.onnx");
    let net = "--weights net.onnx --preprocess half";
    for (concept, image) in [("cat", "cat.png"), ("coffee", "coffee.png")] {
        place.say(&format!("concept add set.safetensors {concept} {image} {net}")).done();
        place.write(format!("images/{image}"), crate::support::photograph(concept));
    }
    let segmented = place
        .say(&format!("segment cat.png --concepts set.safetensors {net} --json"))
        .done()
        .json();
    assert_eq!(segmented["method"], "token-contributions");
    let batch =
        |more: &str| place.say(&format!("batch images --concepts set.safetensors {net} {more}"));
    batch("--out o").done();
    let lines = std::fs::read_to_string(place.path("o/results.jsonl")).expect("results");
    assert!(lines.contains(r#""method":"token-contributions""#), "{lines}");
    let refused = batch("--out p --method contributions");
    assert!(refused.seen().contains("use token-contributions"), "{}", refused.seen());
    let refused = place.say(&format!("evaluate images {net} --grid 1x2 --cell 64"));
    assert!(refused.code == 2 && refused.err.contains("choose a cell"), "{}", refused.seen());
    place.say(&format!("index images --index shelf {net}")).done();
    let search = format!("search cat.png --index shelf {net}");
    place.say(&search).done();
    place.say(&format!("{search} --why 1 2 --out why.png")).done();
    let explained = place.say(&format!("{search} --explain --out pairs.png")).done().text();
    assert!(explained.contains("the late attentions make"), "{explained}");
}

#[test]
fn two_images_are_compared_by_what_a_transformer_took_from_their_patches() {
    let place = place("tiny_vit.ts17.onnx");
    let words = "compare cat.png coffee.png --weights net.onnx --preprocess half";
    let compared = place.say(&format!("{words} --json")).done().json();
    assert_eq!(compared["pairs"], "token-contributions");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let beside = &compared["beside"];
    let rest: f64 = ["first", "second", "rests"].iter().map(|part| number(&beside[part])).sum();
    for image in 0..2 {
        let pairs = number(&compared["images"][image]["sum"]);
        assert!((pairs + rest - number(&compared["cosine"])).abs() < 1e-5, "{pairs} and {rest}");
    }
    let text = place.say(words).done().text();
    assert!(text.contains("the late attentions make"), "{text}");
}
