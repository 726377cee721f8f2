use burn::tensor::{Tensor, TensorData};
use cam_random::Random;

use super::{Cost, MethodInfo, Setting};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "random-cam",
    title: "Random-CAM",
    summary: "channels weighted at random: a baseline",
    source: "pytorch-grad-cam",
    cost: Cost::Nothing,
    needs: &[],
    settings: &[Setting::Seed],
    make: |settings| Box::new(RandomCam { seed: settings.seed }),
};

/// Random-CAM: each channel weighted at random, uniformly between −1 and 1. It is a baseline: a method
/// that is not better than this does not answer the question.
///
/// The same seed gives the same weights; each image and question has its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RandomCam {
    /// Random seed.
    pub seed: u64,
}

impl Method for RandomCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, c, _, _] = view.activations().dims();
        let mut random = Random::new(self.seed);
        let shape = [n, view.questions(), c];
        let count = shape.iter().product();
        let weights: Vec<f32> = (0..count).map(|_| 2.0 * random.unit() - 1.0).collect();
        let device = view.activations().device();
        view.weigh(Tensor::from_data(TensorData::new(weights, shape), &device))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
