//! Preprocessing as files of other libraries say it, against what those libraries make of photographs.

use cam_models::{Preprocessing, Rgb8};
use cam_tests::compare::values;
use cam_tests::golden::{self, Golden};
use cam_tests::photographs;
use serde_json::Value;

/// Pillow resizes across and then down, rounding to bytes between; the resizer here goes down first. A byte may be one
/// more or less.
const BYTE: f32 = 1.0;

/// Rounding of a value that is normalised in f32 there, and in f64 here, in bytes.
const ROUNDING: f32 = 1e-3;

/// Of all values, how many may differ by a byte: 9 to 23 % do, and none with the nearest pixel.
const DIFFERENT: f64 = 0.25;

fn index() -> Value {
    let text = std::fs::read_to_string(golden::path("golden/preprocessing.json"));
    serde_json::from_str(&text.expect("it is there")).expect("it is JSON")
}

/// The photograph, a part of it whose rest after a crop is odd, and that part upright.
fn picture(name: &str) -> Rgb8 {
    let bytes = std::fs::read(golden::path("golden/images/cat_full.png")).expect("it is there");
    let picture = cam_viz::decode(&bytes, &cam_viz::DecodeOptions::default()).expect("it is sound");
    let pixels = picture.pixels;
    let (width, height) = (if name == "cat" { pixels.width() } else { 449 }, pixels.height());
    let at = |x, y| pixels.get_pixel(x, y).0;
    let (size, bytes): (_, Vec<u8>) = match name {
        "upright" => {
            let columns = (0..width).flat_map(|x| (0..height).flat_map(move |y| at(x, y)));
            ((height, width), columns.collect())
        }
        _ => {
            let rows = (0..height).flat_map(|y| (0..width).flat_map(move |x| at(x, y)));
            ((width, height), rows.collect())
        }
    };
    Rgb8::new(size.0 as usize, size.1 as usize, &bytes).expect("it has pixels")
}

/// Every so many rows and columns of what the network takes, and the deviation of each.
fn sampled(preprocessing: &Preprocessing, picture: &Rgb8, step: usize) -> Vec<f32> {
    let placed = preprocessing.place(picture, &preprocessing.placement(picture.size(), 32));
    let (width, height) = placed.size();
    let values = values(&photographs::tensor(preprocessing, &placed));
    let channels = values.chunks(width * height);
    let rows = channels.flat_map(|channel| channel.chunks(width).step_by(step));
    rows.flat_map(|row| row.iter().copied().step_by(step)).collect()
}

fn holds(name: &str, preprocessing: &Preprocessing, step: usize, golden: &Golden) {
    let mut different = (0_usize, 0_usize);
    for kind in ["cat", "odd", "upright"] {
        let found = sampled(preprocessing, &picture(kind), step);
        let expected = golden.get(&format!("{name}.{kind}")).values;
        assert_eq!(found.len(), expected.len(), "{name}.{kind}");
        let per_channel = found.len() / 3;
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            // In bytes: of the channel as the network takes it.
            let channel = index / per_channel;
            let colour = if preprocessing.channels.name() == "bgr" { 2 - channel } else { channel };
            let bytes = (found - expected).abs() * preprocessing.deviation[colour] as f32;
            assert!(
                bytes <= BYTE + ROUNDING,
                "{name}.{kind} at {index}: {found} and {expected}, {bytes} bytes"
            );
            different.0 += usize::from(bytes > ROUNDING);
            different.1 += 1;
        }
    }
    let share = different.0 as f64 / different.1 as f64;
    assert!(
        share <= DIFFERENT,
        "{name}: {} of {} values differ by a byte",
        different.0,
        different.1
    );
}

#[test]
fn files_of_other_libraries_give_their_numbers() {
    let (index, golden) = (index(), Golden::open("preprocessing"));
    let step = index["step"].as_u64().expect("a number") as usize;
    let configs = index["configs"].as_object().expect("an object");
    assert!(configs.len() > 20);
    for (name, config) in configs {
        let preprocessing = match config {
            Value::Null => Preprocessing::named(name).expect("it is a preset"),
            config => {
                let read = Preprocessing::from_json(&config.to_string());
                read.unwrap_or_else(|error| panic!("{name}: {error}")).preprocessing
            }
        };
        holds(name, &preprocessing, step, &golden);
    }
}
