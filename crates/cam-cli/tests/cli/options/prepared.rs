//! What the runs read.

use std::collections::BTreeMap;

use image::RgbImage;
use serde_json::{Value, json};

use super::table::TINY;
use crate::support::{Place, fixture, onnx, photograph, png, truncated_jpeg, wide_cat};

/// The smallest network of the fixtures, with as many channels as Winograd's algorithm begins to pay off for:
/// with fewer `--exact` would be without effect.
fn wider() -> Vec<u8> {
    let file = fixture("tiny_basic.safetensors");
    let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
    let header: BTreeMap<String, Value> =
        serde_json::from_slice(&file[8..8 + length]).expect("a header");
    let (mut wider, mut data) = (BTreeMap::new(), Vec::new());
    for (name, tensor) in header.into_iter().filter(|(_, tensor)| tensor["dtype"] == "F32") {
        let shape = tensor["shape"].as_array().expect("a shape").iter();
        let shape: Vec<u64> = shape.map(|side| widened(side.as_u64().expect("a side"))).collect();
        let begin = data.len();
        let fan_in = shape.iter().skip(1).product::<u64>() as f32;
        for index in 0..shape.iter().product::<u64>() {
            let value = match shape.len() {
                // Of a batch norm that does nothing.
                1 if name.ends_with("running_var") || name.ends_with("weight") => 1.0,
                1 => 0.0,
                _ => ((index * 7919 % 1009) as f32 / 504.0 - 1.0) * (6.0 / fan_in).sqrt(),
            };
            data.extend(f32::to_le_bytes(value));
        }
        let offsets = [begin, data.len()];
        wider.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": offsets }));
    }
    let header = serde_json::to_vec(&wider).expect("JSON");
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

/// More channels than the fixture's.
fn widened(side: u64) -> u64 {
    match side {
        6 => 32,
        8 => 40,
        10 => 48,
        12 => 56,
        other => other,
    }
}

/// The cat on a foggy day.
fn dull() -> RgbImage {
    let mut image = wide_cat(60, 50);
    image.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| 100 + value / 5));
    image
}

/// Everything that the rows read.
pub fn prepared() -> Place {
    let place = Place::new();
    place.write("tiny.onnx", onnx("tiny_resnet_d.ts17.onnx"));
    place.two_copies("two.safetensors", ["left.", "right."]);
    place.write("rocket.png", photograph("rocket"));
    place.write("names.txt", "rocket.png\n");
    place.write("zeros.txt", "rocket.png\0coffee.png\0");
    place.write("net.safetensors", wider());
    place.weights("unexpected.safetensors");
    place.weights("tiny_wide.safetensors");
    for folder in ["shelf", "images", "half", "dull"] {
        place.write(format!("{folder}/a.png"), png(&wide_cat(40, 30)));
        place.write(format!("{folder}/b.png"), photograph("coffee"));
    }
    place.write("outlined/a.png", photograph("coffee"));
    place.write(
        "outlined/a.json",
        r#"{"shapes": [{"label": "cup", "points": [[9, 9], [90, 9], [9, 90]]}]}"#,
    );
    place.write("strange/a.png", photograph("rocket"));
    place.write("strange/b.png", photograph("astronaut"));
    place.write("half/image.jpg", truncated_jpeg());
    place.write("dull/image.jpg", png(&dull()));
    for words in [
        "concept add set.safetensors cat cat.png",
        "concept add set.safetensors coffee coffee.png",
        "concept add one.safetensors cat cat.png",
        "index shelf --index kept",
        "embed rocket.png coffee.png --out v.parquet",
    ] {
        place.say(&format!("{words} {TINY}")).done();
    }
    place
}
