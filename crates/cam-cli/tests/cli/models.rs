//! What is listed: networks, layers, completions and man pages.

use crate::support::{Place, TINY};

#[test]
fn known_networks_are_listed_with_the_whereabouts_of_their_weights() {
    insta::assert_snapshot!(Place::new().transcript(&["models"]));
}

#[test]
fn known_networks_are_listed_as_json() {
    let document = Place::new().say("list models --json").done().json();
    assert_eq!(document["schema_version"], 1);
    let models = document["models"].as_array().expect("a list");
    assert_eq!(models[0]["name"], "efficientnet-lite0");
    assert_eq!(models[0]["weights"], "embedded");
    assert!(
        models[1..]
            .iter()
            .all(|model| model["weights"] != "embedded" && model["weights"] != "fetched")
    );
}

#[test]
fn the_last_block_of_a_stage_goes_by_the_stages_name() {
    let place = Place::new();
    insta::assert_snapshot!(place.transcript(&["list layers -m resnet50"]));
    let document = place.say("list layers -m resnet50 --json").done().json();
    let last = document["layers"].as_array().and_then(|layers| layers.last()).expect("a list");
    assert_eq!(
        [&last["name"], &last["alias"], &last["channels"], &last["stride"], &last["default"]],
        [
            &serde_json::json!("layer4.2"),
            &serde_json::json!("layer4"),
            &serde_json::json!(2048),
            &serde_json::json!(32),
            &serde_json::json!(true)
        ]
    );
    assert_eq!(document["embedding_width"], 2048);
}

#[test]
fn published_weights_have_the_layers_of_their_network() {
    let place = Place::new();
    assert_eq!(
        place.say("list layers -m resnet50-v2").done().text(),
        place.say("list layers -m resnet50").done().text()
    );
    assert_eq!(
        place.say("list layers").done().text(),
        place.say("list layers -m efficientnet-lite0").done().text()
    );
}

#[test]
fn every_listed_layer_can_be_explained_at() {
    let place = Place::new();
    let document = place.say("list layers --json").done().json();
    let layers = document["layers"].as_array().expect("a list").iter();
    let names: Vec<&str> = layers
        .flat_map(|layer| [&layer["name"], &layer["alias"]])
        .filter_map(|name| name.as_str())
        .collect();
    assert!(names.contains(&"block10") && names.contains(&"stage5"), "{names:?}");
    let words =
        format!("explain cat.png --class 1 --size 64x64 --json --layer {}", names.join(","));
    let explained = place.say(&words).done().json();
    assert_eq!(
        explained["layers"].as_array().map(Vec::len),
        document["layers"].as_array().map(Vec::len)
    );
}

#[test]
fn weights_that_are_not_here_are_not_fetched_without_being_asked() {
    let run = Place::new().say("explain cat.png --class 1 --model resnet18").ends_with(1);
    let expected = "cam: the weights of resnet18 are not here yet: fetch them, or give a file\ntip: run `cam fetch resnet18`, or give a file with --weights\n";
    assert_eq!(run.err, expected);
}

#[test]
fn a_network_without_published_weights_asks_for_its_file() {
    let place = Place::new();
    let expected =
        "cam: no weights of efficientnet-lite1 are published: give a weight file (--weights)\n";
    for words in
        ["explain cat.png --class 1 --model efficientnet-lite1", "fetch efficientnet-lite1"]
    {
        let run = place.say(words).ends_with(2);
        assert!(run.err.starts_with(expected), "{words}: {}", run.err);
    }
}

#[test]
fn the_embedded_network_needs_no_fetching() {
    let run = Place::new().say("fetch efficientnet-lite0").done();
    assert_eq!(run.err, "cam: efficientnet-lite0 is part of this binary: nothing to fetch\n");
    assert_eq!(run.text(), "");
}

#[test]
fn every_shell_gets_a_completion_script() {
    let place = Place::new();
    assert!(place.say("completions bash").done().text().contains("complete -F _cam"));
    assert!(place.say("completions zsh").done().text().starts_with("#compdef cam"));
    for shell in ["fish", "elvish", "powershell"] {
        assert!(
            place.say(&format!("completions {shell}")).done().text().contains("explain"),
            "{shell}"
        );
    }
}

#[test]
fn every_command_gets_a_man_page() {
    let place = Place::new();
    place.say("man share/man1").done();
    let names = place.names("share/man1");
    for command in ["explain", "segment", "embed", "list", "inspect", "fetch", "demo"] {
        assert!(names.contains(&format!("cam-{command}.1")), "{command}: {names:?}");
    }
    let page = String::from_utf8(place.read("share/man1/cam-explain.1")).expect("text");
    assert!(page.contains(".TH CAM-EXPLAIN") && page.contains(r"\-\-difference"), "{page}");
    assert_eq!(
        place.say("man cat.png").ends_with(1).err,
        "cam: cat.png: File exists (os error 17)\n"
    );
}

#[test]
fn the_layers_of_a_weight_file_are_those_of_its_network() {
    let place = Place::new();
    let [option, file, ..] = TINY;
    let layers = place.cam(["list", "layers", option, file, "--json"]).done().json();
    assert_eq!(layers["embedding_width"], 12);
    let mut names = layers["layers"].as_array().expect("a list").iter().map(|layer| &layer["name"]);
    assert_eq!(names.next_back().expect("a layer"), "layer4.0");
}
