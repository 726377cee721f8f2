//! `SigLIP`'s image tower (Zhai et al. 2023), and `SigLIP` 2's with a fixed size.

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family, grid};
use super::super::names::Spelling;
use super::super::position::Resampling;
use super::super::tower::{AttentionPooling, Biases, Mlp, Pooling, PoolingLayers, Position, Tower};
use super::PREPROCESSORS;
use super::clip;
use crate::checkpoint::Checkpoint;

pub(super) static SIGLIP: Family = Family {
    types: &["siglip", "siglip_vision_model"],
    spelling: Spelling {
        anchor: "embeddings.patch_embedding.weight",
        renamed: &[],
        ignored: &["text_model.", "logit_scale", "logit_bias"],
    },
    describe,
    processor: r#"{"image_processor_type": "SiglipImageProcessor"}"#,
    preprocessors: &PREPROCESSORS,
};

fn describe(whole: &Config, _: &Checkpoint) -> Result<Described, FolderError> {
    let is_tower = whole.text("model_type")? == Some("siglip_vision_model");
    let config = if is_tower { whole.clone() } else { whole.inner("vision_config")? };
    if !config.flag("vision_use_head", true)? {
        return Err(config.error(
            "without its pooling head (`vision_use_head` is false) the network gives no embedding of an image",
        ));
    }
    let width = config.width("hidden_size", 768)?;
    let heads = config.count("num_attention_heads", 12)?;
    config.check_heads(width, heads)?;
    let hidden = config.width("intermediate_size", 3072)?;
    let image = config.sides("image_size", 224)?;
    let patch = config.sides("patch_size", 16)?;
    let tower = Tower {
        width,
        depth: config.count("num_hidden_layers", 12)?,
        heads,
        hidden,
        patch,
        patch_bias: true,
        prefix: Vec::new(),
        position: Position::Learned {
            tensor: "embeddings.position_embedding.weight",
            is_batched: false,
            grid: grid(image, patch),
            covered: 0,
            resampling: Resampling::Bicubic,
        },
        first_norm: None,
        epsilon: config.number("layer_norm_eps", 1e-6)? as f32,
        activation: config.activation("hidden_act", "gelu_pytorch_tanh")?,
        mlp: Mlp::Plain { up: "mlp.fc1", down: "mlp.fc2" },
        biases: Biases::ALL,
        scales: None,
        names: clip::NAMES,
        pooling: Pooling::Attention(AttentionPooling {
            before: "post_layernorm",
            module: "head",
            attention: "head.attention",
            probe: "head.probe",
            layers: PoolingLayers::Bare([
                "head.attention.in_proj_weight",
                "head.attention.in_proj_bias",
            ]),
            output: "head.attention.out_proj",
            norm: "head.layernorm",
            up: "head.mlp.fc1",
            down: "head.mlp.fc2",
            hidden,
        }),
    };
    let mut described =
        Described::new(tower, "what the pooling head gives (pooler_output, image_embeds)");
    described.image = Some(image);
    Ok(described)
}
