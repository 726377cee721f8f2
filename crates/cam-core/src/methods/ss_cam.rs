use burn::tensor::Tensor;

use super::channel_masks::{channel_weights, standard_softmax};
use super::{Cost, MethodInfo, Setting, Settings};
use crate::random::Random;
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "ss-cam",
    title: "SS-CAM",
    summary: "score-cam with noisy masks",
    source: "arXiv 2006.14255",
    cost: Cost::ForwardPerChannel,
    needs: &[],
    settings: &[Setting::Seed, Setting::TopChannels, Setting::Samples],
    make: |settings| {
        let default = SsCam::default();
        let samples = settings.samples.unwrap_or(default.samples);
        let Settings { seed, top_channels, .. } = settings;
        Box::new(SsCam { top_channels, seed, samples, ..default })
    },
};

/// SS-CAM: [`ScoreCam`](super::ScoreCam) with each score averaged over noisy masks.
///
/// w = softmax over channels of mean_i s(x ⊙ (M_c + noise_i)) (Wang et al., *SS-CAM: Smoothed
/// Score-CAM for Sharper Visual Feature Localization*, arXiv 2006.14255, type 1, equation 4). The
/// scores are brought to mean 0 and deviation 1 as Score-CAM's are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SsCam {
    /// How many channels are looked through; all by default.
    pub top_channels: Option<usize>,
    /// Noisy masks per channel.
    pub samples: usize,
    /// Standard deviation of the noise; masks lie in 0..=1.
    pub noise: f32,
    /// Where the noise begins.
    pub seed: u64,
}

impl Default for SsCam {
    fn default() -> Self {
        Self { top_channels: None, samples: 4, noise: 0.2, seed: 0 }
    }
}

impl Method for SsCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, _, _] = view.images().dims();
        let mut random = Random::new(self.seed);
        let samples = self.samples.max(1);
        let weights = (0..n).map(|image| {
            let scores = |pixels: &Tensor<4>, masks: Tensor<4>| {
                let sums = (0..samples).map(|_| {
                    let noisy = random.noisy(&masks, self.noise)?;
                    Ok(view.scores_of(image, pixels.clone() * noisy))
                });
                let sums: Result<Vec<Tensor<2>>, Error> = sums.collect();
                Ok(Tensor::stack::<3>(sums?, 0).mean_dim(0).squeeze_dim(0))
            };
            channel_weights(view, image, self.top_channels, scores, standard_softmax)
        });
        view.weigh(Tensor::cat(weights.collect::<Result<_, Error>>()?, 0))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
