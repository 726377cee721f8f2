//! CLIP's image tower (Radford et al. 2021).

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family, grid};
use super::super::names::Spelling;
use super::super::position::Resampling;
use super::super::projection::{Layers, Projection};
use super::super::tower::{Biases, Mlp, Names, Pooling, Position, Qkv, Tower};
use super::PREPROCESSORS;
use crate::checkpoint::Checkpoint;

pub(super) static CLIP: Family = Family {
    types: &["clip", "clip_vision_model"],
    spelling: Spelling {
        anchor: "embeddings.patch_embedding.weight",
        renamed: &[],
        ignored: &["text_model.", "text_projection.", "logit_scale"],
    },
    describe,
    processor: r#"{"image_processor_type": "CLIPImageProcessor"}"#,
    preprocessors: &PREPROCESSORS,
};

fn describe(whole: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let is_tower = whole.text("model_type")? == Some("clip_vision_model");
    let config = if is_tower { whole.clone() } else { whole.inner("vision_config")? };
    let width = config.width("hidden_size", 768)?;
    let heads = config.count("num_attention_heads", 12)?;
    config.check_heads(width, heads)?;
    let image = config.sides("image_size", 224)?;
    let patch = config.sides("patch_size", 32)?;
    // In a whole CLIP the number outside counts.
    let projected = match is_tower {
        true => config.width("projection_dim", 512)?,
        false => whole.width("projection_dim", 512)?,
    };
    let has_projection = !is_tower || checkpoint.get("visual_projection.weight").is_some();
    let tower = Tower {
        width,
        depth: config.count("num_hidden_layers", 12)?,
        heads,
        hidden: config.width("intermediate_size", 3072)?,
        patch,
        patch_bias: false,
        prefix: vec![("embeddings.class_embedding", 1)],
        position: Position::Learned {
            tensor: "embeddings.position_embedding.weight",
            is_batched: false,
            grid: grid(image, patch),
            covered: 1,
            resampling: Resampling::Bicubic,
        },
        // So spelt.
        first_norm: Some("pre_layrnorm"),
        epsilon: config.number("layer_norm_eps", 1e-5)? as f32,
        activation: config.activation("hidden_act", "quick_gelu")?,
        mlp: Mlp::Plain { up: "mlp.fc1", down: "mlp.fc2" },
        biases: Biases::ALL,
        scales: None,
        names: NAMES,
        pooling: Pooling::ClassThenNorm { norm: "post_layernorm" },
    };
    let embedding = match has_projection {
        true => "the class token, normalised and projected (image_embeds)",
        false => "the class token, normalised (pooler_output)",
    };
    let mut described = Described::new(tower, embedding);
    described.image = Some(image);
    described.projection = has_projection.then_some(Projection {
        beside: "",
        layers: Layers::Linear { module: "visual_projection", has_bias: false },
        width: projected,
    });
    if !has_projection {
        let remark =
            "it has no projection: its embeddings are not those that CLIP compares with texts";
        described.remarks.push(remark.to_owned());
    }
    Ok(described)
}

/// `SigLIP`'s tower has the same.
pub(super) const NAMES: Names = Names {
    patch: "embeddings.patch_embedding",
    embeddings: "embeddings",
    blocks: "encoder.layers",
    norms: ["layer_norm1", "layer_norm2"],
    attention: "self_attn",
    qkv: Qkv::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    output: "self_attn.out_proj",
    feed_forward: "mlp",
};
