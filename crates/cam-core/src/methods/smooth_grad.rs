use crate::noise::noisy;
use burn::tensor::Tensor;
use cam_random::Random;

use super::{Cost, MethodInfo, Setting};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "smooth-grad",
    title: "SmoothGrad",
    summary: "how much each pixel matters, averaged over noisy images",
    source: "arXiv 1706.03825",
    cost: Cost::Gradients,
    needs: &[],
    settings: &[Setting::Seed, Setting::Samples],
    make: |settings| {
        let default = SmoothGrad::default();
        let samples = settings.samples.unwrap_or(default.samples);
        Box::new(SmoothGrad { seed: settings.seed, samples, ..default })
    },
};

/// SmoothGrad: how much each pixel matters nearby, the gradient averaged over noisy copies.
///
/// map = Σ over colours of |mean_i ∂s(x + noise_i)/∂x| (Smilkov et al., *SmoothGrad: removing noise
/// by adding noise*, arXiv 1706.03825, equation 1). It shows sensitivity, not evidence: it is never
/// negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmoothGrad {
    /// Noisy copies; with one and no noise it is the plain gradient.
    pub samples: usize,
    /// Standard deviation of the noise, as a share of the image's range of values.
    pub noise: f32,
    /// Random seed.
    pub seed: u64,
}

impl Default for SmoothGrad {
    fn default() -> Self {
        Self { samples: 16, noise: 0.15, seed: 0 }
    }
}

impl Method for SmoothGrad {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, _, _] = view.images().dims();
        let mut random = Random::new(self.seed);
        let samples = self.samples.max(1);
        let mut steps = view.steps(n * samples)?;
        let maps = (0..n).map(|image| {
            let pixels = view.images().clone().narrow(0, image, 1);
            let mut sum: Option<Tensor<5>> = None;
            for _ in 0..samples {
                let noisy = noisy(&pixels, self.noise, &mut random)?;
                let gradients = view.image_gradients(image, noisy)?;
                sum = Some(match sum {
                    None => gradients,
                    Some(sum) => sum + gradients,
                });
                steps.advance(1)?;
            }
            let mean = sum.expect("there is a sample") / samples as f32;
            Ok(mean.abs().sum_dim(2).squeeze_dim(2))
        });
        Ok(Tensor::cat(maps.collect::<Result<_, Error>>()?, 0))
    }

    fn is_at_input(&self) -> bool {
        true
    }
}
