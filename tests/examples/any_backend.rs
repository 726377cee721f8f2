//! Ten lines that run on whatever backend they are built with.
//!
//! ```text
//! cargo run --release -p cam-tests --example any_backend -- IMAGE CONCEPT
//! cargo run --release -p cam-tests --example any_backend --no-default-features --features wgpu -- IMAGE CONCEPT
//! ```

use std::error::Error;

use burn::tensor::{Device, Tensor};
use cam_core::{Capture, GradCam, Network};
use cam_models::{ConvNet, Rgb8, load_embedded};
use cam_targets::{Concepts, CosineSimilarity};

// ANCHOR: program
/// The cosine of an image to a concept, and where in the image it comes from.
pub fn explain(
    device: &Device,
    image: &str,
    concept: &str,
) -> Result<(f32, Tensor<4>), Box<dyn Error>> {
    let network = load_embedded(device)?.network;
    let concept = Concepts::from_embeddings(network.embed(open(&network, concept)?))?;
    let layer = network.last_layer()?;
    let capture = Capture::new(&network, open(&network, image)?, &[layer])?;
    let explanation = capture.explain(&GradCam, &CosineSimilarity::to(concept))?;
    let cosine = explanation.scores.clone().try_into_scalar::<f32>()?;
    Ok((cosine, explanation.raw_maps().remove(0)))
}
// ANCHOR_END: program

fn open(network: &ConvNet, path: &str) -> Result<Tensor<4>, Box<dyn Error>> {
    let picture = cam_viz::decode(&std::fs::read(path)?, &cam_viz::DecodeOptions::default())?;
    let (width, height) = picture.pixels.dimensions();
    let pixels = Rgb8::new(width as usize, height as usize, picture.pixels.as_raw());
    let pixels = network.preprocessing().resize(&pixels.ok_or("the picture is empty")?);
    Ok(network.images(&[pixels]).ok_or("there is an image")?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, concept] = arguments.as_slice() else {
        return Err("usage: any_backend IMAGE CONCEPT".into());
    };
    // The one place that knows of a backend, and it does not name it: the device is the linked one's.
    let (cosine, map) = explain(&Device::default(), image, concept)?;
    println!("cosine {cosine:.3} on {:?}\n{map}", map.device());
    Ok(())
}
