//! DINOv3's transformers (Siméoni et al. 2025): rotary positions, registers, and in the largest a gated MLP.

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family};
use super::super::names::Spelling;
use super::super::tower::{Biases, Mlp, Names, Pooling, Position, Qkv, Tower};
use super::PREPROCESSORS;
use crate::checkpoint::Checkpoint;

pub(super) static DINOV3: Family = Family {
    types: &["dinov3_vit"],
    spelling: Spelling {
        anchor: "embeddings.patch_embeddings.weight",
        renamed: &[(".model.layer.", ".layer."), (".model.norm.", ".norm.")],
        ignored: &[],
    },
    describe,
    processor: r#"{"image_processor_type": "DINOv3ViTImageProcessorFast"}"#,
    preprocessors: &PREPROCESSORS,
};

fn describe(config: &Config, _: &Checkpoint) -> Result<Described, FolderError> {
    let width = config.width("hidden_size", 384)?;
    let heads = config.count("num_attention_heads", 6)?;
    config.check_heads(width, heads)?;
    if !(width / heads).is_multiple_of(4) {
        let head = width / heads;
        return Err(config.error(format!("a head of {head} channels has no quarters to turn")));
    }
    let registers = config.count_or_none("num_register_tokens", 0)?;
    let mut prefix = vec![("embeddings.cls_token", 1)];
    prefix.extend((registers > 0).then_some(("embeddings.register_tokens", registers)));
    let mlp = match config.flag("use_gated_mlp", false)? {
        true => Mlp::Gated { gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj" },
        false => Mlp::Plain { up: "mlp.up_proj", down: "mlp.down_proj" },
    };
    let tower = Tower {
        width,
        depth: config.count("num_hidden_layers", 12)?,
        heads,
        hidden: config.width("intermediate_size", 1536)?,
        patch: config.sides("patch_size", 16)?,
        patch_bias: true,
        prefix,
        position: Position::Rotary { theta: config.number("rope_theta", 100.0)? },
        first_norm: None,
        epsilon: config.number("layer_norm_eps", 1e-5)? as f32,
        activation: config.activation("hidden_act", "gelu")?,
        mlp,
        biases: Biases {
            query: config.flag("query_bias", true)?,
            key: config.flag("key_bias", false)?,
            value: config.flag("value_bias", true)?,
            output: config.flag("proj_bias", true)?,
            mlp: config.flag("mlp_bias", true)?,
        },
        scales: Some(["layer_scale1.lambda1", "layer_scale2.lambda1"]),
        names: Names {
            patch: "embeddings.patch_embeddings",
            embeddings: "embeddings",
            blocks: "layer",
            norms: ["norm1", "norm2"],
            attention: "attention",
            qkv: Qkv::Apart(["attention.q_proj", "attention.k_proj", "attention.v_proj"]),
            output: "attention.o_proj",
            feed_forward: "mlp",
        },
        pooling: Pooling::NormThenClass { norm: "norm", tokens: 1 },
    };
    Ok(Described::new(tower, "the class token behind the last norm"))
}
