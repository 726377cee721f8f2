//! Indexes that somebody made up: an error, and no memory that their files do not warrant.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::gallery::shelf;
use crate::support::{Place, Run, TINY, device_variables, tiny};

/// In kibibytes: enough for the small network, and less than a made-up row would take.
const MEMORY: usize = 3 << 20;

/// The checksum of a line (CRC-32, as zip has it).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Changes a field of the first line of an index, under a checksum that fits.
fn change(place: &Place, field: &str, value: &Value) {
    let text = String::from_utf8(place.read("i/entries.log")).expect("text");
    let (first, rest) = text.split_once('\n').expect("a line");
    let (crc, line) = first.split_once(' ').expect("a checksum");
    assert_eq!(crc, format!("{:08x}", crc32(line.as_bytes())));
    let mut line: Value = serde_json::from_str(line).expect("JSON");
    line["added"][field] = value.clone();
    let line = line.to_string();
    place.write("i/entries.log", format!("{:08x} {line}\n{rest}", crc32(line.as_bytes())));
}

fn limited(place: &Place, words: &str) -> Run {
    let mut command = Command::new("sh");
    let limited = format!("ulimit -v {MEMORY}; exec {} \"$@\"", env!("CARGO_BIN_EXE_cam"));
    command.arg("-c").arg(limited).arg("cam").args(words.split(' '));
    // Checksums need no network.
    command.args(TINY.iter().filter(|_| !words.contains("verify")));
    command.current_dir(place.folder()).envs(device_variables());
    Run::of(command.output().expect("a shell"))
}

#[cfg(target_os = "linux")]
#[test]
fn lines_that_speak_of_more_than_there_is_are_refused_by_every_command() {
    let place = shelf(3);
    tiny(&place, "index shelf --index i").done();
    let kept = place.read("i/entries.log");
    for (field, value) in [
        ("row", json!(3)),
        ("row", json!(1_u64 << 31)),
        ("row", json!(u64::MAX)),
        ("maps_at", json!(1_u64 << 40)),
        ("shape", json!([u32::MAX, u32::MAX, 1])),
    ] {
        change(&place, field, &value);
        for words in ["search cat.png --index i", "index verify i", "index shelf --index i"] {
            let run = limited(&place, words).ends_with(1);
            assert!(run.err.contains("line 1 of entries.log says that"), "{words}: {}", run.err);
        }
        place.write("i/entries.log", &kept);
    }
    limited(&place, "search cat.png --index i --json").done();
}

#[test]
fn maps_of_another_network_are_no_explanation() {
    let place = shelf(2);
    tiny(&place, "index shelf --index i").done();
    // As many numbers, of half as many channels.
    change(&place, "shape", &json!([6, 4, 3]));
    let run = tiny(&place, "search cat.png --index i --explain --json").ends_with(1);
    assert!(run.err.contains("has 6 channels, the network 12"), "{}", run.err);
}

#[test]
fn an_input_that_no_image_needs_is_refused() {
    let place = shelf(2);
    place.say("index shelf --index i --size 64x64").done();
    let path = place.path("i/index.json");
    let mut header: Value =
        serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
    for (input, says) in [
        (json!([1_000_000, 1_000_000]), "pixels are too many"),
        (json!([1_u64 << 62, 3]), "index.json: input is"),
        (json!([0, 3]), "index.json: input is"),
    ] {
        header["input"] = input;
        fs::write(&path, header.to_string()).expect("written");
        let run = place.say("search cat.png --index i").ends_with(1);
        assert!(run.err.contains(says), "{}", run.err);
    }
}
