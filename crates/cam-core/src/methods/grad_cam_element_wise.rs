use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::hi_res_cam::contributions;
use crate::{Error, Method, View};

/// Element-wise Grad-CAM: the positive part of every channel's contribution, position by position.
///
/// map = Σ_c relu(G_c ⊙ A_c), as in pytorch-grad-cam; there is no paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradCamElementWise;

impl Method for GradCamElementWise {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_contributions(|activations, gradients| relu(contributions(activations, gradients)))
    }

    fn sums_channels(&self) -> bool {
        true
    }
}
