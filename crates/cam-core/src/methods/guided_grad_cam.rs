use burn::tensor::Tensor;

use super::{Cost, GradCam, GuidedBackprop, MethodInfo, Need};
use crate::steps::{relu, resize};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "guided-grad-cam",
    title: "Guided Grad-CAM",
    summary: "guided-backprop where grad-cam is",
    source: "arXiv 1610.02391",
    cost: Cost::Gradients,
    needs: &[Need::GuidedGradients],
    settings: &[],
    make: |_| Box::new(GuidedGradCam),
};

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
