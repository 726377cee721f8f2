use burn::tensor::Tensor;

use super::last_attention::LastAttention;
use super::{Cost, MethodInfo, Need, dense};
use crate::{Error, Kept, Method, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "patch-similarity",
    title: "Patch similarity",
    summary: "how alike each patch's last token is to the concept; no explanation of the score",
    source: "common practice",
    cost: Cost::Forward,
    needs: &[Need::Attention],
    settings: &[],
    make: |_| Box::new(PatchSimilarity),
};

/// Patch similarity: how alike each patch's last token is to the concept, as is usual for self-supervised transformers (DINO,
/// DINOv2).
///
/// map(i) = s(f_i),  f_i = R(x_i)
///
/// x = the stream behind the last block, R = what makes an embedding of what is read: final norm and, where there is one,
/// projection; of averaged tokens everything but the average. s = the target: with a cosine the map is cos(f_i, c), with any
/// other what it would say of an image whose embedding is f_i. Where an attention pools all tokens (SigLIP), f_i is what all
/// behind it makes of patch i alone, and the map is that of [`MaskClip`](super::MaskClip).
///
/// It shows where something like the concept is, and does not explain the score: behind a class token no patch's last token
/// is read. How well tokens of patches can be compared with embeddings depends on the training: DINOv2 trains both, CLIP the
/// class token alone.
///
/// No deviation: there is no paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PatchSimilarity;

impl Method for PatchSimilarity {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let last = LastAttention::of(view, self.keeps())?;
        let tokens = last.final_tokens()?;
        dense::maps(view, &last, dense::patches(&last, tokens))
    }

    fn keeps(&self) -> Kept {
        Kept::streams(1)
    }

    fn is_of_network(&self) -> bool {
        true
    }

    fn is_explanation(&self) -> bool {
        false
    }
}
