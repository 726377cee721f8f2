//! The shipped photographs.

use burn::tensor::Tensor;
use cam_models::{Preprocessing, Rgb8};

use crate::{device, golden};

/// The five photographs.
pub const NAMES: [&str; 5] = ["cat", "coffee", "rocket", "astronaut", "retina"];

/// A photograph of 224×224 pixels.
pub fn open(name: &str) -> Rgb8 {
    let path = golden::path(&format!("../crates/cam-explain/photographs/{name}.png"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let picture = cam_viz::decode(&bytes, &cam_viz::DecodeOptions::default())
        .expect("the photograph is sound");
    let (width, height) = picture.pixels.dimensions();
    Rgb8::new(width as usize, height as usize, picture.pixels.as_raw())
        .expect("an image has pixels")
}

/// The network's input, at the photograph's own size: `[1, 3, 224, 224]`.
pub fn tensor(preprocessing: &Preprocessing, image: &Rgb8) -> Tensor<4> {
    preprocessing.tensor(std::slice::from_ref(image), &device()).expect("there is an image")
}

/// Four photographs, each mirrored, side by side and below each other: 448×448.
pub fn collage(names: [&str; 4]) -> Rgb8 {
    let images = names.map(open);
    let mut bytes = Vec::with_capacity(448 * 448 * 3);
    for y in 0..448 {
        for x in 0..448 {
            let image = &images[(y / 224) * 2 + x / 224];
            bytes.extend(image.pixels()[(y % 224) * 224 + 223 - x % 224]);
        }
    }
    Rgb8::new(448, 448, &bytes).expect("448 rows of 448 pixels")
}
