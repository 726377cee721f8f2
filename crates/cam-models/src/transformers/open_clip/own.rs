//! `open_clip`'s own image tower, a vision transformer.

use cam_graph::Function;

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family, grid};
use super::super::names::Spelling;
use super::super::position::Resampling;
use super::super::projection::{Layers, Projection};
use super::super::tower::{Biases, Mlp, Names, Pooling, Position, Qkv, Tower};
use super::{EXPORT, PREPROCESSORS, TEXT};
use crate::checkpoint::Checkpoint;

pub(super) static OWN: Family = Family {
    types: &["open_clip"],
    spelling: Spelling { anchor: "visual.conv1.weight", renamed: &[], ignored: &TEXT },
    describe,
    processor: "",
    preprocessors: &PREPROCESSORS,
};

/// Parts that are not done here, and what they are where they are off.
const OFF: [(&str, bool); 8] = [
    ("attentional_pool", false),
    ("no_ln_pre", false),
    ("qk_norm", false),
    ("scaled_cosine_attn", false),
    ("scale_heads", false),
    ("scale_attn_inner", false),
    ("scale_attn", false),
    ("scale_fc", false),
];

fn describe(whole: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let model = whole.inner("model_cfg")?;
    let config = model.inner("vision_cfg")?;
    check(whole, &config)?;
    let width = config.width("width", 768)?;
    let head = config.width("head_width", 64)?;
    let heads = width / head;
    config.check_heads(width, heads)?;
    let image = config.sides("image_size", 224)?;
    let patch = config.sides("patch_size", 16)?;
    let activation = match model.flag("quick_gelu", false)? {
        true => Function::Swish { beta: 1.702 },
        false => match config.inner("act_kwargs")?.text("approximate")? {
            Some("tanh") => Function::GeluTanh,
            _ => Function::Gelu,
        },
    };
    let has = |tensor: &str| checkpoint.get(tensor).is_some();
    let scales =
        has("visual.transformer.resblocks.0.ls_1.gamma").then_some(["ls_1.gamma", "ls_2.gamma"]);
    let tower = Tower {
        width,
        depth: config.count("layers", 12)?,
        heads,
        hidden: config.multiple("mlp_ratio", 4.0, width)?,
        patch,
        patch_bias: false,
        prefix: vec![("visual.class_embedding", 1)],
        position: Position::Learned {
            tensor: "visual.positional_embedding",
            is_batched: false,
            grid: grid(image, patch),
            covered: 1,
            resampling: Resampling::Antialiased,
        },
        first_norm: Some("visual.ln_pre"),
        epsilon: config.inner("norm_kwargs")?.number("eps", 1e-5)? as f32,
        activation,
        mlp: Mlp::Plain { up: "mlp.c_fc", down: "mlp.c_proj" },
        biases: Biases::ALL,
        scales,
        names: Names {
            patch: "visual.conv1",
            embeddings: "visual",
            blocks: "visual.transformer.resblocks",
            norms: ["ln_1", "ln_2"],
            attention: "attn",
            qkv: Qkv::Bare(["attn.in_proj_weight", "attn.in_proj_bias"]),
            output: "attn.out_proj",
            feed_forward: "mlp",
        },
        pooling: Pooling::ClassThenNorm { norm: "visual.ln_post" },
    };
    let mut described = Described::new(tower, "the class token, normalised and projected");
    described.image = Some(image);
    described.projection = Some(Projection {
        beside: "",
        layers: Layers::Transposed { tensor: "visual.proj" },
        width: model.width("embed_dim", 512)?,
    });
    Ok(described)
}

/// That nothing is asked for that is not done here.
fn check(whole: &Config, config: &Config) -> Result<(), FolderError> {
    if config.is_list("layers") {
        return Err(whole.error(format!(
            "its image tower is a ResNet, which is not read from a folder; {EXPORT}"
        )));
    }
    for (name, off) in OFF {
        if config.flag(name, off)? != off {
            return Err(whole.error(format!("`{name}` is on, which is not done here; {EXPORT}")));
        }
    }
    let others = [("pool_type", "tok"), ("pos_embed_type", "learnable"), ("block_type", "default")];
    for (name, usual) in others {
        if let Some(found) = config.text(name)?.filter(|found| *found != usual) {
            return Err(whole.error(format!(
                "`{name}` is {found:?}, and only {usual:?} is done here; {EXPORT}"
            )));
        }
    }
    Ok(())
}
