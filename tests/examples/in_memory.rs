//! A program for a browser: bytes in, bytes out, without threads, files and clock.
//!
//! ```text
//! cargo run --release -p cam-tests --example in_memory -- IMAGE CONCEPT OVERLAY.png
//! ```

use std::error::Error;

use burn::tensor::{Device, Tensor};
use cam_core::{Arithmetic, Capture, GradCam, Network};
use cam_models::{ConvNet, Rgb8, Runtime, load_embedded};
use cam_targets::{Concepts, CosineSimilarity};
use cam_viz::{DecodeOptions, OverlayStyle, decode, overlay, png_bytes};
use image::RgbImage;

// ANCHOR: program
/// The cosine of an image to a concept, and the image with where it comes from laid over it, as PNG.
pub fn explain(
    network: &ConvNet,
    image: &[u8],
    concept: &[u8],
) -> Result<(f32, Vec<u8>), Box<dyn Error>> {
    let [image, concept] = [image, concept].map(|bytes| decode(bytes, &DecodeOptions::default()));
    let (image, concept) = (image?.pixels, concept?.pixels);
    let concept = Concepts::from_embeddings(network.embed(input(network, &concept)?))?;
    let layer = network.last_layer()?;
    let capture = Capture::new(network, input(network, &image)?, &[layer])?;
    let explanation = capture.explain(&GradCam, &CosineSimilarity::to(concept))?;
    let cosine = explanation.scores.clone().try_into_scalar::<f32>()?;

    let (width, height) = (image.width() as usize, image.height() as usize);
    let finished = explanation.postprocess([height, width], Arithmetic::Standard)?;
    let drawn = overlay(&image, &finished.maps[0], &OverlayStyle::default())?;
    Ok((cosine, png_bytes(&drawn)?))
}

/// An image at the size that the network was trained for, `[1, 3, h, w]`.
fn input(network: &ConvNet, image: &RgbImage) -> Result<Tensor<4>, Box<dyn Error>> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = Rgb8::new(width, height, image.as_raw()).ok_or("the image has no pixels")?;
    let pixels = network.preprocessing().resize(&pixels);
    Ok(network.images(&[pixels]).ok_or("there is an image")?)
}
// ANCHOR_END: program

// ANCHOR: network
/// The network that comes with the library, by the engine's portable kernels on this thread.
pub fn network() -> Result<ConvNet, Box<dyn Error>> {
    let options = cam_engine::Options { threads: 1, ..Default::default() };
    Ok(load_embedded(Runtime::engine(&Device::default(), options))?.network)
}
// ANCHOR_END: network

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, concept, drawn] = arguments.as_slice() else {
        return Err("usage: in_memory IMAGE CONCEPT OVERLAY.png".into());
    };
    let (cosine, png) = explain(&network()?, &std::fs::read(image)?, &std::fs::read(concept)?)?;
    std::fs::write(drawn, png)?;
    println!("cosine {cosine:.6}");
    Ok(())
}
