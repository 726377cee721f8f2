use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::hi_res_cam::contributions;
use super::{Cost, MethodInfo};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-cam-elementwise",
    title: "Element-wise Grad-CAM",
    summary: "the positive part of gradient times activation",
    source: "pytorch-grad-cam",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(GradCamElementWise),
};

/// Element-wise Grad-CAM: the positive part of every channel's contribution, position by position.
///
/// map = Σ_c relu(G_c ⊙ A_c), as in pytorch-grad-cam; there is no paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradCamElementWise;

impl Method for GradCamElementWise {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_contributions(|activations, gradients| relu(contributions(activations, gradients)))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
