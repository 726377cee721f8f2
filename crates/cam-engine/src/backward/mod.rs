//! The way back: from the gradient of what a segment gives to that of what it was given.
//!
//! A gradient is pulled back against the run that was recorded: every convolution is transposed
//! ([`phases`]), every activation lets through what it did not clamp, every max pool hands its
//! gradient to the maximum. Several gradients per image are pulled back as one batch.

mod gradients;
mod phases;
mod program;
mod transposed;

pub(crate) use program::{Adjoint, AdjointRun, AdjointSettings};
pub(crate) use transposed::TransposedWeights;
