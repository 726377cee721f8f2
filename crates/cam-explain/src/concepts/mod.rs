//! Files of concepts, each a name with many images: kept, added to, asked for, and shown where they are.
//!
//! ```
//! use cam_explain::concepts::{ConceptsAs, add, existing, segment, target};
//! use cam_explain::{Clock, GradCam, Model, Source, photographs};
//!
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("things.safetensors");
//! let model = Model::open("efficientnet-lite0")?;
//! for (name, bytes) in [("cat", photographs::CAT), ("coffee", photographs::COFFEE)] {
//!     add(&file, name, &[Source::from((name, bytes))], &[], &model)?;
//! }
//! let set = existing(&file)?;
//! let target = target(&set, ConceptsAs::Contrast)?;
//! let cat = model.capture(("cat", photographs::CAT))?;
//! let found = segment(&cat, &GradCam, (&set, &*target), &mut Clock::start())?;
//! assert!(found.concepts[0].share > found.concepts[1].share);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod figure;
mod file;
mod segmentation;
mod targets;
mod winners;

use cam_core::Network as _;
use std::fmt;
use std::str::FromStr;

use cam_models::Preprocessing;
use cam_store::{ConceptSet, Fingerprint};

use crate::error::{Context as _, Error};
use crate::model::Model;
use crate::notice;

pub use figure::{SHOWN, figure, rows};
pub use file::{Added, add, agreement, existing, find, open, remove};
pub use segmentation::{Found, Segmentation, segment};
pub use targets::target;
pub use winners::Winners;

/// What a concept with several images is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConceptsAs {
    /// The mean of its images' directions.
    Centroid,
    /// The same less the mean of its negatives, or of all images of the file.
    #[default]
    Contrast,
    /// Whichever of its images is the most similar.
    Prototypes,
}

impl ConceptsAs {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Centroid, "centroid"),
        (Self::Contrast, "contrast"),
        (Self::Prototypes, "prototypes"),
    ];
}

impl fmt::Display for ConceptsAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(value, _)| value == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

impl FromStr for ConceptsAs {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|(_, name)| *name == text);
        found
            .map(|(value, _)| value)
            .ok_or_else(|| Error::usage("it is centroid, contrast or prototypes"))
    }
}

/// That a file's concepts were made as this model makes embeddings.
///
/// # Errors
/// Names what differs.
pub fn check(set: &ConceptSet, model: &Model, file: impl fmt::Display) -> Result<(), Error> {
    set.fingerprint().check(&fingerprint(model)?).with_context(|| file)
}

/// What is worth saying of a set whose images came to the network's size in another way than those of this
/// run: proportions that differ make embeddings differ. Said once.
pub fn other_fit(set: &ConceptSet, model: &Model) -> Option<String> {
    let used = model.reading().fit_for(model.network()).name();
    let examples = set.concepts().iter().flat_map(|c| c.examples.iter().chain(&c.negatives));
    let other =
        examples.map(|example| example.fit.as_str()).find(|&fit| !fit.is_empty() && fit != used)?;
    let remark =
        format!("concepts were made with fit {other}, and these images are read with fit {used}");
    notice::remark(&remark);
    Some(remark)
}

/// What makes the embeddings of this model.
///
/// # Errors
/// Where the weight file cannot be read.
pub fn fingerprint(model: &Model) -> Result<Fingerprint, Error> {
    let (network, reading) = (model.network(), model.reading());
    // Not the size: behind pooling, a collage at twice the size is compared with a single image.
    let Preprocessing { filter, .. } = reading.preprocessing(network);
    let normalized = model.preprocessing.normalization(model.preprocessing());
    let normalized = normalized.map(|it| format!(", {it}")).unwrap_or_default();
    let stretched = if reading.decoding.stretch { ", stretched" } else { "" };
    Ok(Fingerprint {
        model: model.identity(),
        weights_sha256: model.sha256()?,
        preprocessing: format!("{filter:?} filter{normalized}{stretched}").to_lowercase(),
        width: network.embedding_width(),
    })
}
