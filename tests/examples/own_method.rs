//! A method of one's own: how much every position matters, for or against.
//!
//! ```text
//! cargo run --release -p cam-tests --example own_method -- QUERY CONCEPT
//! ```

use std::error::Error;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use cam_core::{Capture, Method, Network, Pair, View};
use cam_models::{ConvNet, Rgb8, load_embedded};
use cam_targets::{Concepts, CosineSimilarity};
use cam_viz::{DecodeOptions, decode};

// ANCHOR: method
/// map = Σ_c |mean G_c| · A_c: Grad-CAM without the signs of its weights.
pub struct Stakes;

impl Method for Stakes {
    /// Signed maps `[n, k, h', w']` of a layer, as the questions of a target see it.
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, cam_core::Error> {
        view.by_channel_weights(|_activations, gradients| gradients.channel_means().abs())
    }
}
// ANCHOR_END: method

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [query, concept] = arguments.as_slice() else {
        return Err("usage: own_method QUERY CONCEPT".into());
    };
    let (map, sum) = run(&Device::default(), Path::new(query), Path::new(concept))?;
    println!("{} positions, contributions sum to {sum:.3}", map.dims()[2] * map.dims()[3]);
    Ok(())
}

/// The map of the method above, and what all pairs of positions of both images add up to.
pub fn run(
    device: &Device,
    query: &Path,
    concept: &Path,
) -> Result<(Tensor<4>, f32), Box<dyn Error>> {
    let network = load_embedded(device)?.network;
    let [query, concept] = [open(&network, query)?, open(&network, concept)?];
    let layer = network.last_layer()?;
    let concepts = Concepts::from_embeddings(network.embed(concept.clone()))?;
    let capture = Capture::new(&network, query.clone(), &[layer])?;
    let explanation = capture.explain(&Stakes, &CosineSimilarity::to(concepts))?;

    // ANCHOR: pair
    // Which position of the one belongs to which of the other?
    let head = network.head(layer).ok_or("the network does not end in pooling")?;
    let [first, second] = [query, concept].map(|image| network.forward_to(image, layer).grid);
    let pair = Pair::of(head, [&first, &second])?;
    for both in pair.correspondences(3) {
        println!("{:?} add {:.4} of {:.3}", both.positions, both.contribution, pair.cosine());
    }
    // ANCHOR_END: pair
    Ok((explanation.layers[0].maps.clone(), pair.cosine()))
}

fn open(network: &ConvNet, path: &Path) -> Result<Tensor<4>, Box<dyn Error>> {
    let picture = decode(&std::fs::read(path)?, &DecodeOptions::default())?;
    let (width, height) = picture.pixels.dimensions();
    let pixels = Rgb8::new(width as usize, height as usize, picture.pixels.as_raw());
    let preprocessing = network.preprocessing();
    let (width, height) = preprocessing.size;
    let pixels = pixels.ok_or("no pixels")?.resized(width, height, preprocessing.filter);
    let tensor = preprocessing.tensor(std::slice::from_ref(&pixels), network.device());
    tensor.ok_or_else(|| "no image".into())
}
