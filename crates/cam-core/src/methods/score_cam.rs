use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::channel_masks::{channel_weights, standard_softmax};
use super::{Cost, MethodInfo, Setting, Settings};
use crate::{Arithmetic, Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "score-cam",
    title: "Score-CAM",
    summary: "each channel weighted by the score of the image masked with it",
    source: "arXiv 1910.01279",
    cost: Cost::ForwardPerChannel,
    needs: &[],
    settings: &[Setting::TopChannels],
    make: |settings| {
        let Settings { arithmetic, top_channels, .. } = settings;
        Box::new(ScoreCam { arithmetic, top_channels })
    },
};

/// Score-CAM: each channel weighted by the score of the image masked with it.
///
/// map = Σ_c w_c · A_c with w = softmax over channels of s(x ⊙ M_c), M_c = A_c at the image's size
/// and stretched to 0..=1 (Wang et al., *Score-CAM: Score-Weighted Visual Explanations for
/// Convolutional Neural Networks*, arXiv 1910.01279, equations 4 to 7). No gradient is needed, but a
/// forward pass for every channel: `top_channels` takes only those with the widest range.
///
/// Deviation from the paper: the softmax of values between −1 and 1 over thousands of channels
/// gives all of them nearly the same weight, whatever was asked. The standard arithmetic brings the
/// scores to mean 0 and deviation 1 first, so that the weights depend neither on the score's scale
/// nor on its zero. `Arithmetic::PytorchGradCam` takes the scores as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScoreCam {
    /// Whose softmax: ours or pytorch-grad-cam's.
    pub arithmetic: Arithmetic,
    /// How many channels are used, those with the widest range; all by default.
    pub top_channels: Option<usize>,
}

impl Method for ScoreCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let scores =
            |image, pixels: &Tensor<4>, masks| Ok(view.scores_of(image, pixels.clone() * masks));
        let weights =
            channel_weights(view, self.top_channels, scores, |scores| match self.arithmetic {
                Arithmetic::Standard => standard_softmax(scores),
                Arithmetic::PytorchGradCam => softmax(scores, 0),
            });
        view.weigh(weights?)
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
