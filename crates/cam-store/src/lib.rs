//! What was seen, kept: [concepts](ConceptSet) as sets of embeddings with names, and indexes of
//! images with their embeddings and feature maps.
//!
//! Numbers are only comparable within one network, so that everything here carries the
//! [`Fingerprint`] of the one that made it, and refuses another's.
//!
//! This crate knows vectors, names and files: nothing of tensors, networks or pictures.

mod concepts;
mod error;
mod fingerprint;
pub mod index;
mod version;

pub use concepts::{Concept, ConceptSet, Example};
pub use error::Error;
pub use fingerprint::Fingerprint;
pub use index::Index;
