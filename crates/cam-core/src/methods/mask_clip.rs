use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, dense};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "mask-clip",
    title: "MaskCLIP",
    summary: "where the concept is, by each patch's last value; no explanation of the score",
    source: "arXiv 2112.01071",
    cost: Cost::Forward,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(MaskClip),
};

/// MaskCLIP: where the concept is, read off the last attention's values patch by patch (Zhou, Loy and Dai, *Extract Free Dense
/// Labels from CLIP*, ECCV 2022, arXiv 2112.01071, section 3.2).
///
/// map(i) = s(f_i),  f_i = R(v_i·W + b)
///
/// v = values of the last block, W and b = its output projection, R = what makes an embedding of what is read: final norm and
/// projection. f_i is the embedding if the last attention had taken patch i alone, and nothing else were added to it. s = the
/// target: with a cosine the map is cos(f_i, c), with a class its logit at the patch. Where an attention pools all tokens
/// (SigLIP, CLIP's ResNets, which the paper begins with), v is of that attention and R is all that follows it.
///
/// It shows where something like the concept is, and does not explain the score: what the network took from where does not
/// enter it.
///
/// Deviation: the equation is the paper's; the authors' program adds, in ViTs, the stream and the last MLP to v_i·W + b.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MaskClip;

impl Method for MaskClip {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let last = LastAttention::of(view, self.keeps())?;
        let attention = last.attention()?;
        let written = attention.written(attention.values.clone());
        dense::maps(view, &last, dense::patches(&last, written))
    }

    fn keeps(&self) -> Kept {
        Kept::as_read(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }

    fn is_explanation(&self) -> bool {
        false
    }
}
