//! DINOv2 (Oquab et al. 2023), and with registers (Darcet et al. 2023).

use cam_graph::Function;

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family, grid};
use super::super::names::Spelling;
use super::super::position::Resampling;
use super::super::tower::{Biases, Mlp, Names, Pooling, Position, Qkv, Tower};
use super::PREPROCESSORS;
use crate::checkpoint::Checkpoint;

/// As facebook's files have it, which differs from the class's defaults.
const PROCESSOR: &str = r#"{"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256},
    "crop_size": {"height": 224, "width": 224}, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}"#;

const SPELLING: Spelling = Spelling {
    anchor: "embeddings.patch_embeddings.projection.weight",
    renamed: &[
        (".attention.q_proj.", ".attention.attention.query."),
        (".attention.k_proj.", ".attention.attention.key."),
        (".attention.v_proj.", ".attention.attention.value."),
        (".attention.o_proj.", ".attention.output.dense."),
        (".mlp.down_proj.", ".mlp.weights_out."),
    ],
    // It reads the mean of the patches too.
    ignored: &["classifier."],
};

pub(super) static DINOV2: Family = Family {
    types: &["dinov2"],
    spelling: SPELLING,
    describe: |config, checkpoint| describe(config, checkpoint, 0, Resampling::Bicubic),
    processor: PROCESSOR,
    preprocessors: &PREPROCESSORS,
};

pub(super) static WITH_REGISTERS: Family = Family {
    types: &["dinov2_with_registers"],
    spelling: SPELLING,
    describe: |config, checkpoint| {
        let registers = config.count_or_none("num_register_tokens", 4)?;
        describe(config, checkpoint, registers, Resampling::Antialiased)
    },
    processor: PROCESSOR,
    preprocessors: &PREPROCESSORS,
};

fn describe(
    config: &Config,
    checkpoint: &Checkpoint,
    registers: usize,
    resampling: Resampling,
) -> Result<Described, FolderError> {
    let width = config.width("hidden_size", 768)?;
    let heads = config.count("num_attention_heads", 12)?;
    config.check_heads(width, heads)?;
    let image = config.sides("image_size", 224)?;
    let patch = config.sides("patch_size", 14)?;
    let hidden = config.multiple("mlp_ratio", 4.0, width)?;
    let is_gated = config.flag("use_swiglu_ffn", false)?;
    let is_apart = checkpoint.get("encoder.layer.0.mlp.gate_proj.weight").is_some();
    let mlp = match (is_gated, is_apart) {
        (false, _) => Mlp::Plain { up: "mlp.fc1", down: "mlp.fc2" },
        (true, false) => Mlp::Packed { both: "mlp.weights_in", down: "mlp.weights_out" },
        (true, true) => {
            Mlp::Gated { gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.weights_out" }
        }
    };
    let activation = match is_gated {
        true => Function::Swish { beta: 1.0 },
        false => config.activation("hidden_act", "gelu")?,
    };
    let mut prefix = vec![("embeddings.cls_token", 1)];
    prefix.extend((registers > 0).then_some(("embeddings.register_tokens", registers)));
    let tower = Tower {
        width,
        depth: config.count("num_hidden_layers", 12)?,
        heads,
        hidden: if is_gated { (hidden * 2 / 3).div_ceil(8) * 8 } else { hidden },
        patch,
        patch_bias: true,
        prefix,
        position: Position::Learned {
            tensor: "embeddings.position_embeddings",
            is_batched: true,
            grid: grid(image, patch),
            covered: 1,
            resampling,
        },
        first_norm: None,
        epsilon: config.number("layer_norm_eps", 1e-6)? as f32,
        activation,
        mlp,
        biases: Biases::with_qkv(config.flag("qkv_bias", true)?),
        scales: Some(["layer_scale1.lambda1", "layer_scale2.lambda1"]),
        names: Names {
            patch: "embeddings.patch_embeddings.projection",
            embeddings: "embeddings",
            blocks: "encoder.layer",
            norms: ["norm1", "norm2"],
            attention: "attention",
            qkv: Qkv::Apart([
                "attention.attention.query",
                "attention.attention.key",
                "attention.attention.value",
            ]),
            output: "attention.output.dense",
            feed_forward: "mlp",
        },
        pooling: Pooling::NormThenClass { norm: "layernorm", tokens: 1 },
    };
    let mut described = Described::new(tower, "the class token behind the last norm");
    if checkpoint.get("classifier.weight").is_some() {
        let remark =
            "its classifier reads the mean of the patches beside the embedding, and is left out";
        described.remarks.push(remark.to_owned());
    }
    Ok(described)
}
