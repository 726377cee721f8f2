//! Patches with outstandingly long vectors are counted and said, once for each image.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Place, photograph};

/// The token of the patch whose position is made far longer than others: it stays so along the stream. Taken to a finer
/// grid it is that of several patches.
const TOKEN: usize = 7;

/// A place with a small transformer that has such patches, whatever the image.
fn place(name: &str, positions: &str) -> Place {
    let place = Place::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = fixture.join("../../tests/fixtures/transformers").join(name);
    let read = |file: &str| fs::read(fixture.join(file)).expect("a fixture");
    place.write("net/config.json", read("config.json"));
    place.write("net/model.safetensors", with_long_row(read("model.safetensors"), positions));
    for image in ["cat", "coffee"] {
        place.write(format!("images/{image}.png"), photograph(image));
    }
    place
}

/// ±100 in half precision.
const LONG: [u16; 2] = [0x5640, 0xD640];

/// A safetensors file in half precision, a row of one tensor of which is ±100.
fn with_long_row(mut file: Vec<u8>, tensor: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).expect("a header");
    let tensor = &header[tensor];
    let number = |value: &Value| value.as_u64().expect("a number") as usize;
    let width = number(tensor["shape"].as_array().and_then(|shape| shape.last()).expect("a shape"));
    assert_eq!(tensor["dtype"], "F16");
    let start = 8 + length + number(&tensor["data_offsets"][0]) + TOKEN * width * 2;
    for (at, bytes) in file[start..start + width * 2].chunks_exact_mut(2).enumerate() {
        bytes.copy_from_slice(&LONG[at % 2].to_le_bytes());
    }
    file
}

fn is_counted(remarks: &Value) -> bool {
    let remarks = remarks.as_array().expect("a list").iter().filter_map(Value::as_str);
    let remarks: Vec<&str> = remarks.filter(|remark| remark.contains("times the median")).collect();
    matches!(remarks[..], [remark] if remark.contains(" patches have vectors longer"))
}

#[test]
fn an_image_is_remarked_on_once_by_every_command_and_a_folder_in_one_line() {
    for (name, positions) in [
        ("dinov2", "embeddings.position_embeddings"),
        ("siglip", "embeddings.position_embedding.weight"),
    ] {
        let place = place(name, positions);
        let net = "--weights net";
        let words = format!("explain cat.png -c coffee.png {net} --json");
        let run = place.say(&words).done();
        assert!(is_counted(&run.json()["queries"][0]["remarks"]), "{name}: {}", run.seen());
        assert_eq!(run.err.matches("times the median").count(), 1, "{name}: {}", run.err);

        for concept in ["cat", "coffee"] {
            place.say(&format!("concept add set.safetensors {concept} {concept}.png {net}")).done();
        }
        let run = place.say(&format!("batch images --concepts set.safetensors {net} --out o"));
        let run = run.done();
        assert_eq!(run.err.matches("2 of 2 images have patches").count(), 1, "{}", run.err);
        assert!(!run.err.contains("times the median"), "{}", run.err);
        let results = fs::read_to_string(place.path("o/results.jsonl")).expect("results");
        let lines = results.lines().skip(1);
        let lines: Vec<Value> =
            lines.map(|line| serde_json::from_str(line).expect("a line")).collect();
        assert_eq!(lines.len(), 2, "{results}");
        assert!(lines.iter().all(|line| is_counted(&line["remarks"])), "{name}: {results}");
        if name == "siglip" {
            continue;
        }
        let run = place.say(&format!("compare cat.png coffee.png {net} --json")).done();
        let compared = run.json();
        assert!((0..2).all(|side| is_counted(&compared["images"][side]["remarks"])), "{compared}");
        place.say(&format!("index images --index i {net}")).done();
        let run = place.say(&format!("search cat.png --index i --top 1 {net} --explain --json"));
        assert!(is_counted(&run.done().json()["query_remarks"]));
    }
}
