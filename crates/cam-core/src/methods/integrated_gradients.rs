use burn::tensor::{Tensor, TensorData};

use super::{Cost, MethodInfo, Setting};
use crate::{Error, Method, Steps, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "integrated-gradients",
    title: "Integrated gradients",
    summary: "where the score comes from, pixel by pixel",
    source: "arXiv 1703.01365",
    cost: Cost::Gradients,
    needs: &[],
    settings: &[Setting::Samples],
    make: |settings| {
        let steps = settings.samples.unwrap_or(IntegratedGradients::default().steps);
        Box::new(IntegratedGradients { steps })
    },
};

/// Integrated gradients: where the score comes from, pixel by pixel, on the way from a grey image.
///
/// map = Σ over colours of x ⊙ ∫₀¹ ∂s(αx)/∂x dα (Sundararajan et al., *Axiomatic Attribution for
/// Deep Networks*, arXiv 1703.01365, equation 1), the integral as a mean over the middles of
/// `steps` parts. The path begins at zero of the normalised input, the mean colour of the network's
/// training images. Complete: the map's sum is s(x) − s(0), but for the integral's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegratedGradients {
    /// Parts of the path.
    pub steps: usize,
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self { steps: 32 }
    }
}

impl Method for IntegratedGradients {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, _, _] = view.images().dims();
        let mut steps = view.steps(n * self.steps.max(1))?;
        let maps = (0..n).map(|image| self.image_maps(view, image, &mut steps));
        Ok(Tensor::cat(maps.collect::<Result<_, Error>>()?, 0))
    }

    fn is_at_input(&self) -> bool {
        true
    }
}

impl IntegratedGradients {
    /// `[1, k, h, w]`.
    fn image_maps(
        &self,
        view: &View<'_>,
        image: usize,
        counted: &mut Steps<'_>,
    ) -> Result<Tensor<4>, Error> {
        let pixels = view.images().clone().narrow(0, image, 1);
        let steps = self.steps.max(1);
        let at_once = view.image_gradients_at_once();
        let mut sum: Option<Tensor<5>> = None;
        for first in (0..steps).step_by(at_once) {
            let count = at_once.min(steps - first);
            let shares: Vec<f32> =
                (first..first + count).map(|step| (step as f32 + 0.5) / steps as f32).collect();
            let shares = TensorData::new(shares, [count, 1, 1, 1]);
            let path = pixels.clone() * Tensor::<4>::from_data(shares, &pixels.device());
            let gradients = view.image_gradients(image, path)?;
            // One after the other, so that the sum does not depend on how many came together.
            for step in 0..count {
                let gradients = gradients.clone().narrow(0, step, 1);
                sum = Some(match sum {
                    None => gradients,
                    Some(sum) => sum + gradients,
                });
            }
            counted.advance(count)?;
        }
        let mean = sum.expect("there is a step") / steps as f32;
        Ok((mean * pixels.unsqueeze_dim(1)).sum_dim(2).squeeze_dim(2))
    }
}
