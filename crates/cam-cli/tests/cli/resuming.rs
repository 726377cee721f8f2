//! Runs that go on with what an earlier one left: with the same settings, images and results, or not at all.

use std::fs::{self, File};
use std::process::Stdio;

use serde_json::Value;

use crate::options::listed;
use crate::support::{Place, is_engine, photograph, png, tiny, truncated_jpeg, wide_cat};

/// Options of both commands that can change no number, and why.
const CANNOT: [(&str, &str); 6] = [
    ("--help", "prints the help"),
    ("--quiet", "is about standard error"),
    ("--verbose", "is about standard error"),
    ("--json", "is about standard output"),
    ("--threads", "bits do not depend on it"),
    (
        "--batch",
        "what an image shares a batch with depends on time, and so nothing may depend on it",
    ),
];

/// Runs a command, and then the same with each of its options: it must be refused, naming the setting, and
/// leave what is there. `cannot` are options that change nothing here, and why.
fn every_option_is_refused(
    place: &Place,
    words: &str,
    journal: &str,
    changes: &[(&str, &str, &str)],
    cannot: &[(&str, &str)],
) {
    place.say(words).done();
    let before = place.read(journal);
    let command = words.split(' ').next().expect("a command");
    for option in listed(place, command) {
        if CANNOT.iter().chain(cannot).any(|(known, _)| *known == option) {
            continue;
        }
        let change = changes.iter().find(|(known, ..)| *known == option);
        let (_, value, names) = change
            .unwrap_or_else(|| panic!("{option}: does it belong into the header of {command}?"));
        let given = words.split(' ').filter(|word| !word.starts_with(&format!("{option}=")));
        let given: Vec<&str> = given.collect();
        let run = place.say(&format!("{} {value}", given.join(" ")));
        assert_eq!(run.code, 2, "{value}: {}", run.seen());
        assert!(run.err.contains(names), "{value}: {}", run.err);
        assert!(place.read(journal) == before, "{value}");
    }
}

/// What changes the network, as both commands are given it.
const NETWORK: [(&str, &str, &str); 6] = [
    ("--model", "--model=embedded-none", "no model is called"),
    ("--weights", "--weights=other.safetensors", "weights_sha256"),
    ("--allow-partial", "--allow-partial", "allow_partial false → true"),
    ("--device", "--device=flex", "device cpu → flex"),
    ("--precision", "--precision=f16", "f16"),
    ("--exact", "--exact", "exact false → true"),
];

/// The same network, one weight of which is another.
fn other_weights() -> Vec<u8> {
    let mut bytes = crate::support::fixture("tiny_basic.safetensors");
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&0.25_f32.to_le_bytes());
    bytes
}

#[test]
fn a_batch_goes_on_with_no_setting_that_could_change_a_number() {
    if !is_engine() {
        return;
    }
    let place = shelf(2);
    place.write("other.safetensors", other_weights());
    let words = "batch shelf --concepts=set.safetensors --out=o --method=score-cam \
                 --weights=tiny_basic.safetensors --size=96x64";
    let changes = [
        &NETWORK[..],
        &[
            ("--concepts", "--concepts=more.safetensors", "concepts_sha256"),
            ("--as", "--as=centroid", "concepts_as contrast → centroid"),
            ("--method", "--method=fem", "method score-cam → fem"),
            ("--layer", "--layer=layer3.0", "layer layer4.0 → layer3.0"),
            ("--size", "--size=64x48", "input [64,96] → [48,64]"),
            ("--fit", "--fit=pad", "fit squash → pad"),
            ("--strict", "--strict", "strict false → true"),
            ("--stretch", "--stretch", "stretch false → true"),
            ("--compat", "--compat=pytorch-grad-cam", "compat none → pytorch-grad-cam"),
            ("--eigen-smooth", "--eigen-smooth", "eigen_smooth false → true"),
            ("--top-channels", "--top-channels=3", "top_channels none → 3"),
            ("--samples", "--samples=3", "no effect on score-cam"),
            ("--seed", "--seed=3", "no effect on score-cam"),
            ("--frames", "--frames=8x8", "frames come from standard input"),
            ("--smooth", "--smooth=0.5 --frames=8x8", "frames come from standard input"),
            ("--most-frames", "--most-frames=1 --frames=8x8", "frames come from standard input"),
        ],
    ];
    tiny(&place, "concept add more.safetensors cat cat.png coffee.png").done();
    tiny(&place, "concept add more.safetensors coffee coffee.png").done();
    let cannot = [
        ("--out", "another folder is another file"),
        ("--shard", "another part is another file"),
        ("--parquet", "is made from the lines"),
        ("--pictures", "are made from the lines"),
        ("--scale", "is of the pictures"),
    ];
    every_option_is_refused(&place, words, "o/results.jsonl", &changes.concat(), &cannot);
}

