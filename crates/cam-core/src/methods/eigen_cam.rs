use burn::tensor::Tensor;

use super::{Cost, MethodInfo, principal_maps};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "eigen-cam",
    title: "Eigen-CAM",
    summary: "first principal component of the activations",
    source: "arXiv 2008.00299",
    cost: Cost::Nothing,
    needs: &[],
    settings: &[],
    make: |_| Box::new(EigenCam),
};

/// Eigen-CAM: the activations, projected on their first principal component.
///
/// map = X·v with X = A as N rows of c channels, each channel centred, and v its first right
/// singular vector (Muhammad and Yeasin, *Eigen-CAM: Class Activation Map using Principal
/// Components*, arXiv 2008.00299). It does not depend on the question.
///
/// X is never decomposed as a whole: v comes from the smaller one of XᵀX and X·Xᵀ.
///
/// Deviation: a singular vector has no sign of its own, and pytorch-grad-cam takes whichever its
/// solver gives. Here the sign is the one that agrees with Σ_c A_c, which is high where the layer
/// responds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EigenCam;

impl Method for EigenCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let maps = principal_maps(view.activations().clone().unsqueeze_dim(1))?;
        Ok(maps.repeat_dim(1, view.questions()))
    }

    fn depends_on_target(&self) -> bool {
        false
    }
}
