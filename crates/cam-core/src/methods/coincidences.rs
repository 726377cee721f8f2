use crate::{Head, Pooling};

/// How a score changes along the embedding's own direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlongEmbedding {
    /// In proportion: an inner product, a logit.
    Straight,
    /// Not at all: a cosine, which has no length.
    Constant,
    /// In some other way: a distance, a probability.
    Curved,
}

/// Groups of methods whose finished maps are equal to rounding, with `head` behind the layer,
/// whose activations are never negative.
///
/// Behind average pooling all positions of a channel share a gradient. Weighing by its mean, by its
/// mean weighted with activations, or position by position is then the same, and its positive part
/// too. Shapley-CAM's curvature is nothing along a straight score, and a multiple of the gradient
/// where the score is constant along the embedding. Ablation-CAM is never among them: what a straight
/// score loses without a channel is its gradient times the channel's mean. None of it holds at an earlier layer.
///
/// ```
/// use cam_core::methods::{AlongEmbedding, coincidences};
/// use cam_core::{Head, Pooling};
///
/// let head = Head::new(Pooling::Average, vec![]);
/// let groups = coincidences(Some(&head), AlongEmbedding::Constant);
/// assert_eq!(groups[1], ["grad-cam-elementwise", "layer-cam"]);
/// assert!(coincidences(None, AlongEmbedding::Constant).is_empty());
/// ```
pub fn coincidences(head: Option<&Head>, score: AlongEmbedding) -> Vec<Vec<&'static str>> {
    let Some(head) = head.filter(|head| head.pooling() == Pooling::Average) else {
        return Vec::new();
    };
    let mut by_mean = vec!["grad-cam", "hires-cam", "x-grad-cam"];
    if head.necks().is_empty() {
        by_mean.push("cam");
        if score != AlongEmbedding::Curved {
            by_mean.push("shapley-cam");
        }
        if score == AlongEmbedding::Straight {
            by_mean.push("contributions");
        }
    }
    vec![by_mean, vec!["grad-cam-elementwise", "layer-cam"]]
}
