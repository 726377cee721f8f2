//! Vectors as other systems write and read them: Parquet tables and NumPy arrays.

use std::fs::File;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, ListAccessor as _, Row, RowAccessor as _};

use crate::support::{Place, fixture, tiny, truncated_jpeg};

const WIDTH: usize = 12;

fn open(place: &Place, name: &str) -> SerializedFileReader<File> {
    SerializedFileReader::new(File::open(place.path(name)).expect("a file")).expect("a table")
}

fn rows(place: &Place, name: &str) -> Vec<Row> {
    let rows = open(place, name).into_iter();
    rows.map(|row| row.expect("a row")).collect()
}

/// The bits of a row's vector.
fn bits(row: &Row, column: usize) -> Vec<u32> {
    let list = row.get_list(column).expect("a list");
    (0..list.len()).map(|index| list.get_float(index).expect("a float").to_bits()).collect()
}

fn metadata(place: &Place, name: &str, key: &str) -> String {
    let file = open(place, name);
    let kept = file.metadata().file_metadata().key_value_metadata().expect("metadata");
    let value = kept.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
    value.unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn a_table_of_embeddings_has_the_bits_of_the_array() {
    let place = Place::new();
    place.write("half.jpg", truncated_jpeg());
    place.write("page.jpg", "<!DOCTYPE html><html></html>");
    let images = "cat.png page.jpg half.jpg coffee.png";
    tiny(&place, &format!("embed {images} --out e.npy")).ends_with(3);
    let document =
        tiny(&place, &format!("embed {images} --out e.parquet --json")).ends_with(3).json();
    let (shape, values) = place.array("e.npy");
    assert_eq!(shape, [3, WIDTH as u64]);
    let rows = rows(&place, "e.parquet");
    let names = ["cat.png", "half.jpg", "coffee.png"];
    for ((row, vector), name) in rows.iter().zip(values.chunks(WIDTH)).zip(names) {
        assert_eq!(row.get_string(0).expect("a name"), name);
        assert_eq!(bits(row, 1), vector.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        assert_eq!(row.get_bool(2).expect("a flag"), name == "half.jpg");
    }
    assert_eq!(rows.len(), 3);
    assert_eq!(document["weights_sha256"], metadata(&place, "e.parquet", "weights_sha256"));
    assert_eq!(document["model"], metadata(&place, "e.parquet", "model"));
    assert_eq!(metadata(&place, "e.parquet", "weights_prefix"), "");
}

#[test]
fn a_table_without_rows_is_not_written() {
    let place = Place::new();
    place.write("e.parquet", "an earlier one");
    tiny(&place, "embed missing.png --out e.parquet").ends_with(1);
    assert_eq!(place.read("e.parquet"), b"an earlier one");
    assert!(place.names("").iter().all(|name| !name.ends_with(".part")));
}

#[test]
fn an_index_leaves_as_a_table() {
    let place = Place::new();
    place.write("shelf/a/cat.png", place.read("cat.png"));
    place.write("shelf/coffee.png", place.read("coffee.png"));
    tiny(&place, "index shelf --index i").done();
    let document = place.say("index export i i.parquet --json").done().json();
    assert_eq!(document["images"], 2);
    tiny(&place, "embed cat.png coffee.png --out e.npy").done();
    let (_, values) = place.array("e.npy");
    let rows = rows(&place, "i.parquet");
    for ((row, vector), name) in
        rows.iter().zip(values.chunks(WIDTH)).zip(["a/cat.png", "coffee.png"])
    {
        assert_eq!(row.get_string(0).expect("a path"), name);
        let length = vector.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        for (bits, &value) in bits(row, 1).into_iter().zip(vector) {
            assert!((f64::from(f32::from_bits(bits)) - f64::from(value) / length).abs() < 1e-6);
        }
        let sides = [2, 3].map(|side| row.get_int(side).expect("pixels"));
        assert_eq!((sides, row.get_bool(5).expect("a flag")), ([224, 224], false));
        let digest = cam_files::Sha256::of(&place.read(format!("shelf/{name}"))).to_string();
        assert_eq!(row.get_string(4).expect("a digest"), &digest);
    }
    assert!(matches!(rows[0].get_column_iter().nth(1), Some((_, Field::ListInternal(_)))));
    let weights = cam_files::Sha256::of(&fixture("tiny_basic.safetensors")).to_string();
    assert_eq!(metadata(&place, "i.parquet", "weights_sha256"), weights);
}

#[test]
fn an_export_that_cannot_be_is_refused() {
    let place = Place::new();
    place.say("index export missing i.parquet").ends_with(1);
    let run = place.say("index export missing i.csv").ends_with(2);
    assert!(run.err.contains("end its name in .parquet"), "{}", run.err);
}

#[test]
fn a_vector_asks_what_its_image_asks() {
    let place = Place::new();
    tiny(&place, "embed cat.png coffee.png --out v.parquet").done();
    tiny(&place, "embed cat.png coffee.png --out v.npy").done();
    tiny(&place, "embed coffee.png --out one.npy").done();
    let explain = "explain cat.png --difference --json --raw r.npy";
    let of_image = tiny(&place, &format!("{explain} --concept coffee.png")).done().json();
    let raw = place.read("r.npy");
    for (vector, name) in [
        ("v.parquet:1", "coffee.png"),
        ("v.parquet:coffee.png", "coffee.png"),
        ("mug=v.parquet:coffee.png", "mug"),
        ("v.npy:1", "v:1"),
        ("one.npy", "one"),
    ] {
        let of_vector = tiny(&place, &format!("{explain} --vector {vector}")).done().json();
        assert_eq!(place.read("r.npy"), raw, "{vector}");
        let question = |document: &serde_json::Value, key: &str| {
            document["queries"][0]["questions"][0][key].clone()
        };
        assert_eq!(question(&of_vector, "cosine"), question(&of_image, "cosine"), "{vector}");
        assert_eq!(question(&of_vector, "name"), name);
        assert_eq!(of_vector["concepts"][0]["name"], name);
        let origin = vector.trim_start_matches("mug=");
        assert_eq!(of_vector["concepts"][0]["image"], origin);
    }
}

#[test]
fn images_and_vectors_are_asked_together_and_drawn() {
    let place = Place::new();
    tiny(&place, "embed coffee.png --out coffee.npy").done();
    let words = "explain cat.png --concept coffee.png --vector coffee.npy --negative cat.png --json --out f.png";
    let document = tiny(&place, words).done().json();
    let names = [0, 1].map(|index: usize| document["concepts"][index]["name"].clone());
    assert_eq!(names, ["coffee", "coffee-2"]);
    assert!(place.exists("f.png"));
}

#[test]
fn a_vector_that_cannot_be_asked_is_refused_in_words() {
    let place = Place::new();
    tiny(&place, "embed cat.png coffee.png --out v.parquet").done();
    let refused = |words: &str, code: i32, reason: &str| {
        let run = tiny(&place, &format!("explain cat.png {words}")).ends_with(code);
        assert!(run.err.contains(reason), "{words}: {}", run.err);
    };
    refused("--vector v.csv", 2, "its name must end in .parquet, .npy or .safetensors");
    refused("--vector v.parquet", 1, "v.parquet: holds 2 vectors: say which, as in FILE:0");
    refused("--vector v.parquet:2", 1, "has no row 2: it holds 2, numbered from 0");
    refused("--vector v.parquet:cow", 1, "has no row whose `image` is `cow`");
    refused("--vector v.parquet:0 --raw v.parquet", 2, "is an input");
    refused("--class 1 --negative cat.png", 2, "give a concept with -c");
    let other = "explain cat.png --vector v.parquet:0";
    let run = place.say(other).ends_with(1);
    let reason = "v.parquet:0 has 12 numbers, and embeddings of efficientnet-lite0 have 1280";
    assert!(run.err.contains(reason), "{}", run.err);
}
