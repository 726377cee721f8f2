//! How images are prepared: by a preset, a file, the file beside the weights, or by another program.

use cam_models::{Preprocessing, Rgb8};
use cam_viz::npy_bytes;

use crate::support::{Place, photograph, tiny};

/// The embedding of an image by the small network.
fn embedding(place: &Place, words: &str) -> Vec<f32> {
    tiny(place, &format!("embed {words} --out e.npy")).done();
    place.array("e.npy").1
}

/// What the small network takes of a photograph of 96×64 pixels, as another program prepares it.
fn prepared(name: &str, preprocessing: &Preprocessing) -> Vec<f32> {
    let picture = image::load_from_memory(&photograph(name)).expect("a PNG").to_rgb8();
    let pixels = Rgb8::new(224, 224, picture.as_raw()).expect("it has pixels");
    let pixels = pixels.resized(96, 64, preprocessing.filter);
    let channel = |channel: usize| {
        let (mean, deviation) = (preprocessing.mean[channel], preprocessing.deviation[channel]);
        let normal = move |pixel: &[u8; 3]| ((f64::from(pixel[channel]) - mean) / deviation) as f32;
        pixels.pixels().iter().map(normal).collect::<Vec<_>>()
    };
    [0, 1, 2].map(channel).concat()
}

