//! One forward pass, many questions: three targets, two layers and both routes of the gradient.
//!
//! ```text
//! cargo run --release -p cam-tests --example many_questions -- QUERY CONCEPT...
//! ```

use std::error::Error;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use cam_core::{Arithmetic, Capture, GradCam, Network, Route, postprocess};
use cam_models::{ConvNet, Rgb8, load_embedded};
use cam_targets::{ClassLogit, Concepts, CosineSimilarity, Dot};
use cam_viz::{DecodeOptions, decode};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [query, concepts @ ..] = arguments.as_slice() else {
        return Err("usage: many_questions QUERY CONCEPT...".into());
    };
    let concepts: Vec<&Path> = concepts.iter().map(Path::new).collect();
    run(&Device::default(), Path::new(query), &concepts)
}

/// Asks one image several things and prints the answers.
pub fn run(device: &Device, query: &Path, concepts: &[&Path]) -> Result<(), Box<dyn Error>> {
    let network = load_embedded(device)?.network;
    let query = open(&network, query)?;
    let [_, _, height, width] = query.dims();
    let concepts =
        concepts.iter().map(|path| open(&network, path)).collect::<Result<Vec<_>, _>>()?;
    let concepts = Concepts::from_embeddings(network.embed(Tensor::cat(concepts, 0)))?;

    // ANCHOR: capture
    // The only forward pass of the query; it stops at both layers on its way.
    let layers = [network.layer("stage5")?, network.layer("head")?];
    let capture = Capture::new(&network, query, &layers)?;

    // k concepts are k questions of one target: raw maps `[1, k, h', w']` at each layer.
    let cosine = CosineSimilarity::to(concepts.clone());
    let explanation = capture.explain(&GradCam, &cosine)?;
    for layer in &explanation.layers {
        let info = &network.layers()[layer.layer.index()];
        println!("{} ({} channels): maps {:?}", info.name, info.channels, layer.maps.dims());
    }

    // Further targets cost no further forward pass.
    let dot = capture.explain(&GradCam, &Dot::with(concepts))?;
    let classifier = network.classifier().ok_or("the weights hold no classifier")?;
    let classes = ClassLogit::of(classifier.clone(), vec![281, 967])?;
    let logits = capture.explain(&GradCam, &classes)?;
    println!("cosine {}\ndot {}\nlogits {}", explanation.scores, dot.scores, logits.scores);
    // ANCHOR_END: capture

    // ANCHOR: postprocess
    // One layer alone, or the mean of both: what is finished together is averaged.
    let head = explanation.layers[1].maps.clone();
    let one = postprocess(&[head], [height, width], Arithmetic::Standard)?;
    let both = explanation.postprocess([height, width], Arithmetic::Standard)?;
    for (question, nothing) in both.degenerate.iter().enumerate() {
        println!("question {question}: {}", if *nothing { "nothing found" } else { "a map" });
    }
    assert_eq!(one.maps.len(), both.maps.len());
    // ANCHOR_END: postprocess

    // ANCHOR: route
    // The same by autodiff through everything behind the layer, where the closed form is doubted.
    let by_autodiff = capture.with_route(Route::Autodiff).explain(&GradCam, &cosine)?;
    let difference = by_autodiff.layers[1].maps.clone() - explanation.layers[1].maps.clone();
    let largest = explanation.layers[1].maps.clone().abs().max().into_scalar::<f32>();
    println!(
        "the routes differ by {:e} of {largest:e}",
        difference.abs().max().into_scalar::<f32>()
    );
    // ANCHOR_END: route
    Ok(())
}

/// An image at the size the weights were trained for, `[1, 3, h, w]`.
fn open(network: &ConvNet, path: &Path) -> Result<Tensor<4>, Box<dyn Error>> {
    let picture = decode(&std::fs::read(path)?, &DecodeOptions::default())?.pixels;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let image = Rgb8::new(width, height, picture.as_raw()).ok_or("the image has no pixels")?;
    let image = network.preprocessing().resize(&image);
    Ok(network.preprocessing().tensor(&[image], network.device()).ok_or("there is an image")?)
}
