//! ViT (Dosovitskiy et al. 2020) and `DeiT` (Touvron et al. 2020).

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family, grid};
use super::super::names::Spelling;
use super::super::position::Resampling;
use super::super::tower::{Biases, Mlp, Names, Pooling, Position, Qkv, Tower};
use super::PREPROCESSORS;
use crate::checkpoint::Checkpoint;

pub(super) static VIT: Family = Family {
    types: &["vit", "deit"],
    spelling: Spelling {
        anchor: "embeddings.patch_embeddings.projection.weight",
        renamed: &[
            (".layers.", ".encoder.layer."),
            (".attention.q_proj.", ".attention.attention.query."),
            (".attention.k_proj.", ".attention.attention.key."),
            (".attention.v_proj.", ".attention.attention.value."),
            (".attention.o_proj.", ".attention.output.dense."),
            (".mlp.fc1.", ".intermediate.dense."),
            (".mlp.fc2.", ".output.dense."),
        ],
        // A random layer in many files, and two classifiers whose mean is the answer.
        ignored: &["pooler.", "cls_classifier.", "distillation_classifier."],
    },
    describe,
    processor: r#"{"image_processor_type": "ViTImageProcessor"}"#,
    preprocessors: &PREPROCESSORS,
};

fn describe(config: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let width = config.width("hidden_size", 768)?;
    let heads = config.count("num_attention_heads", 12)?;
    config.check_heads(width, heads)?;
    let image = config.sides("image_size", 224)?;
    let patch = config.sides("patch_size", 16)?;
    let mut prefix = vec![("embeddings.cls_token", 1)];
    if config.text("model_type")? == Some("deit") {
        prefix.push(("embeddings.distillation_token", 1));
    }
    let tower = Tower {
        width,
        depth: config.count("num_hidden_layers", 12)?,
        heads,
        hidden: config.width("intermediate_size", 3072)?,
        patch,
        patch_bias: true,
        position: Position::Learned {
            tensor: "embeddings.position_embeddings",
            is_batched: true,
            grid: grid(image, patch),
            covered: prefix.len(),
            resampling: Resampling::Bicubic,
        },
        prefix,
        first_norm: None,
        epsilon: config.number("layer_norm_eps", 1e-12)? as f32,
        activation: config.activation("hidden_act", "gelu")?,
        mlp: Mlp::Plain { up: "intermediate.dense", down: "output.dense" },
        biases: Biases::with_qkv(config.flag("qkv_bias", true)?),
        scales: None,
        names: Names {
            patch: "embeddings.patch_embeddings.projection",
            embeddings: "embeddings",
            blocks: "encoder.layer",
            norms: ["layernorm_before", "layernorm_after"],
            attention: "attention",
            qkv: Qkv::Apart([
                "attention.attention.query",
                "attention.attention.key",
                "attention.attention.value",
            ]),
            output: "attention.output.dense",
            feed_forward: "intermediate",
        },
        pooling: Pooling::NormThenClass { norm: "layernorm", tokens: 1 },
    };
    let mut described = Described::new(tower, "the class token behind the last norm");
    described.image = Some(image);
    let has = |name: &str| checkpoint.get(name).is_some();
    described.classifier = has("classifier.weight").then_some("classifier");
    if has("cls_classifier.weight") {
        let remark = "its two classifiers, whose mean is the answer, are left out";
        described.remarks.push(remark.to_owned());
    }
    Ok(described)
}
