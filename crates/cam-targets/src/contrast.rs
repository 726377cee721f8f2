use burn::tensor::Tensor;
use cam_core::{AlongEmbedding, Target, normalize};

use crate::cosine::{EPSILON, INDISTINGUISHABLE};
use crate::{Concepts, Error};

/// More similar to this than to that: a difference of cosines, in −2..=2.
///
/// s = ⟨ê, d⟩ with d = ĉ − n̂ (a triplet) or d = ĉ − mean of n̂ (a contrast), and
/// ∂s/∂e = (d − s·ê)/‖e‖. Cosines between any two images are high, because all images have something in common
/// and embeddings after a ReLU have no negative entries; a contrast subtracts that.
///
/// It is the mean of the cosines ⟨ê, n̂⟩, not the cosine to the mean image: each negative has the same
/// weight, and the score is the average of comparing with each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// d of each question, of any length.
    directions: Vec<Vec<f32>>,
    width: usize,
}

impl Contrast {
    /// Nearer to a than to b: one question for each pair.
    ///
    /// # Errors
    /// [`Error::Pairs`] where there are not as many of one as of the other, [`Error::ConceptWidth`]
    /// where they are of different widths.
    pub fn triplet(nearer_to: Concepts, than_to: Concepts) -> Result<Self, Error> {
        let (a, b) = (nearer_to.count(), than_to.count());
        if a != b {
            return Err(Error::Pairs { nearer_to: a, than_to: b });
        }
        check_widths(&nearer_to, &than_to)?;
        let width = nearer_to.width();
        let (nearer_to, than_to) = (nearer_to.into_unit(), than_to.into_unit());
        let pairs = nearer_to.iter().zip(than_to.iter());
        let directions =
            pairs.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a - b).collect()).collect();
        Ok(Self { directions, width })
    }

    /// Each concept against the mean of all negatives: one question per concept.
    ///
    /// # Errors
    /// [`Error::ConceptWidth`] where they are of different widths.
    pub fn to_negatives(concepts: Concepts, negatives: Concepts) -> Result<Self, Error> {
        let own = vec![None; concepts.count()];
        Self::to_own_negatives(concepts, &own, &negatives)
    }

    /// Each concept against the mean of its own negatives, and against that of `others` where it has
    /// none: one question per concept.
    ///
    /// # Errors
    /// [`Error::Pairs`] where `own` has not an entry for each concept, [`Error::ConceptWidth`] where
    /// they are of different widths.
    pub fn to_own_negatives(
        concepts: Concepts,
        own: &[Option<Concepts>],
        others: &Concepts,
    ) -> Result<Self, Error> {
        let width = concepts.width();
        if own.len() != concepts.count() {
            return Err(Error::Pairs { nearer_to: concepts.count(), than_to: own.len() });
        }
        for negatives in own.iter().flatten().chain([others]) {
            check_widths(&concepts, negatives)?;
        }
        let shared = others.mean_direction();
        let concepts = concepts.into_unit();
        let against = |(concept, own): (&[f32], &Option<Concepts>)| {
            let own = own.as_ref().map(Concepts::mean_direction);
            let mean = own.as_ref().unwrap_or(&shared);
            concept.iter().zip(mean).map(|(c, n)| (f64::from(*c) - n) as f32).collect()
        };
        Ok(Self { directions: concepts.iter().zip(own).map(against).collect(), width })
    }

    /// `[k, d]`.
    fn tensor(&self, like: &Tensor<2>) -> Tensor<2> {
        let data = burn::tensor::TensorData::new(
            self.directions.concat(),
            [self.directions.len(), self.width],
        );
        Tensor::from_data(data, &like.device())
    }
}

fn check_widths(concepts: &Concepts, others: &Concepts) -> Result<(), Error> {
    match (concepts.width(), others.width()) {
        (embedding, concept) if embedding != concept => {
            Err(Error::ConceptWidth { index: 0, embedding, concept })
        }
        _ => Ok(()),
    }
}

impl Target for Contrast {
    fn width(&self) -> usize {
        self.width
    }

    fn questions(&self) -> usize {
        self.directions.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let directions = self.tensor(&embeddings);
        normalize(embeddings, EPSILON).0.matmul(directions.transpose())
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let directions = self.tensor(&embeddings);
        let (unit, norm) = normalize(embeddings, EPSILON);
        let scores = unit.clone().matmul(directions.clone().transpose());
        let along = scores.unsqueeze_dim::<3>(2) * unit.unsqueeze_dim(1);
        let directions = directions.unsqueeze_dim::<3>(0);
        let across = directions.clone() - along;
        // As for a cosine: what is left of a direction along e is rounding.
        let length = |x: Tensor<3>| x.square().sum_dim(2).sqrt();
        let noise = length(across.clone()).lower(length(directions).mul_scalar(INDISTINGUISHABLE));
        let noise = noise.expand(across.dims());
        Some(across.mask_fill(noise, 0.0) / norm.unsqueeze_dim(1))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        AlongEmbedding::Constant
    }
}
