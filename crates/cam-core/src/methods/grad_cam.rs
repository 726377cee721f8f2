use burn::tensor::Tensor;

use super::{Cost, MethodInfo};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-cam",
    title: "Grad-CAM",
    summary: "each channel weighted by its mean gradient",
    source: "arXiv 1610.02391",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(GradCam),
};

/// Grad-CAM: each channel weighted by its mean gradient.
///
/// map(x, y) = Σ_c w_c · A_c(x, y) with w_c = mean over positions of ∂s/∂A_c
/// (Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
/// Localization*, arXiv 1610.02391, equations 1 and 2).
///
/// Deviation from the paper: its ReLU is left out, for the negative part answers the opposite
/// question; apply [`Map::relu`](crate::Map::relu) to the result for the paper's map.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradCam;

impl Method for GradCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_channel_weights(|_, gradients| gradients.channel_means())
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
