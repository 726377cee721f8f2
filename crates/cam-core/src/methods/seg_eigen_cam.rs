use burn::tensor::Tensor;

use super::{Cost, MethodInfo, principal_maps};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "seg-eigen-cam",
    title: "Seg-Eigen-CAM",
    summary: "the same with the gradient's absolute value",
    source: "Applied Sciences 15(13), 2025",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(SegEigenCam),
};

/// Seg-Eigen-CAM: [`EigenGradCam`](super::EigenGradCam) with the gradients' absolute values.
///
/// map = X·v, X = |G|⊙A centred, with the sign that makes its largest absolute value positive (Chung and
/// Ying, *Seg-Eigen-CAM: Eigen-Value-Based Visual Explanations for Semantic Segmentation Models*,
/// Applied Sciences 15(13), 2025, equations 10 to 13).
///
/// It shows what matters for the question, whether for or against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SegEigenCam;

impl Method for SegEigenCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_gradients(|activations, gradients| {
            let [n, _, h, w] = activations.dims();
            let magnitudes = gradients.per_position([h, w]).abs();
            let maps = principal_maps(magnitudes * activations.clone().unsqueeze_dim(1))?;
            let [_, k, _, _] = maps.dims();
            let flat = maps.reshape([n, k, h * w]);
            let against = flat.clone().min_dim(2).abs().greater(flat.clone().max_dim(2).abs());
            let signs = Tensor::ones_like(&flat).mask_fill(against.expand([n, k, h * w]), -1.0);
            Ok((flat * signs).reshape([n, k, h, w]))
        })
    }
}
