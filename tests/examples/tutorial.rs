//! pytorch-grad-cam's tutorial on embeddings, done with the crates: where in the query is each
//! concept, and where is it not?
//!
//! ```text
//! cargo run --release -p cam-tests --example tutorial -- FIGURE.png WEIGHTS QUERY CONCEPT...
//! ```
//!
//! WEIGHTS is a weight file, or `embedded` for the network that comes with the library.

use std::error::Error;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use cam_core::{Arithmetic, Capture, GradCam, Network, Target};
use cam_models::{ConvNet, Filter, Rgb8, Strictness, load, load_embedded};
use cam_targets::{Concepts, CosineSimilarity, difference};
use cam_viz::{
    Colormap, DecodeOptions, Figure, FigureStyle, OverlayStyle, Panel, decode, overlay_compat,
    picture_bytes, write_atomically,
};
use image::RgbImage;

/// The tutorial squashes every image to this width and height.
const SIDE: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [figure, weights, query, concepts @ ..] = arguments.as_slice() else {
        return Err("usage: tutorial FIGURE.png WEIGHTS QUERY CONCEPT...".into());
    };
    let concepts: Vec<&Path> = concepts.iter().map(Path::new).collect();
    run(&Device::default(), Path::new(figure), weights, Path::new(query), &concepts)
}

/// The whole tutorial, from files to a figure.
pub fn run(
    device: &Device,
    figure: &Path,
    weights: &str,
    query: &Path,
    concepts: &[&Path],
) -> Result<(), Box<dyn Error>> {
    // ANCHOR: network
    let network = match weights {
        "embedded" => load_embedded(device)?.network,
        file => load(Path::new(file), Strictness::Exact, device)?.network,
    };
    // ANCHOR_END: network

    // ANCHOR: concepts
    let concept_images = concepts.iter().map(|path| open(path)).collect::<Result<Vec<_>, _>>()?;
    let embeddings = network.embed(tensor(&network, &concept_images)?);
    let concepts = Concepts::from_embeddings(embeddings)?;
    // ANCHOR_END: concepts

    // ANCHOR: capture
    let query = open(query)?;
    let input = tensor(&network, std::slice::from_ref(&query))?;
    let layer = network.last_layer()?; // of ResNet50: layer4.2, the tutorial's `layer4[-1]`
    let capture = Capture::new(&network, input, &[layer])?;
    // ANCHOR_END: capture

    // ANCHOR: targets
    let similar = CosineSimilarity::to(concepts.clone());
    let different = difference(CosineSimilarity::to(concepts));
    let query = picture(&query)?;
    let where_it_is = overlays(&capture, &similar, &query)?;
    let where_it_is_not = overlays(&capture, &different, &query)?;
    // ANCHOR_END: targets

    // ANCHOR: figure
    let mut rows = Vec::new();
    for ((concept, is), is_not) in concept_images.iter().zip(where_it_is).zip(where_it_is_not) {
        let panels = [
            (picture(concept)?, "concept"),
            (query.clone(), "query"),
            (is, "where is it?"),
            (is_not, "where is it not?"),
        ];
        let panel = |(image, text): (RgbImage, &str)| Panel { image, caption: vec![text.into()] };
        rows.push(panels.map(panel).into());
    }
    let drawn = Figure { title: None, rows, color_bar: None }.render(&FigureStyle::default());
    write_atomically(figure, &picture_bytes(figure, &drawn)?)?;
    Ok(())
    // ANCHOR_END: figure
}

// ANCHOR: open
/// An image as the tutorial takes it: OpenCV's resize to 512×512, whatever its proportions.
fn open(path: &Path) -> Result<Rgb8, Box<dyn Error>> {
    let picture = decode(&std::fs::read(path)?, &DecodeOptions::default())?.pixels;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let image = Rgb8::new(width, height, picture.as_raw()).ok_or("the image has no pixels")?;
    Ok(image.resized(SIDE, SIDE, Filter::OpenCv))
}

/// Images as the network takes them, `[n, 3, 512, 512]`: normalised as its weights want it.
fn tensor(network: &ConvNet, images: &[Rgb8]) -> Result<Tensor<4>, Box<dyn Error>> {
    Ok(network.preprocessing().tensor(images, network.device()).ok_or("there is no image")?)
}
// ANCHOR_END: open

fn picture(image: &Rgb8) -> Result<RgbImage, Box<dyn Error>> {
    let (width, height) = image.size();
    let bytes = image.pixels().as_flattened().to_vec();
    Ok(RgbImage::from_raw(width as u32, height as u32, bytes).ok_or("a byte is missing")?)
}

// ANCHOR: overlays
/// One overlay per question of a target.
fn overlays(
    capture: &Capture<'_>,
    target: &dyn Target,
    query: &RgbImage,
) -> Result<Vec<RgbImage>, Box<dyn Error>> {
    let explanation = capture.explain(&GradCam, target)?;
    let finished = explanation.postprocess([SIDE, SIDE], Arithmetic::PytorchGradCam)?;
    let style = OverlayStyle { colormap: Colormap::Jet, ..OverlayStyle::default() };
    let overlays = finished.maps.iter().map(|map| overlay_compat(query, map, &style));
    Ok(overlays.collect::<Result<_, _>>()?)
}
// ANCHOR_END: overlays
