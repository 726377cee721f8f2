use burn::tensor::Tensor;
use cam_core::{AlongEmbedding, Target};

use crate::Error;

/// offset + Σ weight · score, question by question.
///
/// Gradients are combined in the same way. Where a term has none in closed form, neither has the
/// combination, and autodiff takes over.
pub struct Combination {
    offset: f32,
    terms: Vec<(f32, Box<dyn Target>)>,
}

impl Combination {
    /// A weighted sum of targets that ask equally many questions of equally wide embeddings.
    ///
    /// # Errors
    /// [`Error::NothingToCombine`], [`Error::Unlike`], [`Error::NonFiniteWeight`].
    pub fn new(offset: f32, terms: Vec<(f32, Box<dyn Target>)>) -> Result<Self, Error> {
        let first = terms.first().ok_or(Error::NothingToCombine)?;
        let (first_width, first_questions) = (first.1.width(), first.1.questions());
        for (index, (_, term)) in terms.iter().enumerate() {
            let (width, questions) = (term.width(), term.questions());
            if (width, questions) != (first_width, first_questions) {
                return Err(Error::Unlike {
                    index,
                    width,
                    questions,
                    first_width,
                    first_questions,
                });
            }
        }
        let mut numbers = terms.iter().map(|(weight, _)| *weight).chain([offset]);
        match numbers.find(|number| !number.is_finite()) {
            Some(value) => Err(Error::NonFiniteWeight { value }),
            None => Ok(Self { offset, terms }),
        }
    }
}

/// How different: 1 − s, the tutorial's second question. Of a cosine it is in 0..=2.
///
/// Its raw map is exactly the negative of the similarity's.
pub fn difference(target: impl Target + 'static) -> Combination {
    Combination { offset: 1.0, terms: vec![(-1.0, Box::new(target))] }
}

/// The opposite question: −s.
pub fn negation(target: impl Target + 'static) -> Combination {
    Combination { offset: 0.0, terms: vec![(-1.0, Box::new(target))] }
}

impl Target for Combination {
    fn width(&self) -> usize {
        self.terms[0].1.width()
    }

    fn questions(&self) -> usize {
        self.terms[0].1.questions()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let weighted = self
            .terms
            .iter()
            .map(|(weight, term)| term.scores(embeddings.clone()).mul_scalar(*weight));
        let sum = weighted.reduce(|sum, term| sum + term).expect("checked: there is a term");
        sum.add_scalar(self.offset)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let weighted = self.terms.iter().map(|(weight, term)| {
            let gradients = term.gradients(embeddings.clone())?;
            Some(gradients.mul_scalar(*weight))
        });
        weighted.collect::<Option<Vec<_>>>()?.into_iter().reduce(|sum, term| sum + term)
    }

    fn along_embedding(&self) -> AlongEmbedding {
        use AlongEmbedding::{Curved, Proportional, Straight};
        let mut kinds = self.terms.iter().map(|(_, term)| term.along_embedding());
        let all = kinds.next().unwrap_or(Curved);
        let all = kinds.fold(all, |all, kind| match (all, kind) {
            (all, kind) if all == kind => all,
            (Proportional | Straight, Proportional | Straight) => Straight,
            // The curvature of a mixed sum is not a multiple of its gradient.
            _ => Curved,
        });
        if all == Proportional && self.offset != 0.0 { Straight } else { all }
    }
}
