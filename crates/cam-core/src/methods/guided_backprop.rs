use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "guided-backprop",
    title: "Guided backpropagation",
    summary: "the gradient at the pixels without its negative parts: edges",
    source: "arXiv 1412.6806",
    cost: Cost::Gradients,
    needs: &[Need::GuidedGradients],
    settings: &[],
    make: |_| Box::new(GuidedBackprop),
};

/// Guided backpropagation: the gradient at the pixels, with its negative part dropped at every
/// activation on the way back.
///
/// map = Σ over colours of |g| with g passed on where the activation and g are positive
/// (Springenberg et al., *Striving for Simplicity: The All Convolutional Net*, arXiv 1412.6806,
/// section 3.4). It draws edges, finely, and depends little on the question (Adebayo et al.,
/// *Sanity Checks for Saliency Maps*, arXiv 1810.03292): a picture, not evidence.
///
/// The CPU engine does it; other executors return an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuidedBackprop;

impl Method for GuidedBackprop {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        Ok(view.guided_gradients()?.abs().sum_dim(2).squeeze_dim(2))
    }

    fn is_at_input(&self) -> bool {
        true
    }
}