#[test]
fn an_evaluation_goes_on_with_no_setting_that_could_change_a_number() {
    if !is_engine() {
        return;
    }
    let place = shelf(2);
    place.write("other.safetensors", other_weights());
    let words = "evaluate shelf --out=s --grid=1x2 --cell=32 --collages=1 --methods=score-cam \
                 --weights=tiny_basic.safetensors";
    let changes = [
        &NETWORK[..],
        &[
            ("--grid", "--grid=2x1", "grid [1,2] → [2,1]"),
            ("--cell", "--cell=48", "cell 32 → 48"),
            ("--fit", "--fit=pad", "fit squash → pad"),
            ("--layer", "--layer=layer3.0", "layer layer4.0 → layer3.0"),
            ("--eigen-smooth", "--eigen-smooth", "eigen_smooth false → true"),
            ("--top-channels", "--top-channels=3", "top_channels none → 3"),
            ("--samples", "--samples=3 --methods=rise", "samples none → 3"),
            ("--seed", "--seed=3", "seed 0 → 3"),
        ],
    ];
    let cannot = [
        ("--out", "another folder is another file"),
        ("--collages", "more collages are more records"),
        ("--methods", "more methods are more records"),
    ];
    every_option_is_refused(&place, words, "s/records.jsonl", &changes.concat(), &cannot);
    // Other images make other collages.
    let before = place.read("s/records.jsonl");
    place.write("shelf/01.png", photograph("coffee"));
    let run = place.say(words).ends_with(2);
    assert!(run.err.contains("images_sha256 [\""), "{}", run.err);
    assert_eq!(place.read("s/records.jsonl"), before);
}

/// A folder `shelf` of images, and two concepts.
fn shelf(count: u32) -> Place {
    let place = Place::new();
    for number in 0..count {
        place.write(format!("shelf/{number:02}.png"), png(&wide_cat(30 + number, 20)));
    }
    tiny(&place, "concept add set.safetensors cat cat.png").done();
    tiny(&place, "concept add set.safetensors coffee coffee.png").done();
    place
}

const BATCH: &str = "batch shelf --concepts set.safetensors --out o";

fn batch(place: &Place, out: &str, more: &str) -> crate::support::Run {
    tiny(place, &format!("{} {more}", BATCH.replace("--out o", &format!("--out {out}"))))
}

#[test]
fn images_that_changed_came_or_went_end_in_what_a_fresh_run_writes() {
    let place = shelf(6);
    batch(&place, "o", "--pictures --parquet").done();
    place.write("shelf/01.png", photograph("coffee"));
    place.write("shelf/00b.png", png(&wide_cat(50, 50)));
    place.write("shelf/03.png", "no image");
    fs::remove_file(place.path("shelf/04.png")).expect("it was there");
    let run = batch(&place, "o", "").ends_with(3);
    assert!(run.err.contains("01.png and 1 more: changed since"), "{}", run.err);
    assert!(run.err.contains("04.png: gone"), "{}", run.err);
    assert!(run.err.contains("results.parquet is of before"), "{}", run.err);
    // Their pictures are of what they were.
    let left = place.names("o/pictures");
    assert!(
        left.iter().all(|name| !name.starts_with("01.") && !name.starts_with("04.")),
        "{left:?}"
    );
    batch(&place, "o", "--pictures --parquet").ends_with(3);
    batch(&place, "fresh", "--pictures --parquet").ends_with(3);
    for name in ["results.jsonl", "results.parquet"] {
        let [kept, fresh] = ["o", "fresh"].map(|out| place.read(format!("{out}/{name}")));
        assert!(kept == fresh, "{name}");
    }
    assert_eq!(place.names("o/pictures"), place.names("fresh/pictures"));
    for name in place.names("o/pictures") {
        let [kept, fresh] = ["o", "fresh"].map(|out| place.read(format!("{out}/pictures/{name}")));
        assert!(kept == fresh, "{name}");
    }
    // One that failed and can be read by now is done.
    place.write("shelf/03.png", png(&wide_cat(33, 20)));
    batch(&place, "o", "").done();
    batch(&place, "fresher", "").done();
    assert_eq!(place.read("o/results.jsonl"), place.read("fresher/results.jsonl"));
}

#[test]
fn a_folder_that_was_copied_is_the_same_and_another_is_refused() {
    let place = shelf(3);
    batch(&place, "o", "").done();
    let before = place.read("o/results.jsonl");
    for number in 0..3 {
        let name = format!("{number:02}.png");
        place.write(format!("moved/{name}"), place.read(format!("shelf/{name}")));
        place.write(format!("others/{name}"), png(&wide_cat(60 + number, 20)));
    }
    fs::create_dir(place.path("empty")).expect("a folder");
    let run = tiny(&place, &BATCH.replace("shelf", "moved")).done();
    assert!(!run.text().contains("images/s"), "nothing was run: {}", run.text());
    for folder in ["others", "empty"] {
        let run = tiny(&place, &BATCH.replace("shelf", folder)).ends_with(2);
        assert!(run.err.contains("is of 3 images, none of which is in"), "{}", run.err);
    }
    assert_eq!(place.read("o/results.jsonl"), before);
}

