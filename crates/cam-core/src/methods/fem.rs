use burn::tensor::Tensor;

use super::{Cost, MethodInfo};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "fem",
    title: "FEM",
    summary: "channels weighted by how much of them stands out",
    source: "IPTA 2020",
    cost: Cost::Nothing,
    needs: &[],
    settings: &[],
    make: |_| Box::new(Fem::default()),
};

/// FEM: each channel weighted by the share of its positions that stand out.
///
/// map = Σ_c w_c · A_c with w_c = the share of positions where A_c > mean + 2·deviation
/// (Fuad et al., *Features Understanding in 3D CNNs for Actions Recognition in Video*, IPTA 2020;
/// with the weights of pytorch-grad-cam, where the paper's are means of A).
///
/// It does not depend on the question: it shows where the layer's activations stand out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fem {
    /// Deviations above the mean from which a position stands out.
    pub deviations: f32,
}

impl Default for Fem {
    fn default() -> Self {
        Self { deviations: 2.0 }
    }
}

impl Method for Fem {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, c, h, w] = view.activations().dims();
        let flat = view.activations().clone().reshape([n, c, h * w]);
        let mean = flat.clone().mean_dim(2);
        let deviation = (flat.clone() - mean.clone()).square().mean_dim(2).sqrt();
        let above = flat.greater(mean + deviation.mul_scalar(self.deviations));
        let weights = above.float().mean_dim(2).swap_dims(1, 2);
        view.weigh(weights.repeat_dim(1, view.questions()))
    }

    fn depends_on_target(&self) -> bool {
        false
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
