use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need};
use crate::steps::{min_max, min_max_with_epsilon, resize};
use crate::{Arithmetic, Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "full-grad",
    title: "FullGrad",
    summary: "the contributions of the pixels and of every bias",
    source: "arXiv 1905.00780",
    cost: Cost::Gradients,
    needs: &[Need::Biases],
    settings: &[],
    make: |settings| Box::new(FullGrad { arithmetic: settings.arithmetic }),
};

/// FullGrad: what the pixels contribute, and what every bias in the network does.
///
/// map = ψ(x ⊙ ∂s/∂x) + Σ over biases b and their channels of ψ(b · ∂s/∂z), z what b is added to,
/// ψ the absolute value, stretched to 0..=1 and enlarged to the input (Srinivas and Fleuret,
/// *Full-Gradient Representation for Neural Network Visualization*, arXiv 1905.00780, equations 5
/// and 8). The layer does not matter. A batch norm that is folded into its convolution leaves
/// exactly the bias that pytorch-grad-cam reads off it.
///
/// Deviation: none from the paper; `Arithmetic::PytorchGradCam` stretches with its epsilon of 1e-7,
/// which hides biases whose gradients are small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FullGrad {
    /// Whose min-max: ours or pytorch-grad-cam's.
    pub arithmetic: Arithmetic,
}

impl Method for FullGrad {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, height, width] = view.images().dims();
        // Channels share a size, and a sum of enlarged maps is the enlarged sum.
        let psi = |channels: Tensor<4>| {
            let stretched = match self.arithmetic {
                Arithmetic::Standard => min_max(channels.abs()),
                Arithmetic::PytorchGradCam => min_max_with_epsilon(channels.abs()),
            };
            resize(stretched.sum_dim(1), [height, width])
        };
        let mut steps = view.steps(n + view.questions())?;
        let mut of_input = Vec::with_capacity(n);
        for image in 0..n {
            let pixels = view.images().clone().narrow(0, image, 1);
            let gradients = view.image_gradients(image, pixels.clone())?;
            of_input.push(gradients * pixels.unsqueeze_dim(1));
            steps.advance(1)?;
        }
        let of_input = Tensor::cat(of_input, 0);
        let maps = (0..view.questions()).map(|question| {
            let input = of_input.clone().narrow(1, question, 1).squeeze_dim(1);
            let biases = view.bias_gradients(question)?;
            steps.advance(1)?;
            Ok(biases.into_iter().fold(psi(input), |sum, part| {
                let [c] = part.bias.dims();
                sum + psi(part.gradients * part.bias.reshape([1, c, 1, 1]))
            }))
        });
        Ok(Tensor::cat(maps.collect::<Result<_, Error>>()?, 1))
    }

    fn is_at_input(&self) -> bool {
        true
    }
}
