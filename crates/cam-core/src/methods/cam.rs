use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need};
use crate::{Error, Method, Pooling, ProjectionStep, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "cam",
    title: "CAM",
    summary: "each channel weighted by the linear head",
    source: "arXiv 1512.04150",
    cost: Cost::Gradient,
    needs: &[Need::LinearHead],
    settings: &[],
    make: |_| Box::new(Cam),
};

/// CAM: each channel weighted by the head's own weight for the question.
///
/// map = Σ_c w_c · A_c where the score is Σ_c w_c · mean(A_c) + b (Zhou et al., *Learning Deep
/// Features for Discriminative Localization*, arXiv 1512.04150, equations 1 and 2): the mean of the
/// map over positions is the score, but for the bias.
///
/// It exists where the layer is pooled by its average and only linear steps follow. For a target
/// that is not linear itself, such as a cosine, the weights are those of its tangent, and the map
/// is N times [`GradCam`](super::GradCam)'s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cam;

impl Method for Cam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let linear = |step: &ProjectionStep| !matches!(step, ProjectionStep::L2Normalize { .. });
        let exists = view.head().is_some_and(|head| {
            matches!(head.pooling(), Pooling::Average) && head.projection().iter().all(linear)
        });
        if !exists {
            return Err(Error::NotLinear { layer: view.layer_name().to_owned() });
        }
        let [_, _, h, w] = view.activations().dims();
        let positions = (h * w) as f32;
        view.by_channel_weights(|_, gradients| gradients.channel_means().mul_scalar(positions))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
