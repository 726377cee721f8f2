//! pytorch-grad-cam's tutorial on embeddings: where in the query is each concept, and where is it not?
//!
//! ```text
//! cargo run --release -p cam-tests --example tutorial -- FIGURE.png NETWORK QUERY CONCEPT...
//! ```
//!
//! NETWORK is a weight file, or a network by name: `efficientnet-lite0` comes with the library.

use std::path::Path;

use cam_explain::{Arithmetic, Error, Figure, GradCam, Model, Question};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [figure, network, query, concepts @ ..] = arguments.as_slice() else {
        return Err("usage: tutorial FIGURE.png NETWORK QUERY CONCEPT...".into());
    };
    let concepts: Vec<&Path> = concepts.iter().map(Path::new).collect();
    Ok(run(Path::new(figure), network, Path::new(query), &concepts)?)
}

/// The whole tutorial, from files to a figure.
pub fn run(figure: &Path, network: &str, query: &Path, concepts: &[&Path]) -> Result<(), Error> {
    // ANCHOR: network
    let model = Model::open(network)?.with_size(512, 512).following(Arithmetic::PytorchGradCam);
    // ANCHOR_END: network

    // ANCHOR: concepts
    let concepts = model.embed(concepts.iter().copied())?;
    // ANCHOR_END: concepts

    // ANCHOR: capture
    let query = model.capture(query)?;
    // ANCHOR_END: capture

    // ANCHOR: ask
    let answers = query.ask(&GradCam, &Question::similar(&concepts).and_not())?;
    for answer in &answers {
        println!("{} {}", answer.question, answer.number);
    }
    // ANCHOR_END: ask

    // ANCHOR: figure
    Figure::rows(&concepts, &query, &answers)?.save(figure)
    // ANCHOR_END: figure
}
