use burn::tensor::Tensor;

use super::hi_res_cam::contributions;
use super::{Cost, MethodInfo, principal_maps};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "eigen-grad-cam",
    title: "EigenGrad-CAM",
    summary: "first principal component of gradient times activation",
    source: "pytorch-grad-cam",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(EigenGradCam),
};

/// EigenGrad-CAM: gradients times activations, projected on their first principal component.
///
/// [`EigenCam`](super::EigenCam) of G⊙A, as in pytorch-grad-cam; there is no paper.
///
/// Deviation: where the sign is arbitrary there, the sign here is the one that agrees with
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
