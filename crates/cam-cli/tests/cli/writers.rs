//! Files that several runs write: one after the other, and nothing is left of those that were killed.

use std::fs::{self, File};
use std::process::Stdio;

use crate::batch::{BATCH, batch, shelf};
use crate::support::{png, wide_cat};

#[test]
fn a_second_writer_is_refused_and_the_first_comes_to_the_bytes_of_a_lone_one() {
    let place = shelf(4);
    for number in 0..40 {
        place.write(format!("shelf/more{number}.png"), png(&wide_cat(30 + number, 20)));
    }
    batch(&place, "alone", "-q").done();
    let words = format!("{BATCH} --weights tiny_basic.safetensors --size 96x64 -q");
    let start = || {
        let mut command = place.command(words.split_whitespace());
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs")
    };
    let runs: Vec<_> = (0..4).map(|_| start()).collect();
    let ended: Vec<_> =
        runs.into_iter().map(|run| run.wait_with_output().expect("it ends")).collect();
    for run in &ended {
        let err = String::from_utf8_lossy(&run.stderr);
        assert!(
            run.status.success() || err.contains("is being written by another process"),
            "{err}"
        );
    }
    assert!(ended.iter().any(|run| run.status.success()));
    assert_eq!(place.read("o/results.jsonl"), place.read("alone/results.jsonl"));
    assert_eq!(place.names("o"), ["results.jsonl"]);
}

#[test]
fn who_holds_the_lock_keeps_batch_evaluate_and_concept_out() {
    let place = shelf(2);
    let hold = |name: &str| {
        let path = place.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let file = File::create(path).expect("a file");
        file.lock().expect("a lock");
        file
    };
    let held = [hold("o/.results.jsonl.lock"), hold("s/.records.jsonl.lock")];
    let run = batch(&place, "o", "").ends_with(1);
    assert!(run.err.contains("is being written by another process"), "{}", run.err);
    let evaluate = "evaluate shelf --grid 1x2 --cell 16 --collages 1 --method fem --out s \
                    --weights tiny_basic.safetensors";
    let run = place.say(evaluate).ends_with(1);
    assert!(run.err.contains("is being written by another process"), "{}", run.err);
    drop(held);
    batch(&place, "o", "").done();
    place.say(evaluate).done();
}

#[test]
fn concepts_that_are_added_and_removed_at_once_are_all_kept() {
    let place = shelf(6);
    let concept = |words: String| {
        let words = format!("concept {words}");
        let mut command = place.command(words.split_whitespace());
        command.stdout(Stdio::null()).spawn().expect("it runs")
    };
    let mut runs: Vec<_> = (0..6)
        .map(|number| {
            concept(format!(
                "add set.safetensors n{number} shelf/{number:02}.png --weights tiny_basic.safetensors \
                 --size 96x64"
            ))
        })
        .collect();
    runs.push(concept("remove set.safetensors cat".to_owned()));
    for mut run in runs {
        assert!(run.wait().expect("it ends").success());
    }
    let listed = place.say("concept list set.safetensors --json").done().json();
    let names = listed["concepts"].as_array().expect("a list").iter();
    let mut names: Vec<&str> = names.filter_map(|concept| concept["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["coffee", "n0", "n1", "n2", "n3", "n4", "n5"]);
    assert!(!place.exists(".set.safetensors.lock"));
}

#[test]
fn what_killed_runs_left_is_removed_by_the_next() {
    let place = shelf(2);
    let evaluate = "evaluate shelf --grid 1x2 --cell 16 --collages 1 --method fem --out s \
                    --weights tiny_basic.safetensors";
    for (folder, words) in [
        ("o", format!("{BATCH} --pictures --weights tiny_basic.safetensors --size 96x64")),
        ("o/pictures", format!("{BATCH} --pictures --weights tiny_basic.safetensors --size 96x64")),
        ("s", evaluate.to_owned()),
        (".", "embed cat.png --out e.npy --weights tiny_basic.safetensors --size 96x64".to_owned()),
        (".", "concept remove set.safetensors cat".to_owned()),
    ] {
        place.write(format!("{folder}/.cam-kiLLed.part"), "half");
        place.write(format!("{folder}/.cam-notours"), "mine");
        let living =
            File::create(place.path(format!("{folder}/.cam-living.part"))).expect("a file");
        living.lock().expect("a lock");
        place.say(&words).done();
        let left = place.names(folder);
        assert!(!left.contains(&".cam-kiLLed.part".to_owned()), "{words}: {left:?}");
        assert!(left.contains(&".cam-living.part".to_owned()), "{words}: {left:?}");
        assert!(left.contains(&".cam-notours".to_owned()), "{words}: {left:?}");
    }
}
