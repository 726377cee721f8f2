//! `ConvNeXt`s in transformers' names.

use super::super::config::Config;
use super::super::convnext::{ConvNext, Names};
use super::super::error::FolderError;
use super::super::family::{Described, Family};
use super::super::names::Spelling;
use super::PREPROCESSORS;
use crate::checkpoint::Checkpoint;

pub(super) static CONVNEXT: Family = Family {
    types: &["convnext", "convnextv2"],
    spelling: Spelling { anchor: "embeddings.patch_embeddings.weight", renamed: &[], ignored: &[] },
    describe,
    processor: r#"{"image_processor_type": "ConvNextImageProcessor", "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225]}"#,
    preprocessors: &PREPROCESSORS,
};

pub(super) static DINOV3_CONVNEXT: Family = Family {
    types: &["dinov3_convnext"],
    spelling: Spelling {
        anchor: "stages.0.downsample_layers.0.weight",
        renamed: &[(".model.stages.", ".stages.")],
        ignored: &[],
    },
    describe: of_dinov3,
    processor: r#"{"image_processor_type": "DINOv3ViTImageProcessorFast"}"#,
    preprocessors: &PREPROCESSORS,
};

/// Of `ConvNeXt`-T.
const DEPTHS: [usize; 4] = [3, 3, 9, 3];
const WIDTHS: [usize; 4] = [96, 192, 384, 768];

const EMBEDDING: &str = "the mean over positions, normalised (pooler_output)";

fn describe(config: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let is_second = config.text("model_type")? == Some("convnextv2");
    let has_scale = checkpoint.get("encoder.stages.0.layers.0.layer_scale_parameter").is_some();
    let network = ConvNext {
        stages: stages(config, &DEPTHS, &WIDTHS)?,
        patch: config.width("patch_size", 4)?,
        activation: config.activation("hidden_act", "gelu")?,
        // Of the last norm alone the settings say it.
        epsilon: 1e-6,
        last_epsilon: config.number("layer_norm_eps", 1e-12)? as f32,
        names: Names {
            stem: ["embeddings.patch_embeddings", "embeddings.layernorm"],
            stages: "encoder.stages",
            blocks: "layers",
            between: "downsampling_layer",
            parts: ["dwconv", "layernorm", "pwconv1", "pwconv2"],
            scale: (has_scale && !is_second).then_some("layer_scale_parameter"),
            responses: is_second.then_some("grn"),
            norm: "layernorm",
        },
    };
    let mut described = Described::new(network, EMBEDDING);
    described.image = Some(config.sides("image_size", 224)?);
    described.classifier = checkpoint.get("classifier.weight").map(|_| "classifier");
    Ok(described)
}

fn of_dinov3(config: &Config, _: &Checkpoint) -> Result<Described, FolderError> {
    let epsilon = config.number("layer_norm_eps", 1e-6)? as f32;
    let network = ConvNext {
        stages: stages(config, &DEPTHS, &WIDTHS)?,
        patch: 4,
        activation: config.activation("hidden_act", "gelu")?,
        epsilon,
        last_epsilon: epsilon,
        names: Names {
            stem: ["stages.0.downsample_layers.0", "stages.0.downsample_layers.1"],
            stages: "stages",
            blocks: "layers",
            between: "downsample_layers",
            parts: ["depthwise_conv", "layer_norm", "pointwise_conv1", "pointwise_conv2"],
            scale: Some("gamma"),
            responses: None,
            norm: "layer_norm",
        },
    };
    Ok(Described::new(network, EMBEDDING))
}

/// Blocks and channels of every stage; those where the settings are silent.
pub(super) fn stages(
    config: &Config,
    depths: &[usize],
    widths: &[usize],
) -> Result<Vec<(usize, usize)>, FolderError> {
    let depths = config.list("depths", depths)?;
    let widths = config.list("hidden_sizes", widths)?;
    if depths.is_empty() || depths.len() != widths.len() || depths.iter().any(|&n| n > 1 << 10) {
        return Err(config.error(format!(
            "`depths` and `hidden_sizes` are {depths:?} and {widths:?}, and take as many numbers, and at most 1024 blocks"
        )));
    }
    Ok(depths.into_iter().zip(widths).collect())
}
