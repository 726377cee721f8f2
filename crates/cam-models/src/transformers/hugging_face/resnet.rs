//! `ResNet`s in transformers' names.

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family};
use super::super::names::Spelling;
use super::super::resnet::{REDUCTION, ResNet};
use super::PREPROCESSORS;
use super::convnext::stages;
use crate::checkpoint::Checkpoint;

pub(super) static RESNET: Family = Family {
    types: &["resnet"],
    spelling: Spelling {
        anchor: "embedder.embedder.convolution.weight",
        renamed: &[],
        ignored: &[],
    },
    describe,
    processor: r#"{"image_processor_type": "ConvNextImageProcessor", "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225]}"#,
    preprocessors: &PREPROCESSORS,
};

/// The side that its published networks were trained with; the settings do not say one.
const SIDE: usize = 224;

fn describe(config: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    if config.width("num_channels", 3)? != 3 {
        return Err(config.error("`num_channels` is not 3, and images have three"));
    }
    let is_bottleneck = match config.text("layer_type")?.unwrap_or("bottleneck") {
        "bottleneck" => true,
        "basic" => false,
        other => {
            let known = "basic and bottleneck are known";
            return Err(config.error(format!("`layer_type` is {other:?}, and {known}")));
        }
    };
    let network = ResNet {
        stem: config.width("embedding_size", 64)?,
        stages: stages(config, &[3, 4, 6, 3], &[256, 512, 1024, 2048])?,
        activation: config.activation("hidden_act", "relu")?,
        is_bottleneck,
        strides_first: config.flag("downsample_in_bottleneck", false)?,
        halves_first: config.flag("downsample_in_first_stage", false)?,
    };
    if let Some((_, width)) = network.stages.iter().find(|(_, width)| *width < REDUCTION)
        && is_bottleneck
    {
        return Err(config.error(format!("a bottleneck of {width} channels has none inside")));
    }
    let mut described = Described::new(network, "the mean over positions (pooler_output)");
    described.image = Some([SIDE; 2]);
    described.classifier = checkpoint.get("classifier.1.weight").map(|_| "classifier.1");
    Ok(described)
}
