//! Targets: questions to ask of an embedding.
//!
//! Every target here implements [`cam_core::Target`], gives ∂s/∂e in closed form, and may ask k
//! questions at once. The questions about concepts are asked of [`Concepts`], reference
//! embeddings that were checked when they were made: a zero, non-finite or wrong-width concept
//! has no meaning, and is refused there and not in the middle of a computation.
//!
//! | target | score |
//! |---|---|
//! | [`CosineSimilarity`] | ⟨e, c⟩ / (‖e‖·‖c‖) |
//! | [`Dot`] | ⟨e, c⟩ |
//! | [`NegativeDistance`] | −‖e − c‖ |
//! | [`ClassLogit`] | the classifier's output z for a class |
//! | [`ClassSoftmax`] | the probability exp z / Σ exp z of a class |
//! | [`ClassReST`] | z + log p |
//! | [`Finer`] | z less the logits of the most similar classes |
//! | [`binary`] | z or −z of a classifier with one output |
//! | [`RawScore`] | a number of the embedding |
//! | [`Contrast`] | cosine to one less cosine to another, or to the mean of many |
//! | [`Combination`] | offset + Σ weight · score; [`difference`] is 1 − score, [`negation`] −score |
//!
//! # Example
//!
//! ```
//! use cam_core::Target;
//! use cam_targets::{Concepts, CosineSimilarity, difference};
//!
//! let concepts = Concepts::new(3, vec![vec![1.0, 0.0, 2.0], vec![0.0, 1.0, 0.0]])?;
//! let similar = CosineSimilarity::to(concepts.clone());
//! let different = difference(CosineSimilarity::to(concepts));
//! assert_eq!((similar.questions(), different.width()), (2, 3));
//! # Ok::<(), cam_targets::Error>(())
//! ```

mod binary;
mod choice;
mod class;
mod classes;
mod combination;
mod concepts;
mod contrast;
mod cosine;
mod distance;
mod dot;
mod error;
mod finer;
mod prototypes;
mod raw;
mod rest;

pub use binary::binary;
pub use class::{ClassLogit, ClassSoftmax};
pub use combination::{Combination, difference, negation};
pub use concepts::Concepts;
pub use contrast::Contrast;
pub use cosine::CosineSimilarity;
pub use distance::NegativeDistance;
pub use dot::Dot;
pub use error::Error;
pub use finer::Finer;
pub use prototypes::Prototypes;
pub use raw::RawScore;
pub use rest::ClassReST;
