use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use cam_core::Target;
use cam_targets::{Concepts, Contrast, CosineSimilarity};
use serde::Serialize;

use crate::error::{Context as _, Error};

/// What a concept is set against. Cosines between any two images are high, of a transformer above all, so that a map of
/// the cosine alone also shows what all images share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Negatives {
    /// Nothing: the question is the cosine to the concept.
    #[default]
    None,
    /// The other things in the picture: the cosine less the mean of theirs.
    Others,
    /// Everything that can be asked about: the cosine less the mean of theirs, which centres the embedding.
    Mean,
}

impl FromStr for Negatives {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "none" => Ok(Self::None),
            "others" => Ok(Self::Others),
            "mean" => Ok(Self::Mean),
            _ => Err("negatives are none, others or mean".to_owned()),
        }
    }
}

impl fmt::Display for Negatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Others => "others",
            Self::Mean => "mean",
        })
    }
}

/// Asks for one embedding, `[1, d]`, against others, `[n, d]`, if there are any.
pub fn question(
    concept: Tensor<2>,
    negatives: Option<Tensor<2>>,
) -> Result<Box<dyn Target>, Error> {
    let concepts =
        |embeddings| Concepts::from_embeddings(embeddings).context("an image as a concept");
    let concept = concepts(concept)?;
    Ok(match negatives {
        None => Box::new(CosineSimilarity::to(concept)),
        Some(negatives) => Box::new(
            Contrast::to_negatives(concept, concepts(negatives)?).context("images as negatives")?,
        ),
    })
}
