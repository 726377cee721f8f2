//! What a capture is asked, and how what comes back is gone about.

use burn::tensor::Tensor;

use crate::capture::WayBack;
use crate::{Error, Layer, Route, Target};

/// How gradients come back to a layer.
pub(crate) trait Back {
    fn route(&self) -> Route;

    fn way_back(&self, layer: Layer) -> Result<WayBack<'_>, Error>;
}

/// What is asked, and what came of it at the embedding.
pub(crate) struct Question<'a> {
    pub(crate) asked: Asked<'a>,
    /// `[n, k]`.
    pub(crate) scores: Tensor<2>,
    /// ∂s/∂e, `[n, k, d]`.
    pub(crate) gradients: Tensor<3>,
}

/// Who is asked what.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    /// Every image the same.
    All(&'a dyn Target),
    /// Each image its own question.
    Each(&'a [&'a dyn Target]),
}

/// How what the channels contribute becomes a map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    PrincipalComponent,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(self, image: usize) -> &'a dyn Target {
        match self {
            Self::All(target) => target,
            Self::Each(targets) => targets[image],
        }
    }
}
