use crate::noise::noisy;
use burn::tensor::Tensor;
use cam_random::Random;

use super::grad_cam_plus_plus::weights;
use super::{Cost, MethodInfo, Setting};
use crate::{Arithmetic, Error, Method, Steps, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "smooth-grad-cam-plus-plus",
    title: "Smooth Grad-CAM++",
    summary: "grad-cam-plus-plus averaged over noisy images",
    source: "arXiv 1908.01224",
    cost: Cost::Gradients,
    needs: &[],
    settings: &[Setting::Seed, Setting::Samples],
    make: |settings| {
        let default = SmoothGradCamPlusPlus::default();
        let samples = settings.samples.unwrap_or(default.samples);
        Box::new(SmoothGradCamPlusPlus { seed: settings.seed, samples, ..default })
    },
};

/// Smooth Grad-CAM++: Grad-CAM++ of the mean derivatives over noisy copies of the image.
///
/// w_c = Σ a_c · relu(D¹_c) with a = D² / (2·D² + ΣA·D³), where Dⁿ is the mean of Gⁿ over
/// `samples` copies with Gaussian noise (Omeiza et al., *Smooth Grad-CAM++: An Enhanced Inference
/// Level Visualization Technique for Deep Convolutional Neural Network Models*, arXiv 1908.01224,
/// equation 7). A is that of the image itself.
///
/// Deviation from the paper: the shares are scaled as [`GradCamPlusPlus`](super::GradCamPlusPlus)
/// says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmoothGradCamPlusPlus {
    /// Noisy copies.
    pub samples: usize,
    /// Standard deviation of the noise, as a share of the image's range of values.
    pub noise: f32,
    /// Random seed.
    pub seed: u64,
}

impl Default for SmoothGradCamPlusPlus {
    fn default() -> Self {
        Self { samples: 8, noise: 0.15, seed: 0 }
    }
}

impl Method for SmoothGradCamPlusPlus {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, _, _] = view.images().dims();
        let mut random = Random::new(self.seed);
        let mut steps = view.steps(n * self.samples.max(1))?;
        let weights = (0..n).map(|image| self.weights(view, image, &mut random, &mut steps));
        view.weigh(Tensor::cat(weights.collect::<Result<_, Error>>()?, 0))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}

impl SmoothGradCamPlusPlus {
    fn weights(
        &self,
        view: &View<'_>,
        image: usize,
        random: &mut Random,
        steps: &mut Steps<'_>,
    ) -> Result<Tensor<3>, Error> {
        let clean = view.images().clone().narrow(0, image, 1);
        let activations = view.activations().clone().narrow(0, image, 1);
        let [_, _, h, w] = activations.dims();
        let mut means: Option<[Tensor<5>; 3]> = None;
        for _ in 0..self.samples.max(1) {
            let noisy = noisy(&clean, self.noise, random)?;
            view.with_images(image, noisy, |view| {
                // All questions at once: their powers have to be averaged side by side.
                let mut parts = Vec::new();
                view.by_gradients(|activations, gradients| {
                    parts.push(gradients.per_position([h, w]));
                    Ok(activations.clone().narrow(1, 0, 1))
                })?;
                let first = Tensor::cat(parts, 1);
                let second = first.clone().square();
                let third = second.clone() * first.clone();
                let powers = [first, second, third];
                means = Some(match means.take() {
                    None => powers,
                    Some(sums) => {
                        let mut pairs = sums.into_iter().zip(powers).map(|(sum, more)| sum + more);
                        std::array::from_fn(|_| pairs.next().expect("three and three"))
                    }
                });
                Ok(())
            })?;
            steps.advance(1)?;
        }
        let count = self.samples.max(1) as f32;
        let means = means.expect("there is a sample").map(|sum| sum / count);
        Ok(weights(&activations, means, Arithmetic::Standard))
    }
}
