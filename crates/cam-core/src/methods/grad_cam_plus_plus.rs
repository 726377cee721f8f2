use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::{Cost, MethodInfo};
use crate::{Arithmetic, Error, Gradients, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "grad-cam-plus-plus",
    title: "Grad-CAM++",
    summary: "positive gradients, evened out over an object's size",
    source: "arXiv 1710.11063",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |settings| Box::new(GradCamPlusPlus { arithmetic: settings.arithmetic }),
};

/// Grad-CAM++: positive gradients, averaged with weights that even out how large an object is.
///
/// map = Σ_c w_c · A_c with w_c = Σ a_c · relu(G_c) and a = G² / (2·G² + ΣA·G³), zero where G is
/// (Chattopadhyay et al., *Grad-CAM++: Improved Visual Explanations for Deep Convolutional
/// Networks*, arXiv 1710.11063, equations 7 and 19).
///
/// Deviation from the paper: its weights depend on the scale of the score, and have a pole where
/// ΣA·G = −2. A cosine's gradients are so small that pytorch-grad-cam's guard, 1e-6 added to the
/// denominator, is far larger than the denominator: w is then relu(G)³ and little is left of the
/// method. The standard arithmetic divides G by the largest |ΣA·G| of the question first, and a
/// becomes 1 / (2 + ΣA·G): between 1/3 and 1, whatever the score's scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradCamPlusPlus {
    /// Whose guard against small denominators: ours or pytorch-grad-cam's.
    pub arithmetic: Arithmetic,
}

impl Method for GradCamPlusPlus {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_channel_weights(|activations, gradients| {
            let [_, _, h, w] = activations.dims();
            let gradients = match gradients {
                // One position is enough where all are alike; each of them counts.
                Gradients::PerChannel(same) => {
                    let [n, k, c] = same.dims();
                    let one = same.clone().reshape([n, k, c, 1, 1]);
                    return self.weights(activations, one).mul_scalar((h * w) as f32);
                }
                Gradients::PerPosition(gradients) => gradients.clone(),
            };
            self.weights(activations, gradients)
        })
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}

impl GradCamPlusPlus {
    fn weights(self, activations: &Tensor<4>, gradients: Tensor<5>) -> Tensor<3> {
        let cubed = gradients.clone().square() * gradients.clone();
        weights(activations, [gradients.clone(), gradients.square(), cubed], self.arithmetic)
    }
}

/// w `[n, k, c]` of the first, second and third derivative, each `[n, k, c, h, w]`.
pub(super) fn weights(
    activations: &Tensor<4>,
    [first, second, third]: [Tensor<5>; 3],
    arithmetic: Arithmetic,
) -> Tensor<3> {
    const EPSILON: f32 = 1e-6;
    let [n, k, c, h, w] = first.dims();
    let [_, _, rows, columns] = activations.dims();
    let sums = activations.clone().reshape([n, c, rows * columns]).sum_dim(2);
    let sums = sums.reshape([n, 1, c, 1, 1]);
    let nowhere = second.clone().equal_scalar(0.0);
    let shares = match arithmetic {
        Arithmetic::PytorchGradCam => {
            let below = second.clone().mul_scalar(2.0) + third * sums;
            second / below.add_scalar(EPSILON)
        }
        Arithmetic::Standard => {
            // ΣA·G³/G², which is ΣA·G where nothing was averaged.
            let cubes = third * sums / second.mask_fill(nowhere.clone(), 1.0);
            let largest = cubes.clone().abs().reshape([n, k, c * h * w]).max_dim(2);
            let largest = largest.clamp_min(f32::MIN_POSITIVE).reshape([n, k, 1, 1, 1]);
            (cubes / largest).add_scalar(2.0).recip()
        }
    };
    let shares = shares.mask_fill(nowhere, 0.0) * relu(first);
    shares.reshape([n, k, c, h * w]).sum_dim(3).squeeze_dim(3)
}
