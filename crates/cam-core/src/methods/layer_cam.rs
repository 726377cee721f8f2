use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::{Cost, MethodInfo};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "layer-cam",
    title: "LayerCAM",
    summary: "each position weighted by its own positive gradient",
    source: "IEEE TIP 30, 2021",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(LayerCam),
};

/// LayerCAM: each position of each channel weighted by its own positive gradient.
///
/// map = Σ_c relu(G_c) ⊙ A_c (Jiang et al., *LayerCAM: Exploring Hierarchical Class Activation Maps
/// for Localization*, IEEE Transactions on Image Processing 30, 2021, equations 6 to 8). Meant for
/// early layers, where one weight for a whole channel is too coarse.
///
/// Deviation from the paper: its outer ReLU and its tanh scaling of early layers are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LayerCam;

impl Method for LayerCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_contributions(|activations, gradients| {
            let [_, _, h, w] = activations.dims();
            relu(gradients.per_position([h, w])) * activations.clone().unsqueeze_dim(1)
        })
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
