use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "finer-cam",
    title: "Finer-CAM",
    summary: "grad-cam of a class compared with those most similar to it",
    source: "arXiv 2501.11309",
    cost: Cost::Gradient,
    needs: &[Need::Class],
    settings: &[],
    make: |_| Box::new(FinerCam),
};

/// Finer-CAM: [`GradCam`](super::GradCam) of a class compared with those most similar to it.
///
/// map = Σ_c w_c · A_c with w_c = mean(∂s'/∂A_c), where s' is the score less those of its most
/// similar alternatives (Zhang et al., *Finer-CAM: Spotting the Difference Reveals Finer Details for Visual
/// Explanation*, arXiv 2501.11309, equation 5). The target gives s', because it knows the alternatives:
/// [`Target::versus_alternatives`](crate::Target::versus_alternatives). The reported score stays the
/// target's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FinerCam;

impl Method for FinerCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let vectors = view.embedding_gradients_of(|target| {
            target.versus_alternatives().ok_or(Error::NoAlternatives)
        })?;
        view.pulled_back(&vectors, |_, gradients| view.weigh(gradients.channel_means()))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}