#[test]
fn of_two_lines_of_one_image_the_first_counts() {
    let place = shelf(3);
    batch(&place, "o", "").done();
    let before = place.read("o/results.jsonl");
    let text = String::from_utf8(before.clone()).expect("text");
    let twice = text.lines().nth(2).expect("a line");
    place.write("o/results.jsonl", format!("{text}{twice}\n"));
    assert_eq!(batch(&place, "o", "--json").done().json()["images"], 3);
    assert_eq!(place.read("o/results.jsonl"), before);
}

#[test]
fn lines_of_a_folder_that_nobody_may_look_into_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = shelf(2);
    place.write("shelf/closed/a.png", photograph("cat"));
    batch(&place, "o", "").done();
    let before = place.read("o/results.jsonl");
    let mode = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(place.path("shelf/closed"), permissions).expect("a mode");
    };
    mode(0o000);
    // Whoever may look everywhere sees no difference.
    let is_closed = fs::read_dir(place.path("shelf/closed")).is_err();
    let run = batch(&place, "o", "");
    mode(0o755);
    run.ends_with(if is_closed { 3 } else { 0 });
    batch(&place, "o", "").done();
    assert_eq!(place.read("o/results.jsonl"), before);
}

#[test]
fn another_film_is_refused_and_so_is_one_that_ends_before() {
    let place = shelf(0);
    let frame = wide_cat(24, 16).into_raw();
    let film = [&frame[..], &frame, &frame].concat();
    let words = "batch - --frames 24x16 --concepts set.safetensors --out o \
                 --weights tiny_basic.safetensors --size 96x64";
    place.cam_reading(&film, words).done();
    let before = place.read("o/results.jsonl");
    let mut other = film.clone();
    other[frame.len()] ^= 1;
    let run = place.cam_reading(&other, words).ends_with(2);
    assert!(run.err.contains("frame 00000001 is another one"), "{}", run.err);
    let run = place.cam_reading(&film[..frame.len()], words).ends_with(2);
    assert!(run.err.contains("holds 3 frames, and this film ended after 1"), "{}", run.err);
    place.cam_reading(&film, &format!("{words} --most-frames 2")).ends_with(2);
    assert_eq!(place.read("o/results.jsonl"), before);
    let wider = words.replace("24x16", "16x24");
    let run = place.cam_reading(&film, &wider).ends_with(2);
    assert!(run.err.contains("frames [24,16] → [16,24]"), "{}", run.err);
}

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
    let evaluate = "evaluate shelf --grid 1x2 --cell 16 --collages 1 --methods fem --out s \
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
fn pictures_of_one_name_in_two_folders_are_all_drawn() {
    let place = Place::new();
    place.write("shelf/a/1.png", photograph("cat"));
    place.write("shelf/a_1.png", photograph("coffee"));
    tiny(&place, "concept add set.safetensors cup coffee.png").done();
    let words = format!("{BATCH} --as centroid --pictures");
    for _ in 0..2 {
        assert!(tiny(&place, &words).done().text().contains("2 pictures"));
        assert_eq!(place.names("o/pictures"), ["a", "a_1.png.cup.jpg", "scale.txt"]);
        assert_eq!(place.names("o/pictures/a"), ["1.png.cup.jpg"]);
    }
    let [first, second] =
        ["a/1.png", "a_1.png"].map(|n| place.read(format!("o/pictures/{n}.cup.jpg")));
    assert_ne!(first, second);
    // Where no name can be had, it is said before any image is run.
    tiny(&place, "concept add set.safetensors cup.png.cup cat.png").done();
    place.write("shelf/a_1.png.cup.png", photograph("cat"));
    let run = tiny(&place, &words.replace("--out o", "--out other")).ends_with(2);
    assert!(
        run.err.contains("pictures of a_1.png and a_1.png.cup.png would have one name"),
        "{}",
        run.err
    );
    assert!(!place.exists("other"), "nothing was run");
}

#[test]
fn shards_have_pictures_of_their_own() {
    let place = shelf(6);
    for part in 1..=2 {
        batch(&place, "o", &format!("--pictures --shard {part}/2")).done();
    }
    let drawn = [1, 2].map(|part| place.names(&format!("o/pictures-{part}-of-2")).len() - 1);
    assert_eq!(drawn[0] + drawn[1], 12, "two for each image, beside the scales");
}

