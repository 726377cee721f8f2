//! timm's `ConvNeXt`s, whose depths and widths the tensors tell.

use cam_graph::Function;

use super::config::Config;
use super::convnext::{ConvNext, Names};
use super::error::FolderError;
use super::family::blocks;
use crate::checkpoint::Checkpoint;

/// The tensor that each of them has.
pub(super) const ANCHOR: &str = "stem.0.weight";

/// Others have further layers in stem or head, convolutions for their MLPs, or other functions.
const KNOWN: [&str; 6] = [
    "convnext_tiny",
    "convnext_small",
    "convnext_base",
    "convnext_large",
    "convnext_xlarge",
    "convnext_xxlarge",
];

pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The network in front of its classifier.
pub(super) fn describe(
    config: &Config,
    name: &str,
    checkpoint: &Checkpoint,
) -> Result<ConvNext, FolderError> {
    let stage = |stage: usize| {
        let list = format!("stages.{stage}.blocks");
        let shape = checkpoint.shape(&format!("{list}.0.conv_dw.weight")).unwrap_or_default();
        let width = config.told("a width", shape.first().copied().unwrap_or(0))?;
        Ok((blocks(checkpoint, &list).min(1 << 10), width))
    };
    let epsilon = if name == "convnext_xxlarge" { 1e-5 } else { 1e-6 };
    let has_scale = checkpoint.get("stages.0.blocks.0.gamma").is_some();
    Ok(ConvNext {
        stages: (0..4).map(stage).collect::<Result<_, FolderError>>()?,
        patch: 4,
        activation: Function::Gelu,
        epsilon,
        last_epsilon: epsilon,
        names: Names {
            stem: ["stem.0", "stem.1"],
            stages: "stages",
            blocks: "blocks",
            between: "downsample",
            parts: ["conv_dw", "norm", "mlp.fc1", "mlp.fc2"],
            scale: has_scale.then_some("gamma"),
            responses: None,
            norm: "head.norm",
        },
    })
}
