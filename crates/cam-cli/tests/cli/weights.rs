//! Weight files that are not fit for use.

use crate::support::{Place, fixture, is_engine, picture, under_test};

#[test]
fn what_is_no_weight_file_is_told_apart() {
    let place = Place::new();
    let names = [
        "html.pth",
        "lfs-pointer.pth",
        "empty.pth",
        "text.pth",
        "truncated.pth",
        "vgg.safetensors",
    ];
    for name in names {
        place.weights(name);
    }
    std::fs::create_dir(place.path("folder")).expect("a folder");
    let names = names.into_iter().chain(["folder", "nowhere.pth"]);
    let lines: Vec<String> =
        names.map(|name| format!("explain cat.png --class 1 --weights {name}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn every_tensor_that_does_not_fit_is_named() {
    let place = Place::new();
    let names = ["missing", "unexpected", "mis-shaped", "nan", "several-faults"]
        .map(|name| format!("{name}.safetensors"));
    let lines = names.map(|name| {
        place.weights(&name);
        format!("explain cat.png --class 1 --weights {name}")
    });
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn every_unfit_fixture_is_a_bad_model_and_none_a_panic() {
    let place = Place::new();
    for name in [
        "beyond-the-end.safetensors",
        "classifier-of-another-width.safetensors",
        "duplicate-key.safetensors",
        "encrypted.pth",
        "expanded-to-eight-gigabytes.pth",
        "gzipped.pth",
        "header-longer-than-file.safetensors",
        "header-not-json.safetensors",
        "header-of-2-to-the-63.safetensors",
        "hole.safetensors",
        "hostile-legacy.pth",
        "hostile-pickle.pth",
        "infinity.safetensors",
        "long-storage-legacy.pth",
        "negative-variance.safetensors",
        "lightning-code.ckpt",
        "no-tensors.pth",
        "one-byte.pth",
        "overflowing-shape.safetensors",
        "overlapping.safetensors",
        "short-storage.pth",
        "size-against-dtype.safetensors",
        "trailing-bytes.safetensors",
        "truncated-legacy.pth",
        "truncated.safetensors",
        "unknown-dtype.safetensors",
    ] {
        place.weights(name);
        let run = place.say(&format!("explain cat.png --class 1 --weights {name}")).ends_with(4);
        assert!(run.err.starts_with(&format!("cam: {name}")), "{}", run.err);
        assert_eq!(place.say(&format!("inspect {name}")).code, 4, "{name}");
    }
    assert!(!place.exists("pwned"), "a pickle was run");
}

#[test]
fn unexpected_tensors_can_be_allowed_and_are_still_named() {
    let place = Place::new();
    place.weights("unexpected.safetensors");
    let words = "explain cat.png --class 1 --weights unexpected.safetensors --size 96x64 --allow-partial --json";
    let run = place.say(words).done();
    assert!(
        run.err.contains("2 unexpected") && run.err.contains("layer3.0.conv9.weight"),
        "{}",
        run.err
    );
}

#[test]
fn a_class_needs_a_classifier() {
    let place = Place::new();
    place.weights("tiny_headless.safetensors");
    let lines = [
        "explain cat.png --class 1 --weights tiny_headless.safetensors --size 96x64",
        "explain cat.png --weights tiny_headless.safetensors --size 96x64",
        "classify missing.png --weights tiny_headless.safetensors --size 96x64",
        "explain cat.png --class tabby --weights tiny_basic.safetensors --size 96x64",
        "explain cat.png --class 5 --weights tiny_basic.safetensors --size 96x64",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
    place.say("explain cat.png --concept coffee.png --weights tiny_headless.safetensors --size 96x64 --json").done();
}

#[test]
fn weights_without_a_direction_make_no_concept() {
    let place = Place::new();
    place.weights("all-zero.safetensors");
    let run = place
        .say("explain cat.png --concept coffee.png --weights all-zero.safetensors --size 96x64")
        .ends_with(1);
    assert!(run.err.starts_with("cam: coffee.png makes no concept: "), "{}", run.err);
}

#[test]
fn an_embedding_that_is_not_finite_names_the_image() {
    let place = Place::new();
    place.write("huge.safetensors", overflowing());
    for words in [
        "explain cat.png --class 1",
        "explain cat.png --concept cat.png",
        "embed cat.png --out e.npy",
    ] {
        let run =
            place.say(&format!("{words} --weights huge.safetensors --size 96x64")).ends_with(1);
        assert!(
            run.err.starts_with("cam: cat.png: ") && run.err.contains("not finite"),
            "{words}: {}",
            run.err
        );
    }
    assert!(!place.exists("e.npy"));
}

/// The small network with finite weights that take every activation beyond f32.
fn overflowing() -> Vec<u8> {
    let mut bytes = fixture("tiny_basic.safetensors");
    let (length, rest) = bytes.split_first_chunk_mut::<8>().expect("a header");
    let (header, data) =
        rest.split_at_mut(usize::try_from(u64::from_le_bytes(*length)).expect("a length"));
    let header: serde_json::Value = serde_json::from_slice(header).expect("JSON");
    for layer in ["layer3.0.bn2.weight", "layer4.0.bn2.weight"] {
        let offset = |index: usize| {
            header[layer]["data_offsets"][index].as_u64().expect("an offset") as usize
        };
        for value in data[offset(0)..offset(1)].chunks_exact_mut(4) {
            value.copy_from_slice(&1e30_f32.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn inspection_says_what_a_file_holds() {
    let place = Place::new();
    place.weights("several-faults.safetensors");
    place.weights("tiny_bottleneck.safetensors");
    place.weights("html.pth");
    let lines = [
        "inspect tiny_bottleneck.safetensors",
        "inspect several-faults.safetensors",
        "inspect html.pth",
        "inspect nowhere.pth",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn inspection_as_json_lists_every_fault_and_still_fails() {
    let place = Place::new();
    place.weights("several-faults.safetensors");
    let document = place.say("inspect several-faults.safetensors --json").ends_with(4).json();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["usable"], false);
    assert_eq!(document["missing"], serde_json::json!(["layer1.0.bn2.weight"]));
    assert_eq!(document["unexpected"], serde_json::json!(["stray"]));
    for list in ["misshaped", "invalid"] {
        assert_eq!(document[list].as_array().map(Vec::len), Some(1), "{list}");
    }
    let document = place.say("inspect tiny_basic.safetensors --json").done().json();
    assert_eq!((&document["usable"], &document["classes"]), (&true.into(), &5.into()));
}

#[test]
fn inspection_lists_tensors_on_request() {
    let place = Place::new();
    let run = place.say("inspect tiny_basic.safetensors --tensors").done();
    let text = run.text();
    let line =
        text.lines().find(|line| line.ends_with(" fc.weight")).expect("a line for each tensor");
    assert!(line.starts_with("f32") && line.contains("[5, 12]"), "{line}");
    assert_eq!(text.lines().count(), 86 + 9);
}

#[test]
fn the_environment_names_weights_and_an_empty_variable_counts_as_unset() {
    let place = Place::new();
    let words = ["explain", "cat.png", "--class", "1", "--size", "96x64", "--json"];
    let model = |variable: &str, value: &str| {
        let mut command = place.command(words);
        let output = command.env(variable, value).output().expect("the binary runs");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        document["model"].as_str().expect("a name").to_owned()
    };
    assert!(model("CAM_WEIGHTS", "tiny_basic.safetensors").starts_with("resnet"));
    for variable in ["CAM_WEIGHTS", "CAM_MODEL", "CAM_DEVICE"] {
        // Without it the device would be another one than that under test.
        if variable == "CAM_DEVICE" && under_test().is_some() {
            continue;
        }
        assert_eq!(model(variable, ""), "efficientnet-lite0", "{variable}");
    }
}

/// The network's answer, and whether `-v` told of a packed form that was passed over.
fn explained(place: &Place, weights: &str) -> (Vec<u8>, bool) {
    let line =
        format!("explain cat.png --concept coffee.png --size 64x64 -v --raw - --weights {weights}");
    let run = place.say(&line).done();
    (run.out, run.err.contains("passed over"))
}

#[test]
fn fetched_weights_are_packed_for_the_next_time_and_others_are_left_alone() {
    if !is_engine() {
        return;
    }
    let place = Place::new();
    let fetched = "cache/weights/lite0.safetensors";
    place.write(fetched, cam_models::EMBEDDED_WEIGHTS);
    place.write("own/lite0.safetensors", cam_models::EMBEDDED_WEIGHTS);
    let (expected, _) = explained(&place, "own/lite0.safetensors");
    assert_eq!(place.names("own"), ["lite0.safetensors"]);

    let fetched = place.path(fetched).display().to_string();
    assert_eq!(explained(&place, &fetched), (expected.clone(), false));
    let names = ["lite0.safetensors", "lite0.safetensors.packed"];
    assert_eq!(place.names("cache/weights"), names);
    assert_eq!(explained(&place, &fetched), (expected, false));
}

#[test]
fn a_packed_form_that_is_stale_or_damaged_is_written_anew() {
    if !is_engine() {
        return;
    }
    let place = Place::new();
    let (fetched, packed) =
        ("cache/weights/lite0.safetensors", "cache/weights/lite0.safetensors.packed");
    place.write(fetched, cam_models::EMBEDDED_WEIGHTS);
    let path = place.path(fetched).display().to_string();
    let (expected, _) = explained(&place, &path);
    let whole = place.read(packed);
    for damaged in [&whole[..0], &whole[..1000], &whole[..whole.len() - 1], b"something else"] {
        std::fs::remove_file(place.path(packed)).expect("it is there");
        place.write(packed, damaged);
        assert_eq!(explained(&place, &path), (expected.clone(), true));
        assert_eq!(place.read(packed), whole);
    }
    // The same weights, fetched again.
    std::fs::remove_file(place.path(fetched)).expect("it is there");
    place.write(fetched, cam_models::EMBEDDED_WEIGHTS);
    assert_eq!(explained(&place, &path), (expected.clone(), true));
    assert_ne!(place.read(packed), whole);
    assert_eq!(explained(&place, &path), (expected, false));
}

#[test]
fn a_cache_that_cannot_be_written_costs_time_and_nothing_else() {
    let place = Place::new();
    place.write("cache/weights/lite0.safetensors", cam_models::EMBEDDED_WEIGHTS);
    // A folder stands where the packed form would.
    std::fs::create_dir_all(place.path("cache/weights/lite0.safetensors.packed/x"))
        .expect("folders can be made");
    let path = place.path("cache/weights/lite0.safetensors").display().to_string();
    let (first, _) = explained(&place, &path);
    assert_eq!(explained(&place, &path).0, first);
    assert_eq!(place.names("cache/weights").len(), 2, "nothing half written is left");
}

#[test]
fn the_embedding_is_the_one_that_the_saved_network_gives_with_what_stands_behind_its_backbone() {
    let place = Place::new();
    place.weights("reid.pth");
    for name in ["reid-a.png", "reid-b.png"] {
        place.write(name, picture(name));
    }
    let words = "explain reid-a.png --concept reid-b.png --weights reid.pth --json --out f.png";
    let run = place.say(words).done();
    // Computed elsewhere, by the network itself: see the fixtures' README.
    let document = run.json();
    let cosine = document["queries"][0]["questions"][0]["cosine"].as_f64().expect("a cosine");
    assert!((cosine + 0.023).abs() < 5e-4, "{cosine}");
    assert_eq!(document["weights_prefix"], "model.backbone.");
    assert!(run.err.contains("stride 1"), "{}", run.err);
}

fn embedding(place: &Place, weights: &str) -> Vec<f32> {
    place.say(&format!("embed cat.png --size 96x64 --out e.npy --weights {weights}")).done();
    place.array("e.npy").1
}

#[test]
fn which_of_two_networks_is_taken_is_said_and_can_be_chosen() {
    let place = Place::new();
    place.two_copies("two.safetensors", ["encoder_q.", "encoder_k."]);
    let query = embedding(&place, "tiny_basic.safetensors");
    assert_eq!(embedding(&place, "two.safetensors"), query);
    let key = embedding(&place, "two.safetensors --prefix encoder_k");
    assert_ne!(key, query);

    let words = "embed cat.png --size 96x64 --out e.npy --weights two.safetensors --json";
    let run = place.say(words).done();
    assert_eq!(run.json()["weights_prefix"], "encoder_q.");
    assert!(run.err.contains("`encoder_k.`"), "{}", run.err);
    let document = place.say("inspect two.safetensors --json").done().json();
    assert_eq!(document["prefix"], "encoder_q.");
    assert_eq!(document["others"][0]["prefix"], "encoder_k.");
    let document = place.say("inspect two.safetensors --prefix encoder_k. --json").done().json();
    assert_eq!(document["prefix"], "encoder_k.");
}

#[test]
fn two_networks_without_a_rule_are_listed_with_the_option_that_chooses() {
    let place = Place::new();
    place.two_copies("two.safetensors", ["depth_encoder.", "rgb_encoder."]);
    let lines = [
        "embed cat.png --out e.npy --weights two.safetensors",
        "list layers --weights two.safetensors",
        "inspect two.safetensors",
        "inspect two.safetensors --prefix rgb",
        "embed cat.png --out e.npy --prefix rgb_encoder",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
    place.say("list layers --weights two.safetensors --prefix rgb_encoder").done();
}

#[test]
fn concepts_of_one_of_several_networks_are_not_used_with_the_other() {
    let place = Place::new();
    place.two_copies("two.safetensors", ["encoder_q.", "encoder_k."]);
    let add = "concept add c.safetensors cat cat.png --weights two.safetensors --size 96x64";
    place.say(add).done();
    place.say(add).done();
    let run = place.say(&format!("{add} --prefix encoder_k")).ends_with(1);
    assert!(run.err.contains("encoder_q"), "{}", run.err);
}

#[test]
fn a_batch_of_one_of_several_networks_does_not_go_on_with_the_other() {
    let place = Place::new();
    place.two_copies("two.safetensors", ["left.", "right."]);
    place.write("shelf/cat.png", crate::support::photograph("cat"));
    let network = |side: &str| format!("--weights two.safetensors --size 96x64 --prefix {side}");
    place.say(&format!("concept add a.safetensors cat cat.png {}", network("left"))).done();
    place.say(&format!("concept add b.safetensors cat cat.png {}", network("right"))).done();
    let batch = |set: &str, side: &str| {
        place.say(&format!("batch shelf --concepts {set} --as centroid --out o {}", network(side)))
    };
    batch("a.safetensors", "left").done();
    batch("a.safetensors", "left").done();
    let run = batch("b.safetensors", "right").ends_with(2);
    assert!(run.err.contains("left.") && run.err.contains("right."), "{}", run.err);
}
