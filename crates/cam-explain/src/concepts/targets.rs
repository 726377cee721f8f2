use cam_core::Target;
use cam_store::{Concept, ConceptSet, Example};
use cam_targets::{Concepts, Contrast, CosineSimilarity, Prototypes};

use super::ConceptsAs;
use crate::error::{Context as _, Error, failed};

/// One question for each concept of a set.
///
/// # Errors
/// Where a concept has no images, or a contrast lacks what to differ from.
pub fn target(set: &ConceptSet, by: ConceptsAs) -> Result<Box<dyn Target>, Error> {
    let examples = set.concepts().iter().map(images).collect::<Result<Vec<_>, Error>>()?;
    Ok(match by {
        ConceptsAs::Prototypes => Box::new(Prototypes::of(&examples)?),
        ConceptsAs::Centroid => Box::new(CosineSimilarity::to(centroids(set, &examples)?)),
        ConceptsAs::Contrast => {
            if set.concepts().len() < 2 {
                return Err(Error::usage(
                    "a contrast needs something to differ from: add another concept, or take concepts as their \
                     centroids",
                ));
            }
            let own = set.concepts().iter().map(|concept| {
                (!concept.negatives.is_empty()).then(|| of(&concept.negatives)).transpose()
            });
            let own = own.collect::<Result<Vec<_>, Error>>()?;
            let all = set.concepts().iter().flat_map(|concept| &concept.examples);
            let all = of(all)?;
            let contrast = Contrast::to_own_negatives(centroids(set, &examples)?, &own, &all);
            Box::new(contrast?)
        }
    })
}

fn centroids(set: &ConceptSet, examples: &[Concepts]) -> Result<Concepts, Error> {
    let centroids = set.concepts().iter().zip(examples).map(|(concept, examples)| {
        let centroid = examples.centroid().with_context(|| concept.name.clone())?;
        Ok(centroid.iter().next().unwrap_or_default().to_vec())
    });
    let centroids = centroids.collect::<Result<Vec<_>, Error>>()?;
    Ok(Concepts::new(set.fingerprint().width, centroids)?)
}

fn images(concept: &Concept) -> Result<Concepts, Error> {
    let made = of(&concept.examples);
    made.map_err(|_| failed!("`{}` has no images that could be compared", concept.name))
}

fn of<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Result<Concepts, Error> {
    let rows: Vec<Vec<f32>> = examples.into_iter().map(|e| e.embedding.clone()).collect();
    let width = rows.first().map_or(0, Vec::len);
    Ok(Concepts::new(width, rows)?)
}