#[test]
fn a_preset_and_a_file_say_how_images_are_prepared_and_the_document_repeats_it() {
    let place = Place::new();
    let half = Preprocessing::half().with_size((96, 64));
    place.write("half.json", half.to_json());
    let (own, by_name) =
        (embedding(&place, "cat.png"), embedding(&place, "cat.png --preprocess half"));
    assert_ne!(own, by_name);
    assert_eq!(embedding(&place, "cat.png --preprocess half.json"), by_name);
    assert_eq!(embedding(&place, "cat.png --preprocess imagenet"), own);

    let document = |words: &str| {
        tiny(&place, &format!("explain cat.png -c coffee.png --json {words}")).done().json()["preprocessing"].clone()
    };
    let network = document("");
    assert_eq!((network["origin"].as_str(), network["source"].as_str()), (Some("network"), None));
    let preset = document("--preprocess clip");
    assert_eq!(
        (preset["origin"].as_str(), preset["source"].as_str()),
        (Some("preset"), Some("clip"))
    );
    assert_eq!(
        (preset["fit"].as_str(), preset["filter"].as_str()),
        (Some("crop"), Some("bicubic"))
    );
    let file = document("--preprocess half.json");
    assert_eq!(
        (file["origin"].as_str(), file["source"].as_str()),
        (Some("file"), Some("half.json"))
    );
    assert_eq!(file["mean"][0], 127.5);

    let run = tiny(&place, "embed cat.png --out e.npy --preprocess resnet").ends_with(2);
    assert!(run.err.contains("there are imagenet, torchvision, clip"), "{}", run.err);
    assert!(run.err.contains("--preprocess"), "{}", run.err);
    place.write("naflex.json", r#"{"image_processor_type": "Siglip2ImageProcessor"}"#);
    let run = tiny(&place, "embed cat.png --out e.npy --preprocess naflex.json").ends_with(2);
    assert!(run.err.contains("naflex.json: the field `image_processor_type`"), "{}", run.err);
}

#[test]
fn a_preset_s_fit_is_followed_unless_another_is_asked_for() {
    let place = Place::new();
    let words = "explain cat.png -c coffee.png --json";
    let window = |more: &str| {
        let document = tiny(&place, &format!("{words} {more}")).done().json();
        let query = &document["queries"][0];
        (query["fit"].as_str().expect("a fit").to_owned(), query["window"].to_string())
    };
    // A frame of 110×73 around 96×64: the picture becomes 110×110.
    let (fit, cut) = window("--preprocess torchvision");
    assert_eq!(fit, "crop");
    let (_, plain) = window("--fit crop");
    assert_ne!(cut, plain);
    assert_eq!(window("--preprocess torchvision --fit squash").1, "[0.0,0.0,224.0,224.0]");
    assert_eq!(window("--preprocess torchvision --compat pytorch-grad-cam").0, "squash");
    let run = tiny(&place, "explain cat.png -c coffee.png --preprocess clip --map m.png");
    let run = run.ends_with(1);
    assert!(run.err.contains("png") || run.err.contains("PNG"), "{}", run.err);
}

#[test]
fn the_file_beside_the_weights_is_followed_and_said() {
    let place = Place::new();
    let own = embedding(&place, "cat.png");
    // Of a folder, and no reason to change what is known.
    place.write("preprocessor_config.json", r#"{"image_processor_type": "CLIPImageProcessor"}"#);
    assert_eq!(embedding(&place, "cat.png"), own);
    place.write("tiny_basic.preprocess.json", Preprocessing::half().to_json());
    let run = tiny(&place, "embed cat.png --out e.npy --json").done();
    let said = "images are prepared as tiny_basic.preprocess.json says";
    assert!(run.err.contains(said), "{}", run.err);
    assert_eq!(run.json()["weights_remarks"][0], said);
    assert_ne!(place.array("e.npy").1, own);
    assert_eq!(embedding(&place, "cat.png --preprocess imagenet"), own);
}

#[test]
fn what_was_made_by_another_preprocessing_is_not_gone_on_with() {
    let place = Place::new();
    tiny(&place, "concept add set.safetensors cat cat.png").done();
    let run =
        tiny(&place, "concept add set.safetensors cat coffee.png --preprocess half").ends_with(1);
    assert!(
        run.err.contains("rgb, mean 127.5 127.5 127.5, deviation 127.5 127.5 127.5"),
        "{}",
        run.err
    );
    // A preset that changes nothing is the same.
    tiny(&place, "concept add set.safetensors cup coffee.png --preprocess imagenet").done();

    place.write("folder/cat.png", photograph("cat"));
    tiny(&place, "batch folder --concepts set.safetensors --out results").done();
    let again = "batch folder --concepts set.safetensors --out results";
    tiny(&place, &format!("{again} --preprocess imagenet")).done();
    let other = tiny(&place, &format!("{again} --preprocess torchvision")).ends_with(2);
    assert!(other.err.contains("begun with other settings"), "{}", other.err);
    assert!(other.err.contains("preprocessing none →"), "{}", other.err);
}

#[test]
fn an_array_is_taken_as_another_program_prepared_it() {
    let place = Place::new();
    let imagenet = Preprocessing::imagenet();
    let [cat, coffee] = ["cat", "coffee"].map(|name| prepared(name, &imagenet));
    place.write("x.npy", npy_bytes(&[3, 64, 96], &cat).expect("an array"));
    place.write("two.npy", npy_bytes(&[2, 3, 64, 96], &[cat, coffee].concat()).expect("an array"));
    let [cat, coffee] = ["cat.png", "coffee.png"].map(|image| embedding(&place, image));
    assert_eq!(embedding(&place, "x.npy"), cat);
    assert_eq!(embedding(&place, "two.npy:1"), coffee);
    assert_eq!(embedding(&place, "two.npy cat.png"), [&cat[..], &coffee, &cat].concat());
    // Whatever is said of pixels has no part in it.
    assert_eq!(embedding(&place, "x.npy --preprocess raw"), cat);

    let words = "explain x.npy -c two.npy:1 --json --out f.png --overlay o.png";
    let document = tiny(&place, words).done().json();
    let query = &document["queries"][0];
    assert_eq!((query["width"].as_u64(), query["height"].as_u64()), (Some(96), Some(64)));
    assert_eq!(query["remarks"][0], "an array that is prepared already: taken as it is");
    let of_pictures = tiny(&place, "explain cat.png -c coffee.png --json").done().json();
    let score =
        |document: &serde_json::Value| document["queries"][0]["questions"][0]["score"].as_f64();
    assert_eq!(score(&document), score(&of_pictures));
    assert_eq!(place.size("o.png"), (96, 64));

    tiny(&place, "concept add set.safetensors both two.npy:0 two.npy:1").done();
    let run = place.say("concept show set.safetensors both --json").done().json();
    assert_eq!(run["images"].as_array().map(Vec::len), Some(2), "{run}");
    tiny(&place, "compare x.npy coffee.png").done();
    let array = place.read("x.npy");
    let piped = place
        .cam_reading(&array, "embed - --out e.npy --weights tiny_basic.safetensors --size 96x64");
    piped.done();
    assert_eq!(place.array("e.npy").1, cat);
}

#[test]
fn an_array_that_is_no_image_is_refused_in_words() {
    let place = Place::new();
    let refused = |shape: &[usize], values: Vec<f32>, said: &str| {
        place.write("x.npy", npy_bytes(shape, &values).expect("an array"));
        let run = tiny(&place, "embed x.npy --out e.npy").ends_with(1);
        assert!(run.err.contains(said), "{said}: {}", run.err);
    };
    refused(
        &[3, 8, 8],
        vec![0.0; 192],
        "x.npy: its images are prepared at 8×8, and the network takes 96×64",
    );
    refused(&[3, 8, 8], vec![0.0; 192], "--size");
    refused(&[64, 96, 3], vec![0.0; 64 * 96 * 3], "channels last: write `numpy.moveaxis");
    refused(&[64, 96], vec![0.0; 64 * 96], "its shape is [64, 96], and not [3, h, w]");
    let mut values = vec![0.0; 3 * 64 * 96];
    values[97] = f32::INFINITY;
    refused(&[3, 64, 96], values, "channel 0, row 1, column 1 is inf");
    place.write("x.npy", npy_bytes(&[3, 8, 8], &[0.0; 192]).expect("an array"));
    place.say("embed x.npy --out e.npy --weights tiny_basic.safetensors --size native").done();
    let run = tiny(&place, "embed x.npy:1 --out e.npy").ends_with(1);
    assert!(run.err.contains("x.npy:1: has no image 1: it holds 1"), "{}", run.err);
}

/// A network from an ONNX file, which does not say how its images are prepared.
fn onnx() -> Place {
    let place = Place::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/onnx");
    let file = std::fs::read(folder.join("tiny_iresnet.ts17.onnx")).expect("a network");
    place.write("net.onnx", file);
    place
}

#[test]
fn what_an_onnx_file_does_not_say_is_assumed_and_said() {
    let place = onnx();
    let document = |words: &str| {
        let run =
            place.say(&format!("explain cat.png -c coffee.png --weights net.onnx --json {words}"));
        run.done().json()
    };
    let assumed = document("");
    assert_eq!(assumed["preprocessing"]["origin"], "assumed");
    let remarks = assumed["weights_remarks"].to_string();
    assert!(remarks.contains("ImageNet's mean and deviation are assumed"), "{remarks}");
    let size = |document: &serde_json::Value| {
        (
            document["queries"][0]["input_width"].clone(),
            document["queries"][0]["input_height"].clone(),
        )
    };
    let named = document("--preprocess clip");
    assert_eq!(named["preprocessing"]["origin"], "preset");
    // A preset is of the network's size.
    assert_eq!(size(&named), size(&assumed));
    assert!(!named["weights_remarks"].to_string().contains("assumed"));
    place.write("preprocessor_config.json", r#"{"image_processor_type": "ViTImageProcessor"}"#);
    let words = "embed cat.png --out e.npy --weights net.onnx";
    let run = place.say(words).ends_with(2);
    assert!(run.err.contains("the preprocessing is for 224×224 pixels"), "{}", run.err);
    assert!(run.err.contains("--preprocess"), "{}", run.err);
    // The file with the network's own name goes before the folder's.
    let (width, height) = size(&assumed);
    let side = |side: serde_json::Value| side.as_u64().expect("a side") as usize;
    let own = Preprocessing::half().with_size((side(width), side(height)));
    place.write("net.preprocess.json", own.to_json());
    assert_eq!(document("")["preprocessing"]["source"], "net.preprocess.json");
}
