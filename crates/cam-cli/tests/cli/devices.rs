use crate::support::Place;

#[test]
fn a_processor_has_no_number() {
    let run = Place::new().say("explain cat.png --concept coffee.png --device cpu:1").ends_with(2);
    assert!(run.err.contains("there is one cpu"), "{}", run.err);
}

#[test]
fn every_device_is_listed_and_the_processor_answers() {
    let place = Place::new();
    let document = place.say("list devices --json").done().json();
    let devices = document["devices"].as_array().expect("a list");
    let names: Vec<&str> = devices.iter().filter_map(|device| device["name"].as_str()).collect();
    assert_eq!(names, ["cpu", "flex", "ndarray", "wgpu", "vulkan", "metal", "cuda", "rocm"]);
    assert_eq!(devices.iter().filter(|device| device["default"] == true).count(), 1);
    for device in devices {
        let note = device["note"].as_str().expect("a note");
        match device["name"].as_str() {
            Some("cpu" | "flex") if cfg!(feature = "flex") => {
                assert_eq!(device["usable"], true, "{note}")
            }
            // Tests may be built for more: what is not there says what it needs.
            Some(name) if device["usable"] == false => {
                assert!(note.contains("`--features ") || note.contains("but:"), "{name}: {note}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_device_that_is_not_linked_says_which_feature_links_it() {
    let place = Place::new();
    let listed = place.say("list devices --json").done().json();
    let listed = listed["devices"].as_array().expect("a list").clone();
    let missing = listed.iter().filter(|device| {
        device["note"].as_str().is_some_and(|note| note.contains("needs `--features"))
    });
    for device in missing {
        let name = device["name"].as_str().expect("a name");
        for asked in [name.to_owned(), format!("{name}:0")] {
            let run = place.say(&format!("embed cat.png --out e.npy --device {asked}"));
            let err = run.ends_with(2).err;
            assert!(err.contains("build it with the feature"), "{asked}: {err}");
        }
    }
}

#[test]
fn a_mistyped_device_is_answered_with_the_nearest() {
    let place = Place::new();
    let run = place.say("embed cat.png --out e.npy --device wgup").ends_with(2);
    assert!(run.err.contains("did you mean wgpu"), "{}", run.err);
    place.say("embed cat.png --out e.npy --device flex,").ends_with(2);
}

#[cfg(feature = "flex")]
mod on_the_processor {
    use std::io::Write as _;
    use std::process::Stdio;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::support::{TINY, photograph};

    /// Sums in another order, in a batch of another size.
    const APART: f32 = 1e-5;

    #[test]
    fn the_engine_computes_in_f32_alone() {
        let place = Place::new();
        let run = place.say("embed cat.png --out e.npy --device cpu --precision f16").ends_with(2);
        assert!(run.err.contains("needs the device flex or a card (--device)"), "{}", run.err);
        let run = place.say("embed cat.png --out e.npy --precision f8").ends_with(2);
        assert!(run.err.contains("there are f32, f16, bf16"), "{}", run.err);
    }

    #[test]
    fn a_variable_holds_the_engine_to_fewer_instructions() {
        let place = Place::new();
        let bench = |named: &str| {
            let mut command = place.command("bench explain --repeat 1 --json".split(' '));
            command.env("CAM_INSTRUCTIONS", named).output().expect("the binary runs")
        };
        let document: serde_json::Value =
            serde_json::from_slice(&bench("portable").stdout).expect("a document");
        assert_eq!(document["instructions"], "portable instructions");
        let run = bench("sse9");
        let err = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success());
        assert!(err.contains("CAM_INSTRUCTIONS=sse9 names no instructions"), "{err}");
    }

    #[test]
    fn burns_own_operations_find_what_the_engine_finds() {
        let place = Place::new();
        let cosine = |device: &str| {
            let words = format!("explain cat.png --concept coffee.png --json --device {device}");
            let document = place.say(&words).done().json();
            let cosine = &document["queries"][0]["questions"][0]["cosine"];
            cosine.as_f64().expect("a number")
        };
        let (engine, burn) = (cosine("cpu"), cosine("flex"));
        assert!((engine - burn).abs() < f64::from(APART), "{engine} {burn}");
    }

    #[test]
    fn reduced_precision_is_near_and_not_the_same() {
        let place = Place::new();
        for precision in ["f32", "f16", "bf16"] {
            let words = format!(
                "embed cat.png --out {precision}.npy --device flex --precision {precision}"
            );
            place.say(&words).done();
        }
        let [f32, f16, bf16] =
            ["f32", "f16", "bf16"].map(|name| place.array(&format!("{name}.npy")).1);
        let distance = |other: &[f32]| {
            let length =
                |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
            let apart = length(&mut f32.iter().zip(other).map(|(a, b)| a - b));
            apart / length(&mut f32.iter().copied())
        };
        assert!((1e-5..5e-3).contains(&distance(&f16)), "{}", distance(&f16));
        assert!((5e-4..4e-2).contains(&distance(&bf16)), "{}", distance(&bf16));
    }

    /// Two copies of the network, each taking batches, are what a machine with two cards has.
    #[test]
    fn several_devices_and_batches_give_the_rows_and_failures_of_one_image_at_a_time() {
        let place = Place::new();
        place.write("page.jpg", "<!DOCTYPE html><html></html>");
        let images =
            "coffee.png cat.png page.jpg coffee.png missing.png cat.png cat.png coffee.png cat.png";
        let run = |name: &str, devices: &str| {
            let words = format!("embed {images} --out {name}.npy --json {devices}");
            place.cam(words.split(' ').chain(TINY)).ends_with(3)
        };
        let alone = run("alone", "--device flex --batch 1");
        for (name, devices) in [
            ("batch", "--device flex --batch 4"),
            ("two", "--device flex,flex --batch 1"),
            ("both", "--device flex,flex --batch 3"),
            ("large", "--device flex,flex --batch 100"),
        ] {
            let several = run(name, devices);
            assert_eq!(alone.json()["rows"], several.json()["rows"], "{name}");
            assert_eq!(alone.json()["failures"], several.json()["failures"], "{name}");
            assert_eq!(alone.err, several.err, "{name}");
            let [alone, several] = ["alone", name].map(|name| place.array(&format!("{name}.npy")));
            assert_eq!(alone.0, several.0);
            let apart = alone.1.iter().zip(&several.1).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < APART, "{name}");
        }
    }

    /// More images than are prepared ahead of the slow one, and not a whole number of batches.
    #[test]
    fn a_slow_image_holds_the_others_up_and_not_for_ever() {
        let place = Place::new();
        let mut words = vec!["embed", "-"];
        words.extend(["cat.png"; 80]);
        words.extend("--out e.npy --device flex --batch 10".split(' ').chain(TINY));
        let mut command = place.command(words);
        let mut running = command.stdin(Stdio::piped()).spawn().expect("the binary runs");
        let mut input = running.stdin.take().expect("a pipe");
        // By now the others are prepared, as many as may be.
        thread::sleep(Duration::from_secs(2));
        input.write_all(&photograph("coffee")).expect("it is read");
        drop(input);
        let arrived = Instant::now();
        while running.try_wait().expect("it can be asked").is_none() {
            if arrived.elapsed() > Duration::from_secs(120) {
                running.kill().expect("it can be stopped");
                panic!("it waits for images that wait for it");
            }
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(place.array("e.npy").0[0], 81);
    }

    #[test]
    fn the_engine_shares_its_images_with_no_other_device() {
        let run = Place::new().say("embed cat.png --out e.npy --device flex,cpu").ends_with(2);
        assert!(run.err.contains("ask for cpu alone"), "{}", run.err);
    }

    #[test]
    fn an_index_and_a_batch_by_two_devices_are_those_of_one() {
        let place = Place::new();
        for (index, name) in ["cat", "coffee", "rocket", "retina", "astronaut"].iter().enumerate() {
            place.write(format!("shelf/{index}.png"), photograph(name));
        }
        place.write("shelf/broken.png", "no picture");
        place.say("concept add c.safetensors cat cat.png --device flex").done();
        place.say("concept add c.safetensors cup coffee.png --device flex,flex").done();
        for (name, devices) in [("one", "--device flex"), ("two", "--device flex,flex --batch 2")] {
            place.say(&format!("index shelf --index {name}.index {devices}")).ends_with(3);
            let words =
                format!("batch shelf --concepts c.safetensors --out {name}.batch {devices}");
            place.say(&words).ends_with(3);
        }
        let found = |name: &str| {
            let run = place.say(&format!("search cat.png --index {name}.index --top 5 --json"));
            let text = run.done().text();
            let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
            let lines = lines.map(|line| line.expect("a document"));
            lines
                .map(|line| (line["path"].clone(), line["cosine"].as_f64().expect("it has one")))
                .collect::<Vec<_>>()
        };
        for ((path, cosine), (other_path, other_cosine)) in
            found("one").into_iter().zip(found("two"))
        {
            assert_eq!(path, other_path);
            assert!((cosine - other_cosine).abs() < f64::from(APART));
        }
        let paths = |name: &str| {
            let text =
                String::from_utf8(place.read(format!("{name}.batch/results.jsonl"))).expect("text");
            let lines = text.lines().skip(1).map(|line| {
                serde_json::from_str::<serde_json::Value>(line).expect("a document")["path"].clone()
            });
            lines.collect::<Vec<_>>()
        };
        assert_eq!(paths("one").len(), 6);
        assert_eq!(paths("one"), paths("two"));
    }
}
