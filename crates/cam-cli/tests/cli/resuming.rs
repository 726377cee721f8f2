//! Runs that go on with what an earlier one left: with the same settings, or not at all.

use crate::batch::{batch, shelf};
use crate::options::listed;
use crate::support::{Place, fixture, is_engine, photograph, tiny, truncated_jpeg, wide_cat};

/// Options of both commands that can change no number, and why.
const CANNOT: [(&str, &str); 9] = [
    ("--help", "prints the help"),
    ("--quiet", "is about standard error"),
    ("--verbose", "is about standard error"),
    ("--json", "is about standard output"),
    ("--threads", "bits do not depend on it"),
    ("--prefix", "which network of a file was taken is part of `model`: see the tests of weights"),
    ("--max-pixels", "refuses images, and changes none"),
    ("--memory", "refuses images, and changes none"),
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
const NETWORK: [(&str, &str, &str); 8] = [
    ("--model", "--model=embedded-none", "no model is called"),
    ("--weights", "--weights=other.safetensors", "weights_sha256"),
    ("--allow-partial", "--allow-partial", "allow_partial false → true"),
    ("--device", "--device=flex", "device cpu → flex"),
    ("--precision", "--precision=f16", "f16"),
    ("--preprocess", "--preprocess=half", "preprocessing none → "),
    ("--exact", "--exact", "exact false → true"),
    // Named in an ONNX file; of other networks it is an error of its own.
    ("--embedding", "--embedding=features", "the embedding of an ONNX file"),
];

/// The same network, one weight of which is another.
fn other_weights() -> Vec<u8> {
    let mut bytes = fixture("tiny_basic.safetensors");
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
            ("--eigen", "--eigen", "eigen_smooth false → true"),
            ("--top-channels", "--top-channels=3", "top_channels none → 3"),
            ("--blocks", "--blocks=3", "no effect on score-cam"),
            ("--samples", "--samples=3", "no effect on score-cam"),
            ("--blocks", "--blocks=3", "no effect on score-cam"),
            ("--seed", "--seed=3", "no effect on score-cam"),
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
        ("--upsample", "is of the pictures, which are drawn again"),
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
    let words = "evaluate shelf --out=s --grid=1x2 --cell=32 --collages=1 --method=score-cam \
                 --weights=tiny_basic.safetensors";
    let changes = [
        &NETWORK[..],
        &[
            ("--grid", "--grid=2x1", "grid [1,2] → [2,1]"),
            ("--cell", "--cell=48", "cell 32 → 48"),
            ("--fit", "--fit=pad", "fit squash → pad"),
            ("--objects", "--objects", "cannot be used with"),
            ("--negatives", "--negatives=others", "negatives none → others"),
            ("--measure", "--measure=inside", "measures ["),
            ("--layer", "--layer=layer3.0", "layer layer4.0 → layer3.0"),
            ("--eigen", "--eigen", "eigen_smooth false → true"),
            ("--top-channels", "--top-channels=3", "top_channels none → 3"),
            ("--blocks", "--blocks=3", "no effect on score-cam"),
            ("--samples", "--samples=3 --method=rise", "samples none → 3"),
            ("--blocks", "--blocks=3 --method=legrad", "blocks none → 3"),
            ("--seed", "--seed=3", "seed 0 → 3"),
        ],
    ];
    let cannot = [
        ("--out", "another folder is another file"),
        ("--collages", "more collages are more records"),
        ("--method", "more methods are more records"),
    ];
    every_option_is_refused(&place, words, "s/records.jsonl", &changes.concat(), &cannot);
    // Other images make other collages.
    let before = place.read("s/records.jsonl");
    place.write("shelf/01.png", photograph("coffee"));
    let run = place.say(words).ends_with(2);
    assert!(run.err.contains("images_sha256 [\""), "{}", run.err);
    assert_eq!(place.read("s/records.jsonl"), before);
}

#[test]
fn another_film_is_refused_and_so_is_one_that_ends_before() {
    let place = shelf(0);
    let frame = wide_cat(24, 16).into_raw();
    let film = [&frame[..], &frame, &frame].concat();
    let words = "video --frame-size 24x16 --concepts set.safetensors --out o \
                 --weights tiny_basic.safetensors --size 96x64";
    place.cam_reading(&film, words).done();
    let before = place.read("o/results.jsonl");
    let mut other = film.clone();
    other[frame.len()] ^= 1;
    let run = place.cam_reading(&other, words).ends_with(2);
    assert!(run.err.contains("frame 00000001 is another one"), "{}", run.err);
    let run = place.cam_reading(&film[..frame.len()], words).ends_with(2);
    assert!(run.err.contains("holds 3 frames, and this film ended after 1"), "{}", run.err);
    place.cam_reading(&film, &format!("{words} --max-frames 2")).ends_with(2);
    assert_eq!(place.read("o/results.jsonl"), before);
    let wider = words.replace("24x16", "16x24");
    let run = place.cam_reading(&film, &wider).ends_with(2);
    assert!(run.err.contains("frames [24,16] → [16,24]"), "{}", run.err);
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
