use burn::tensor::{Bool, Int, Tensor, TensorData};
use cam_core::{AlongEmbedding, Target, normalize};

use crate::choice::first_smallest;
use crate::cosine::EPSILON;
use crate::{Concepts, CosineSimilarity, Error};

/// How similar an embedding is to the most similar of several prototypes of each concept: s = max_i
/// ⟨ê, ĉ_i⟩, in −1..=1.
///
/// A concept that looks different from image to image has no single representative, and the mean of its
/// images may resemble none of them. ∂s/∂e is that of the cosine to the prototype that is most similar, the first of equal ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Prototypes {
    all: CosineSimilarity,
    unit: Concepts,
    /// Per concept, which of all prototypes are its own; where it has fewer than `most`, its first stands for
    /// those that it lacks.
    own: Vec<i32>,
    most: usize,
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
        let most = concepts.iter().map(Concepts::count).max().unwrap_or(0);
        let starts = concepts.iter().scan(0, |end, concept| {
            *end += concept.count();
            Some(*end - concept.count())
        });
        let own = starts.zip(concepts).flat_map(|(start, concept)| {
            let own = move |i| start + if i < concept.count() { i } else { 0 };
            (0..most).map(move |i| own(i) as i32)
        });
        let own = own.collect();
        Ok(Self { all: CosineSimilarity::to(all.clone()), unit: all.into_unit(), own, most })
    }

    /// Per image and concept, which of all prototypes is the most similar: `[n, k]`.
    fn winners(&self, embeddings: Tensor<2>) -> Tensor<2, Int> {
        let [n, _] = embeddings.dims();
        let shape = [n, self.questions(), self.most];
        let device = embeddings.device();
        let own = TensorData::new(self.own.clone(), [self.own.len()]);
        let own = Tensor::<1, Int>::from_data(own, &device);
        let cosines = self.all.scores(embeddings.detach()).select(1, own.clone()).reshape(shape);
        let none = Tensor::<3, Bool>::full(shape, false, &device);
        let first = first_smallest(cosines.neg(), none);
        let own = own.reshape([1, self.questions(), self.most]).expand(shape);
        own.gather(2, first).squeeze_dim(2)
    }

    /// The most similar prototypes at length one, `[n, k, d]`.
    fn nearest(&self, embeddings: &Tensor<2>) -> Tensor<3> {
        let winners = self.winners(embeddings.clone());
        let [n, k] = winners.dims();
        let rows = self.unit.tensor(&embeddings.device()).select(0, winners.reshape([n * k]));
        rows.reshape([n, k, self.width()])
    }
}

impl Target for Prototypes {
    fn width(&self) -> usize {
        self.all.width()
    }

    fn questions(&self) -> usize {
        self.own.len() / self.most
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let nearest = self.nearest(&embeddings);
        let (unit, _) = normalize(embeddings, EPSILON);
        (nearest * unit.unsqueeze_dim(1)).sum_dim(2).squeeze_dim::<2>(2).clamp(-1.0, 1.0)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let nearest = self.nearest(&embeddings);
        let (unit, norm) = normalize(embeddings, EPSILON);
        let unit = unit.unsqueeze_dim::<3>(1);
        let across = crate::cosine::across(nearest, unit);
        Some(across / norm.unsqueeze_dim(1))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        AlongEmbedding::Constant
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
