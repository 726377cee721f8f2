use burn::tensor::Tensor;

use crate::Gradients;

/// Activations and their gradients to raw maps.
pub trait Method: Send + Sync {
    /// Signed maps of the layer's size.
    ///
    /// # Shapes
    /// Activations `[n, c, h', w']` and gradients of k questions to `[n, k, h', w']`.
    fn maps(&self, activations: &Tensor<4>, gradients: &Gradients) -> Tensor<4>;
}

/// Grad-CAM: each channel weighted by its mean gradient.
///
/// map(x, y) = Σ_c w_c · A_c(x, y) with w_c = mean over positions of ∂s/∂A_c
/// (Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
/// Localization*, arXiv 1610.02391, equations 1 and 2).
///
/// Deviation from the paper: its ReLU is left out, for the negative part answers the opposite
/// question; apply [`steps::relu`](crate::steps::relu) to the result for the paper's map.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradCam;

impl Method for GradCam {
    fn maps(&self, activations: &Tensor<4>, gradients: &Gradients) -> Tensor<4> {
        let [n, c, h, w] = activations.dims();
        let weights = gradients.channel_means();
        let [_, k, _] = weights.dims();
        let positions = activations.clone().reshape([n, c, h * w]);
        weights.matmul(positions).reshape([n, k, h, w])
    }
}
