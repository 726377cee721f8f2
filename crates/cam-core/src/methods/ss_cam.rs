use burn::tensor::{Tensor, TensorData};

use super::channel_masks::{channel_weights, standard_softmax};
use super::{Cost, MethodInfo, Setting, Settings};
use crate::read;
use crate::{Error, Method, View};
use cam_random::Random;

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
    /// How many channels are used, those with the widest range; all by default.
    pub top_channels: Option<usize>,
    /// Noisy masks per channel.
    pub samples: usize,
    /// Standard deviation of the noise; masks lie in 0..=1.
    pub noise: f32,
    /// Random seed.
    pub seed: u64,
}

impl Default for SsCam {
    fn default() -> Self {
        Self { top_channels: None, samples: 4, noise: 0.2, seed: 0 }
    }
}

impl Method for SsCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let mut random = Random::new(self.seed);
        let samples = self.samples.max(1);
        let scores = |image, pixels: &Tensor<4>, masks: Tensor<4>| {
            let copies = noisy_copies(&mut random, &masks, samples, self.noise)?;
            let scores = copies.map(|noisy| view.scores_of(image, pixels.clone() * noisy));
            Ok(Tensor::stack::<3>(scores.collect(), 0).mean_dim(0).squeeze_dim(0))
        };
        view.weigh(channel_weights(view, self.top_channels, scores, standard_softmax)?)
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}

/// Copies of masks with Gaussian noise of this deviation, drawn mask by mask: it does not depend on
/// which of them run together.
fn noisy_copies(
    random: &mut Random,
    masks: &Tensor<4>,
    samples: usize,
    deviation: f32,
) -> Result<impl Iterator<Item = Tensor<4>> + use<>, Error> {
    let (shape, device) = (masks.dims(), masks.device());
    let [_, _, height, width] = shape;
    let mut copies = vec![Vec::new(); samples];
    for mask in read(masks.clone())?.chunks(height * width) {
        for copy in &mut copies {
            copy.extend(mask.iter().map(|value| value + deviation * random.normal()));
        }
    }
    Ok(copies.into_iter().map(move |copy| Tensor::from_data(TensorData::new(copy, shape), &device)))
}
