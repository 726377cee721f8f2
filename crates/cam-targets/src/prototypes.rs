use burn::tensor::{Tensor, TensorData};
use cam_core::{Target, unit};

use crate::cosine::EPSILON;
use crate::{Concepts, CosineSimilarity, Error};

/// How similar an embedding is to the most similar of several prototypes of each concept: s = max_i
/// ⟨ê, ĉ_i⟩, in −1..=1.
///
/// A concept with many looks has no one image that stands for it, and their mean may look like none of
/// them. ∂s/∂e is that of the cosine to the prototype that is most similar, the first of equal ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Prototypes {
    all: CosineSimilarity,
    unit: Concepts,
    /// Where each concept's prototypes end.
    ends: Vec<usize>,
}

impl Prototypes {
    /// One question per concept, each given by its prototypes.
    ///
    /// # Errors
    /// [`Error::NoConcept`], and [`Error::ConceptWidth`] where they are of different widths.
    pub fn of(concepts: &[Concepts]) -> Result<Self, Error> {
        let width = concepts.first().ok_or(Error::NoConcept)?.width();
        let all = concepts.iter().flat_map(Concepts::iter).map(<[f32]>::to_vec).collect();
        let all = Concepts::new(width, all)?;
        let ends = concepts.iter().scan(0, |end, concept| {
            *end += concept.count();
            Some(*end)
        });
        let ends = ends.collect();
        Ok(Self { all: CosineSimilarity::to(all.clone()), unit: all.into_unit(), ends })
    }

    /// Per image and concept, which of all prototypes is the most similar: `[n, k]`.
    fn winners(&self, embeddings: &Tensor<2>) -> Vec<usize> {
        let cosines = self.all.scores(embeddings.clone().detach());
        let [n, count] = cosines.dims();
        // A device that fails here fails again, with its reason, where the scores are read.
        let values = cosines.try_into_vec_as::<f32>().unwrap_or_else(|_| vec![0.0; n * count]);
        let of_image = |cosines: &[f32]| -> Vec<usize> {
            let starts = [0].into_iter().chain(self.ends.iter().copied());
            let ranges = starts.zip(&self.ends).map(|(start, &end)| start..end);
            ranges
                .map(|range| {
                    let start = range.start;
                    range.fold(start, |best, i| if cosines[i] > cosines[best] { i } else { best })
                })
                .collect()
        };
        values.chunks(count).flat_map(of_image).collect()
    }

    /// The most similar prototypes at length one, `[n, k, d]`.
    fn nearest(&self, embeddings: &Tensor<2>) -> Tensor<3> {
        let rows: Vec<&[f32]> = self.unit.iter().collect();
        let chosen: Vec<f32> =
            self.winners(embeddings).into_iter().flat_map(|winner| rows[winner].to_vec()).collect();
        let shape = [embeddings.dims()[0], self.questions(), self.width()];
        Tensor::from_data(TensorData::new(chosen, shape), &embeddings.device())
    }
}

impl Target for Prototypes {
    fn width(&self) -> usize {
        self.all.width()
    }

    fn questions(&self) -> usize {
        self.ends.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let nearest = self.nearest(&embeddings);
        let (unit, _) = unit(embeddings, EPSILON);
        (nearest * unit.unsqueeze_dim(1)).sum_dim(2).squeeze_dim::<2>(2).clamp(-1.0, 1.0)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let nearest = self.nearest(&embeddings);
        let (unit, norm) = unit(embeddings, EPSILON);
        let unit = unit.unsqueeze_dim::<3>(1);
        let across = crate::cosine::across(nearest, unit);
        Some(across / norm.unsqueeze_dim(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_are_of_one_width_and_there_are_some() {
        assert_eq!(Prototypes::of(&[]), Err(Error::NoConcept));
        let [two, three] = [2, 3].map(|d| Concepts::new(d, vec![vec![1.0; d]]).expect("sound"));
        assert!(matches!(Prototypes::of(&[two, three]), Err(Error::ConceptWidth { index: 1, .. })));
    }
}
