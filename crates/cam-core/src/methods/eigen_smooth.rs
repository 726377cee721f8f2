use burn::tensor::Tensor;

use crate::gradient_route::Reduction;
use crate::{Error, Fusion, Method, View};

/// Another method's channels, projected on their first principal component instead of summed:
/// pytorch-grad-cam's `eigen_smooth`, which keeps what the channels have in common.
///
/// The sign is the one that agrees with the sum, see
/// [`EigenGradCam`](super::EigenGradCam).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EigenSmooth<M>(pub M);

impl<M: Method> Method for EigenSmooth<M> {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        if !self.0.is_channel_sum() {
            return Err(Error::NoContributions);
        }
        self.0.maps(&view.reduced_by(Reduction::PrincipalComponent))
    }

    fn is_at_input(&self) -> bool {
        self.0.is_at_input()
    }

    fn depends_on_target(&self) -> bool {
        self.0.depends_on_target()
    }

    fn fusion(&self) -> Fusion {
        self.0.fusion()
    }
}
