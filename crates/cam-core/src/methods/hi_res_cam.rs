use burn::tensor::Tensor;

use super::{Cost, MethodInfo};
use crate::{Error, Gradients, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "hires-cam",
    title: "HiResCAM",
    summary: "gradient times activation, position by position",
    source: "arXiv 2011.08891",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(HiResCam),
};

/// HiResCAM: gradients times activations, position by position.
///
/// map = Σ_c G_c ⊙ A_c (Draelos and Carin, *Use HiResCAM instead of Grad-CAM for faithful
/// explanations of convolutional neural networks*, arXiv 2011.08891, equation 3). It shows exactly
/// where the score comes from when what follows the layer is linear.
///
/// In front of a norm that alone reads the layer, as in a transformer's stream in front of its last block, the sum is zero at
/// every position, whatever is asked: [`Error::CancelledByNorm`] names the layer to take.
///
/// Deviation from the paper: none; its ReLU is optional there and left out here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HiResCam;

impl Method for HiResCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_contributions(contributions)
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}

/// G ⊙ A, `[n, k, c, h', w']`.
pub(super) fn contributions(activations: &Tensor<4>, gradients: &Gradients) -> Tensor<5> {
    let [_, _, h, w] = activations.dims();
    gradients.per_position([h, w]) * activations.clone().unsqueeze_dim(1)
}
