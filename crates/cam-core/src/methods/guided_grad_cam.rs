use burn::tensor::Tensor;

use super::{GradCam, GuidedBackprop};
use crate::steps::{relu, resize};
use crate::{Error, Method, View};

/// Guided Grad-CAM: [`GuidedBackprop`]'s edges where [`GradCam`]'s positive map is.
///
/// map = relu(Grad-CAM at the input's size) ⊙ guided backpropagation (Selvaraju et al.,
/// arXiv 1610.02391, section 3.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuidedGradCam;

impl Method for GuidedGradCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let edges = GuidedBackprop.maps(view)?;
        let [_, _, height, width] = edges.dims();
        Ok(relu(resize(GradCam.maps(view)?, [height, width])) * edges)
    }
}
