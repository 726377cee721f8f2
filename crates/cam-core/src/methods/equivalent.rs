use crate::{AlongEmbedding, HeadKind};

/// Groups of methods whose finished maps are equal to rounding, behind a head of this kind and a
/// layer whose activations are never negative.
///
/// Behind average pooling all positions of a channel share a gradient. Its mean, its mean weighted
/// with activations, and the gradient position by position are then the same, and their positive
/// parts too. Shapley-CAM's curvature is zero where the score is straight, and a multiple of the
/// gradient where the score is constant along the embedding. Ablation-CAM is never among them: what a
/// straight score loses without a channel is its gradient times the channel's mean. None of this holds
/// at an earlier layer.
///
/// ```
/// use cam_core::methods::equivalent_methods;
/// use cam_core::{AlongEmbedding, Head, HeadKind, Pooling};
///
/// let head = Head::new(Pooling::Average, vec![]);
/// let groups = equivalent_methods(head.kind(), AlongEmbedding::Constant);
/// assert_eq!(groups[1], ["grad-cam-elementwise", "layer-cam"]);
/// assert!(equivalent_methods(HeadKind::Other, AlongEmbedding::Constant).is_empty());
/// ```
pub fn equivalent_methods(head: HeadKind, score: AlongEmbedding) -> Vec<Vec<&'static str>> {
    let mut by_mean = vec!["grad-cam", "hires-cam", "x-grad-cam"];
    match head {
        HeadKind::Other => return Vec::new(),
        HeadKind::ProjectedAverage => {}
        HeadKind::Average => {
            by_mean.push("cam");
            if score != AlongEmbedding::Curved {
                by_mean.push("shapley-cam");
            }
            if score == AlongEmbedding::Proportional {
                by_mean.push("contributions");
            }
        }
    }
    vec![by_mean, vec!["grad-cam-elementwise", "layer-cam"]]
}
