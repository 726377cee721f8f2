use burn::tensor::{Device, Tensor, TensorData};

use crate::Error;

/// Reference embeddings, k of them, each finite and not zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Concepts {
    width: usize,
    values: Vec<f32>,
}

impl Concepts {
    /// Concepts for a model whose embeddings are `width` wide.
    ///
    /// # Errors
    /// [`Error::NoConcept`], [`Error::ConceptWidth`], [`Error::NonFiniteConcept`],
    /// [`Error::ZeroConcept`].
    pub fn new(width: usize, concepts: Vec<Vec<f32>>) -> Result<Self, Error> {
        if concepts.is_empty() {
            return Err(Error::NoConcept);
        }
        for (index, concept) in concepts.iter().enumerate() {
            check(index, width, concept)?;
        }
        Ok(Self { width, values: concepts.concat() })
    }

    /// Concepts from embeddings `[k, d]`, read back from their device.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Device`].
    pub fn from_embeddings(embeddings: Tensor<2>) -> Result<Self, Error> {
        let [_, width] = embeddings.dims();
        let values = cam_core::read(embeddings).map_err(|error| match error {
            cam_core::Error::Device { reason } => Error::Device { reason },
            other => Error::Device { reason: other.to_string() },
        })?;
        Self::new(width, values.chunks(width.max(1)).map(<[f32]>::to_vec).collect())
    }

    /// How wide each is.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many there are: k, at least one.
    pub fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// Each concept in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks(self.width)
    }

    /// One concept from several images of it: the mean of their directions, so that each image has the
    /// same weight.
    ///
    /// # Errors
    /// [`Error::NoCentroid`] where the directions cancel each other out.
    pub fn centroid(&self) -> Result<Self, Error> {
        // Directions in f32 cancel out to rounding, not to zero.
        const ROUNDING: f64 = 1e-6;
        let mean = self.mean_direction();
        if mean.iter().map(|value| value * value).sum::<f64>().sqrt() < ROUNDING {
            return Err(Error::NoCentroid { count: self.count() });
        }
        Self::new(self.width, vec![mean.into_iter().map(|value| value as f32).collect()])
    }

    /// The mean of the concepts, each at length one.
    pub(crate) fn mean_direction(&self) -> Vec<f64> {
        let unit = self.clone().into_unit();
        let mut mean = vec![0.0; self.width];
        for concept in unit.iter() {
            let share = (self.count() as f64).recip();
            mean.iter_mut().zip(concept).for_each(|(mean, v)| *mean += share * f64::from(*v));
        }
        mean
    }

    /// The concepts as given, `[k, d]`.
    pub fn tensor(&self, device: &Device) -> Tensor<2> {
        let data = TensorData::new(self.values.clone(), [self.count(), self.width]);
        Tensor::from_data(data, device)
    }

    /// The same concepts at length one.
    pub(crate) fn into_unit(self) -> Self {
        // In f64, so that neither tiny nor huge concepts under- or overflow when squared.
        let values = self.iter().flat_map(|concept| {
            let norm = concept.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            concept.iter().map(move |&v| (f64::from(v) / norm) as f32)
        });
        Self { values: values.collect(), width: self.width }
    }
}

fn check(index: usize, width: usize, concept: &[f32]) -> Result<(), Error> {
    if concept.len() != width {
        return Err(Error::ConceptWidth { index, embedding: width, concept: concept.len() });
    }
    if let Some(position) = concept.iter().position(|value| !value.is_finite()) {
        return Err(Error::NonFiniteConcept { index, position, value: concept[position] });
    }
    if concept.iter().all(|&value| value == 0.0) {
        return Err(Error::ZeroConcept { index });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_concept_is_refused_when_it_is_made() {
        let made = Concepts::new(2, vec![vec![1.0, 0.0], vec![0.0, -0.0]]);
        assert_eq!(made, Err(Error::ZeroConcept { index: 1 }));
    }

    #[test]
    fn a_concept_with_nan_or_infinity_is_refused_when_it_is_made() {
        let made = Concepts::new(2, vec![vec![1.0, f32::INFINITY]]);
        assert_eq!(
            made,
            Err(Error::NonFiniteConcept { index: 0, position: 1, value: f32::INFINITY })
        );
        assert!(matches!(
            Concepts::new(1, vec![vec![f32::NAN]]),
            Err(Error::NonFiniteConcept { index: 0, position: 0, .. })
        ));
    }

    #[test]
    fn a_concept_of_another_width_is_refused_when_it_is_made() {
        let made = Concepts::new(2048, vec![vec![1.0; 512]]);
        assert_eq!(
            made.map_err(|error| error.to_string()),
            Err("concept 0 has 512 dimensions but the embedding has 2048: were they made by the same model?"
                .to_owned())
        );
    }

    #[test]
    fn a_centroid_counts_directions_and_not_lengths() {
        let concepts = Concepts::new(2, vec![vec![1e6, 0.0], vec![0.0, 1e-6]]).expect("sound");
        let centroid = concepts.centroid().map(|centroid| centroid.values);
        assert_eq!(centroid, Ok(vec![0.5, 0.5]));
    }

    #[test]
    fn opposite_concepts_have_no_centroid() {
        let concepts = Concepts::new(2, vec![vec![3.0, 4.0], vec![-6.0, -8.0]]).expect("sound");
        assert_eq!(concepts.centroid(), Err(Error::NoCentroid { count: 2 }));
    }

    #[test]
    fn an_empty_list_of_concepts_is_refused() {
        assert_eq!(Concepts::new(2, vec![]), Err(Error::NoConcept));
    }

    #[test]
    fn the_unit_form_survives_concepts_whose_squares_overflow_or_vanish() {
        for scale in [1e-30_f32, 1.0, 1e30] {
            let unit =
                Concepts::new(2, vec![vec![3.0 * scale, 4.0 * scale]]).map(Concepts::into_unit);
            assert_eq!(unit.map(|unit| unit.values), Ok(vec![0.6, 0.8]));
        }
    }
}
