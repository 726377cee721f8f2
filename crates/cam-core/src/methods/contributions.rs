use burn::tensor::Tensor;

use super::{Cost, MethodInfo, Need};
use crate::{Error, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "contributions",
    title: "Contributions",
    summary: "the contribution of each position: the map sums to the score",
    source: "here",
    cost: Cost::Gradient,
    needs: &[Need::Head],
    settings: &[],
    make: |_| Box::new(Contributions),
};

/// Contributions: the contribution of each position to the score, so that a map sums to it.
///
/// map(p) = ⟨u_p, v⟩ / N with v = g + (s − ⟨g, e⟩)·e/‖e‖², where g = ∂s/∂e and the embedding e is the
/// mean of its positions' contributions, e = mean u_p ([`Head::per_position`](crate::Head::per_position)). Then
/// Σ_p map(p) = ⟨e, v⟩ = s, whatever the target.
///
/// A gradient shows what would raise the score. The gradient of a cosine shrinks as the image becomes more
/// similar to the concept, and is zero where the two are equal: on a common scale for many images, the
/// best match then has the weakest map. The rest of the score, s − ⟨g, e⟩, is attributed along the
/// embedding itself: for a cosine v = ĉ/‖e‖, and the map is one side of a [`Pair`](crate::Pair)'s; for an inner
/// product it is Grad-CAM's. There is no paper; it is the decomposition of Zhou et al. (arXiv
/// 1512.04150) for scores that are not linear.
///
/// It exists where a head follows the layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contributions;

impl Method for Contributions {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let head = view.head().ok_or_else(|| {
            let layer = view.layer_name().to_owned();
            match view.has_attention() {
                true => Error::NotPooled { layer },
                false => Error::NoClosedForm { layer },
            }
        })?;
        let [n, _, h, w] = view.activations().dims();
        let parts = head.per_position(view.activations())?;
        let maps = view.attributed().matmul(parts.swap_dims(1, 2)).div_scalar((h * w) as f32);
        Ok(maps.reshape([n, view.questions(), h, w]))
    }
}
