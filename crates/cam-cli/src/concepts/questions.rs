use anyhow::{Context as _, anyhow};
use cam_core::Target;
use cam_store::{Concept, ConceptSet, Example};
use cam_targets::{Concepts, Contrast, CosineSimilarity, Prototypes};

use crate::arguments::ConceptsAs;
use crate::failure::Failure;

/// One question for each concept of a set.
pub fn target(set: &ConceptSet, by: ConceptsAs) -> Result<Box<dyn Target>, Failure> {
    let examples = set.concepts().iter().map(images).collect::<Result<Vec<_>, Failure>>()?;
    Ok(match by {
        ConceptsAs::Prototypes => Box::new(Prototypes::of(&examples).map_err(anyhow::Error::from)?),
        ConceptsAs::Centroid => Box::new(CosineSimilarity::to(centroids(set, &examples)?)),
        ConceptsAs::Contrast => {
            if set.concepts().len() < 2 {
                return Err(Failure::usage(
                    "a contrast needs something to differ from: add another concept, or use \
                     `--as centroid`",
                ));
            }
            let own = set.concepts().iter().map(|concept| {
                (!concept.negatives.is_empty()).then(|| of(&concept.negatives)).transpose()
            });
            let own = own.collect::<Result<Vec<_>, Failure>>()?;
            let all = set.concepts().iter().flat_map(|concept| &concept.examples);
            let all = of(all)?;
            let contrast = Contrast::to_own_negatives(centroids(set, &examples)?, &own, &all);
            Box::new(contrast.map_err(anyhow::Error::from)?)
        }
    })
}

fn centroids(set: &ConceptSet, examples: &[Concepts]) -> Result<Concepts, Failure> {
    let centroids = set.concepts().iter().zip(examples).map(|(concept, examples)| {
        let centroid = examples.centroid().with_context(|| concept.name.clone())?;
        Ok(centroid.iter().next().unwrap_or_default().to_vec())
    });
    let centroids = centroids.collect::<Result<Vec<_>, anyhow::Error>>()?;
    Ok(Concepts::new(set.fingerprint().width, centroids).map_err(anyhow::Error::from)?)
}

fn images(concept: &Concept) -> Result<Concepts, Failure> {
    let made = of(&concept.examples);
    made.map_err(|_| anyhow!("`{}` has no images that could be compared", concept.name).into())
}

fn of<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Result<Concepts, Failure> {
    let rows: Vec<Vec<f32>> = examples.into_iter().map(|e| e.embedding.clone()).collect();
    let width = rows.first().map_or(0, Vec::len);
    Ok(Concepts::new(width, rows).map_err(anyhow::Error::from)?)
}
