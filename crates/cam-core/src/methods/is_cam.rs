use burn::tensor::Tensor;

use super::channel_masks::{channel_weights, standard_softmax};
use super::{Cost, MethodInfo, Setting};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "is-cam",
    title: "IS-CAM",
    summary: "score-cam with masks that fade in",
    source: "arXiv 2010.03023",
    cost: Cost::ForwardPerChannel,
    needs: &[],
    settings: &[Setting::TopChannels, Setting::Samples],
    make: |settings| {
        let steps = settings.samples.unwrap_or(IsCam::default().steps);
        Box::new(IsCam { top_channels: settings.top_channels, steps })
    },
};

/// IS-CAM: [`ScoreCam`](super::ScoreCam) with each score integrated while its mask fades in.
///
/// w = softmax over channels of mean_i s(x ⊙ (i/m)·M_c), i = 1..=m (Naidu et al., *IS-CAM:
/// Integrated Score-CAM for axiomatic-based explanations*, arXiv 2010.03023, equation 5). The scores
/// are brought to mean 0 and deviation 1 as Score-CAM's are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsCam {
    /// How many channels are used, those with the widest range; all by default.
    pub top_channels: Option<usize>,
    /// Steps from nothing to the mask.
    pub steps: usize,
}

impl Default for IsCam {
    fn default() -> Self {
        Self { top_channels: None, steps: 4 }
    }
}

impl Method for IsCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let steps = self.steps.max(1);
        let scores = |image, pixels: &Tensor<4>, masks: Tensor<4>| {
            let seen = pixels.clone() * masks;
            let parts = (1..=steps).map(|step| {
                let share = step as f32 / steps as f32;
                view.scores_of(image, seen.clone().mul_scalar(share))
            });
            Ok(Tensor::stack::<3>(parts.collect(), 0).mean_dim(0).squeeze_dim(0))
        };
        view.weigh(channel_weights(view, self.top_channels, scores, standard_softmax)?)
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
