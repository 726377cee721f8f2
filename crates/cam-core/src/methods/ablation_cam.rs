use burn::tensor::{Device, Tensor, TensorData};

use super::{Cost, MethodInfo};
use crate::read;
use crate::{Arithmetic, Error, Head, Method, Pooling, Steps, View};

/// Tensors of the pooled vector's width that an ablated channel takes: the mask, the rest, what is put
/// in its place, and their sum.
const PER_VECTOR: usize = 4;

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "ablation-cam",
    title: "Ablation-CAM",
    summary: "each channel weighted by what the score loses without it",
    source: "WACV 2020",
    cost: Cost::TailPerChannel,
    needs: &[],
    settings: &[],
    make: |settings| Box::new(AblationCam { arithmetic: settings.arithmetic, always_runs: false }),
};

/// Ablation-CAM: each channel weighted by what the score loses without it.
///
/// map = Σ_c w_c · A_c with w_c = s − s_c, where s_c is the score with channel c set to zero (Desai
/// and Ramaswamy, *Ablation-CAM: Visual Explanations for Deep Convolutional Network via
/// Gradient-free Localization*, WACV 2020, equation 3). No gradient is needed.
///
/// Behind average or generalised-mean pooling a channel is one number of the pooled vector, and no
/// part of the network runs again. Elsewhere only the tail does, in batches; the trunk never.
///
/// Deviation from the paper: its weights are divided by s, a factor of the whole map that turns it
/// round where a similarity is negative. `Arithmetic::PytorchGradCam` divides, and sets the channel
/// to min(A) − 10⁷ where min(A) is not zero, as that library does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AblationCam {
    /// Whose weights: ours or pytorch-grad-cam's.
    pub arithmetic: Arithmetic,
    /// Whether the tail runs even where algebra would do: to check the one by the other.
    pub always_runs: bool,
}

impl Method for AblationCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, c, _, _] = view.activations().dims();
        let mut steps = view.steps(n * c)?;
        let weights = (0..n).map(|image| self.weights(view, image, &mut steps));
        view.weigh(Tensor::cat(weights.collect::<Result<_, Error>>()?, 0))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}

impl AblationCam {
    /// `[1, k, c]`.
    fn weights(
        &self,
        view: &View<'_>,
        image: usize,
        steps: &mut Steps<'_>,
    ) -> Result<Tensor<3>, Error> {
        let activations = view.activations().clone().narrow(0, image, 1);
        let value = self.value(&activations)?;
        let head = view.head().filter(|head| {
            !self.always_runs && !matches!(head.pooling(), Pooling::Flatten) && value == 0.0
        });
        let ablated = match head {
            Some(head) => pooled_scores(view, image, head, activations, steps)?,
            None => run_scores(view, image, activations, value, steps)?,
        };
        // [c, k] to [1, k, c].
        let ablated = ablated.transpose().unsqueeze_dim::<3>(0);
        let score = view.scores().clone().narrow(0, image, 1).unsqueeze_dim::<3>(2);
        Ok(match self.arithmetic {
            Arithmetic::Standard => score - ablated,
            Arithmetic::PytorchGradCam => {
                // For a score of zero that library's map is NaN; here it is zero, and flagged as degenerate.
                let nothing = score.clone().equal_elem(0.0).expand(ablated.dims());
                ((score.clone() - ablated) / score).mask_fill(nothing, 0.0)
            }
        })
    }

    /// What an ablated channel is set to.
    fn value(&self, activations: &Tensor<4>) -> Result<f32, Error> {
        const FAR_BELOW: f32 = 1e7;
        if self.arithmetic == Arithmetic::Standard {
            return Ok(0.0);
        }
        let least = read(activations.clone().min())?[0];
        Ok(if least == 0.0 { 0.0 } else { least - FAR_BELOW })
    }
}

/// Scores `[c, k]` of the pooled vector, each time with another number zero.
fn pooled_scores(
    view: &View<'_>,
    image: usize,
    head: &Head,
    activations: Tensor<4>,
    steps: &mut Steps<'_>,
) -> Result<Tensor<2>, Error> {
    let [_, c, h, w] = activations.dims();
    // What a channel of zeros is pooled to: the generalised mean has a least value.
    let device = activations.device();
    let nothing = head.pool(Tensor::zeros([1, 1, h, w], &device));
    let pooled = head.pool(activations);
    let at_once = view.budget().fit(PER_VECTOR * c * size_of::<f32>());
    let scores = (0..c).step_by(at_once).map(|first| {
        let count = at_once.min(c - first);
        let kept = kept(first, count, c, &device);
        let ablated =
            pooled.clone() * kept.clone() + nothing.clone() * (kept.neg().add_scalar(1.0));
        let scores = view.target(image).scores(head.embed(ablated));
        steps.advance(count)?;
        Ok(scores)
    });
    Ok(Tensor::cat(scores.collect::<Result<_, Error>>()?, 0))
}

/// Scores `[c, k]` of the tail, run again with one channel after the other ablated.
fn run_scores(
    view: &View<'_>,
    image: usize,
    activations: Tensor<4>,
    value: f32,
    steps: &mut Steps<'_>,
) -> Result<Tensor<2>, Error> {
    let [_, c, _, _] = activations.dims();
    let at_once = view.activations_at_once();
    let scores = (0..c).step_by(at_once).map(|first| {
        let count = at_once.min(c - first);
        let kept = kept(first, count, c, &activations.device());
        let gone = kept.clone().neg().add_scalar(1.0).mul_scalar(value);
        let [kept, gone] = [kept, gone].map(|mask| mask.reshape([count, c, 1, 1]));
        let scores = view.scores_from(image, activations.clone() * kept + gone);
        steps.advance(count)?;
        Ok(scores)
    });
    Ok(Tensor::cat(scores.collect::<Result<_, Error>>()?, 0))
}

/// Ones, `[count, channels]`, but for channel `first + i` of row i.
fn kept(first: usize, count: usize, channels: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![1.0; count * channels];
    (0..count).for_each(|row| values[row * channels + first + row] = 0.0);
    Tensor::from_data(TensorData::new(values, [count, channels]), device)
}
