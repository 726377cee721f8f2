use burn::tensor::Tensor;

use super::hi_res_cam::contributions;
use super::{Cost, MethodInfo};
use crate::{Arithmetic, Error, Gradients, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "x-grad-cam",
    title: "XGrad-CAM",
    summary: "gradients averaged with activations as weights",
    source: "arXiv 2008.02312",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |settings| Box::new(XGradCam { arithmetic: settings.arithmetic }),
};

/// XGrad-CAM: each channel weighted by its gradients, averaged with its activations as weights.
///
/// map = Σ_c w_c · A_c with w_c = Σ G_c·A_c / Σ A_c (Fu et al., *Axiom-based Grad-CAM: Towards
/// Accurate Visualization and Explanation of CNNs*, arXiv 2008.02312, equation 7): the weights
/// that come nearest to the axioms of sensitivity and conservation.
///
/// A channel whose activations sum to zero has no such average and gets no weight; pytorch-grad-cam
/// adds 1e-7 to the sum instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct XGradCam {
    /// Whose division: ours or pytorch-grad-cam's.
    pub arithmetic: Arithmetic,
}

impl XGradCam {
    fn weights(self, activations: &Tensor<4>, gradients: &Gradients) -> Tensor<3> {
        let [n, c, h, w] = activations.dims();
        let sums: Tensor<3> = activations.clone().reshape([n, c, h * w]).sum_dim(2).swap_dims(1, 2);
        // Where all positions share a gradient, its average is that, whatever the weights.
        if let (Gradients::PerChannel(same), Arithmetic::Standard) = (gradients, self.arithmetic) {
            let none = sums.equal_scalar(0.0).expand(same.dims());
            return same.clone().mask_fill(none, 0.0);
        }
        let products = contributions(activations, gradients);
        let [_, k, _, _, _] = products.dims();
        let products = products.reshape([n, k, c, h * w]).sum_dim(3).squeeze_dim::<3>(3);
        match self.arithmetic {
            Arithmetic::PytorchGradCam => products / sums.add_scalar(1e-7),
            Arithmetic::Standard => {
                let none = sums.clone().equal_scalar(0.0);
                let weights = products / sums.mask_fill(none.clone(), 1.0);
                weights.clone().mask_fill(none.expand(weights.dims()), 0.0)
            }
        }
    }
}

impl Method for XGradCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        view.by_channel_weights(|activations, gradients| self.weights(activations, gradients))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