#[test]
fn results_inside_the_folder_are_no_images_the_next_time() {
    let place = shelf(3);
    let (mut counts, mut indexed) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let summary = batch(&place, "shelf/out", "--pictures --json").done().json();
        counts.push(summary["images"].as_u64());
        // Those of another command are left out too.
        let document = tiny(&place, "index shelf --index shelf/index --json").done().json();
        indexed.push(document["images"].as_u64());
    }
    assert_eq!(counts, [Some(3); 3]);
    assert_eq!(indexed, [Some(3); 3]);
    let pictures = place.names("shelf/out/pictures");
    assert_eq!(pictures.len(), 7, "{pictures:?}");
    for words in [
        format!("{} --pictures", BATCH.replace("--out o", "--out shelf")),
        BATCH.replace("batch shelf", "batch o/pictures/old"),
        "index shelf --index shelf".to_owned(),
    ] {
        place.write("o/pictures/old/a.png", photograph("cat"));
        let run = tiny(&place, &words).ends_with(2);
        assert!(run.err.contains("results would lie among the images"), "{words}: {}", run.err);
    }
    let run = place.say("evaluate shelf --out shelf/../shelf").ends_with(2);
    assert!(run.err.contains("results would lie among the images"), "{}", run.err);
}

#[test]
fn what_killed_runs_left_is_removed_by_the_next() {
    let place = shelf(2);
    let evaluate = "evaluate shelf --grid 1x2 --cell 16 --collages 1 --methods fem --out s \
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

/// A file of concepts whose images were resized as the other library does.
fn concepts_by_compat(place: &Place) {
    for (name, image) in [("cat", "cat.png"), ("coffee", "coffee.png")] {
        let words =
            format!("concept add compat.safetensors {name} {image} --compat pytorch-grad-cam");
        tiny(place, &words).done();
    }
}

#[test]
fn a_batch_follows_the_arithmetic_that_it_is_asked_for() {
    let place = shelf(1);
    concepts_by_compat(&place);
    // Their constants differ: an epsilon, and what is left out of a sum.
    for method in ["x-grad-cam", "grad-cam-plus-plus", "score-cam", "ablation-cam"] {
        let words = format!("--method {method} --layer layer3.0 --compat pytorch-grad-cam");
        let of = "--concepts compat.safetensors";
        tiny(&place, &format!("batch shelf {of} --out {method} {words}")).done();
        tiny(&place, &format!("explain shelf/00.png {of} {words} --raw r.npy --json")).done();
        let text = String::from_utf8(place.read(format!("{method}/results.jsonl"))).expect("text");
        let line: Value = serde_json::from_str(text.lines().nth(1).expect("a line")).expect("JSON");
        let found = line["concepts"].as_array().expect("a list").iter();
        let found = found.flat_map(|found| found["map"].as_array().expect("a map"));
        let found: Vec<f32> = found.map(|v| v.as_f64().expect("a number") as f32).collect();
        assert_eq!(found, place.array("r.npy").1, "{method}");
    }
}

#[test]
fn the_colours_of_a_figure_of_concepts_are_those_asked_for() {
    let place = shelf(1);
    let explain = |more: &str, out: &str| {
        let words = format!("explain cat.png --concepts set.safetensors --out {out} {more}");
        tiny(&place, &words).done();
        place.read(out)
    };
    let usual = explain("", "a.png");
    assert_eq!(explain("--colormap turbo", "b.png"), usual);
    let [jet, diverging] =
        [explain("--colormap jet", "c.png"), explain("--colormap diverging", "d.png")];
    assert!(jet != usual && diverging != usual && jet != diverging);
    // The other library's colours are jet's.
    concepts_by_compat(&place);
    let compat = |more: &str, out: &str| {
        let words = "explain cat.png --concepts compat.safetensors --compat pytorch-grad-cam";
        tiny(&place, &format!("{words} --out {out} {more}")).done();
        place.read(out)
    };
    assert_eq!(compat("", "f.png"), compat("--colormap jet", "e.png"));
    assert_ne!(compat("--colormap turbo", "g.png"), compat("", "f.png"));
    for words in ["--concepts set.safetensors --overlay o.png", "--concept coffee.png --raw r.npy"]
    {
        let run = tiny(&place, &format!("explain cat.png {words} --colormap jet")).ends_with(2);
        assert!(run.err.contains("--colormap is for"), "{}", run.err);
    }
}

/// The third file is half a JPEG: that its line is there again does not depend on when it failed.
#[test]
fn a_damaged_image_is_refused_by_a_strict_run_of_its_own() {
    let place = shelf(2);
    place.write("shelf/half.jpg", truncated_jpeg());
    batch(&place, "o", "").done();
    batch(&place, "o", "--strict").ends_with(2);
    batch(&place, "strict", "--strict").ends_with(3);
}
