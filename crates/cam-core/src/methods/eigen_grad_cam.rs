use burn::tensor::Tensor;

use super::hi_res_cam::contributions;
use super::principal_maps;
use crate::{Error, Method, View};

/// EigenGrad-CAM: gradients times activations, projected on their first principal component.
///
/// [`EigenCam`](super::EigenCam) of G⊙A, as in pytorch-grad-cam; there is no paper.
///
/// Deviation: where the sign is arbitrary there, the map is here turned so that it agrees with
/// Σ_c G⊙A, [`HiResCam`](super::HiResCam)'s map, and thus with the question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EigenGradCam;

impl Method for EigenGradCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_gradients(|activations, gradients| {
            principal_maps(contributions(activations, gradients))
        })
    }
}
