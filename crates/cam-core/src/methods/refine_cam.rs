use burn::tensor::Tensor;

use super::{Cost, GradCam, MethodInfo, Need};
use crate::{Error, Fusion, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "refine-cam",
    title: "Refine-CAM",
    summary: "the product of several layers' grad-cam",
    source: "pytorch-grad-cam",
    cost: Cost::Gradient,
    needs: &[Need::Layers],
    settings: &[],
    make: |_| Box::new(RefineCam),
};

/// Refine-CAM: the product of several layers' [`GradCam`], where Grad-CAM of several layers is their
/// mean.
///
/// Each layer's raw map is Grad-CAM's; [`Fusion::Product`] makes one map of them, what every layer
/// shows. Of a single layer it is Grad-CAM. It is pytorch-grad-cam's `RefineCAM`; there is no paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefineCam;

impl Method for RefineCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        GradCam.maps(view)
    }

    fn fusion(&self) -> Fusion {
        Fusion::Product
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
