//! Files of concepts: `cam concept`, and which concept is where (`cam explain --concepts`).

mod figure;
mod file;
mod questions;
mod segments;
mod winners;

pub use file::{existing, run};
pub use questions::target;
pub use segments::explain;
pub use winners::Winners;

use cam_models::Preprocessing;
use cam_store::{ConceptSet, Fingerprint};

use crate::explain::Reading;
use crate::failure::Failure;
use crate::model::Model;
use crate::print;

/// What is worth saying of a set whose images came to the network's size in another way than those of this
/// run: proportions that differ make embeddings differ. Said once.
pub fn other_fit(set: &ConceptSet, reading: &Reading) -> Option<String> {
    let used = reading.fit().name();
    let examples = set.concepts().iter().flat_map(|c| c.examples.iter().chain(&c.negatives));
    let other =
        examples.map(|example| example.fit.as_str()).find(|&fit| !fit.is_empty() && fit != used)?;
    let remark = format!(
        "concepts were made with --fit {other}, and these images are read with --fit {used}"
    );
    print::remark(&remark);
    Some(remark)
}

/// What makes the embeddings of this run.
pub fn fingerprint(model: &Model, reading: &Reading) -> Result<Fingerprint, Failure> {
    let network = &model.network;
    // Not the size: behind pooling, a collage at twice the size is compared with a single image.
    let Preprocessing { filter, .. } = reading.preprocessing(network);
    let stretched = if reading.decoding().stretch { ", stretched" } else { "" };
    Ok(Fingerprint {
        model: model.identity(),
        weights_sha256: model.sha256()?,
        preprocessing: format!("{filter:?} filter{stretched}").to_lowercase(),
        width: network.description().embedding_width(),
    })
}
