//! timm's vision transformers: what the settings do not say follows from the tensors, and the rest from the name.

use super::config::Config;
use super::error::FolderError;
use super::family::{Described, Family, blocks, grid};
use super::names::Spelling;
use super::position::Resampling;
use super::timm_names;
use super::tower::{
    AttentionPooling, Biases, Mlp, Names, Pooling, PoolingLayers, Position, Qkv, Tower,
};
use crate::checkpoint::Checkpoint;

/// The tensor that each of them has.
pub(super) const ANCHOR: &str = "patch_embed.proj.weight";

pub(super) static TIMM: Family = Family {
    types: &["timm"],
    spelling: Spelling {
        anchor: ANCHOR,
        renamed: &[],
        // A distilled network has two heads, and neither is what answers.
        ignored: &["head.", "head_dist.", "rope.periods"],
    },
    describe,
    processor: "",
    preprocessors: &["config.json"],
};

/// Arguments that the tensors tell too, or that have no effect here.
const TOLD: [&str; 16] = [
    "img_size",
    "num_classes",
    "class_token",
    "reg_tokens",
    "no_embed_class",
    "init_values",
    "dynamic_img_size",
    "patch_size",
    "embed_dim",
    "depth",
    "mlp_ratio",
    "pre_norm",
    "fc_norm",
    "qkv_bias",
    "strict_img_size",
    "in_chans",
];

pub(super) fn describe(config: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let name = config.text("architecture")?.unwrap_or_default();
    timm_names::check(config, name)?;
    let arguments = config.inner("model_args")?;
    let known = [&TOLD[..], &["num_heads", "act_layer", "global_pool"]].concat();
    if let Some(other) = arguments.fields().find(|field| !known.contains(field)) {
        return Err(config.error(format!("the argument `{other}` in `model_args` is not known")));
    }
    let shape = |tensor: &str| checkpoint.shape(tensor).unwrap_or_default();
    let has = |tensor: &str| checkpoint.get(tensor).is_some();
    let &[width, _, down, across] = shape(ANCHOR) else {
        return Err(config.error("the weights have no `patch_embed.proj.weight` of four axes"));
    };
    config.told("a width", width)?;
    let is_rotary = name.contains("dinov3");
    let heads = arguments.count("num_heads", timm_names::heads(name, width))?;
    config.check_heads(width, heads)?;
    if is_rotary && !(width / heads).is_multiple_of(4) {
        return Err(config.error("a head has no quarters to turn"));
    }
    let mut prefix = Vec::new();
    for tensor in ["cls_token", "dist_token", "reg_token"] {
        if let &[_, tokens, _] = shape(tensor) {
            prefix.push((tensor, config.told("a number of tokens", tokens)?));
        }
    }
    let before: usize = prefix.iter().map(|(_, tokens)| tokens).sum();
    let patch = [config.told("a patch", down)?, config.told("a patch", across)?];
    let position = match is_rotary {
        true => Position::Rotary { theta: 100.0 },
        false => learned(config, shape("pos_embed"), patch, before)?,
    };
    let (mlp, hidden) = mlp(&shape, &has);
    config.told("an MLP", hidden)?;
    let activation = timm_names::activation(&arguments, name, matches!(mlp, Mlp::Plain { .. }))?;
    let said = arguments.text("global_pool")?.or(config.text("global_pool")?);
    let (pooling, embedding) = pooling(config, said, &has, &shape)?;
    let is_eva = has("blocks.0.gamma_1");
    let tower = Tower {
        width,
        depth: blocks(checkpoint, "blocks").min(1 << 10),
        heads,
        hidden,
        patch,
        patch_bias: has("patch_embed.proj.bias"),
        prefix,
        position,
        first_norm: has("norm_pre.weight").then_some("norm_pre"),
        epsilon: if is_rotary || name.contains("_clip_") { 1e-5 } else { 1e-6 },
        activation,
        mlp,
        biases: biases(&has),
        scales: match is_eva {
            true => Some(["gamma_1", "gamma_2"]),
            false => has("blocks.0.ls1.gamma").then_some(["ls1.gamma", "ls2.gamma"]),
        },
        names: Names {
            patch: "patch_embed.proj",
            embeddings: "",
            blocks: "blocks",
            norms: ["norm1", "norm2"],
            attention: "attn",
            qkv: match has("blocks.0.attn.q_bias") {
                true => Qkv::PackedWithBiases {
                    both: "attn.qkv",
                    biases: [Some("attn.q_bias"), None, Some("attn.v_bias")],
                },
                false => Qkv::Packed("attn.qkv"),
            },
            output: "attn.proj",
            feed_forward: "mlp",
        },
        pooling,
    };
    let mut described = Described::new(tower, embedding);
    let is_one = !has("head_dist.weight");
    described.classifier = (is_one && has("head.weight")).then_some("head");
    if !is_one {
        described
            .remarks
            .push("its two classifiers, whose mean is the answer, are left out".into());
    }
    Ok(described)
}

/// The grid that positions were learned for, and which of the tokens in front have one.
fn learned(
    config: &Config,
    shape: &[usize],
    patch: [usize; 2],
    before: usize,
) -> Result<Position, FolderError> {
    let rows = match shape {
        &[1, rows, _] => rows.min(1 << 32),
        _ => return Err(config.error("the weights have no `pos_embed` of three axes")),
    };
    let said = match config.inner("pretrained_cfg")?.list("input_size", &[])?[..] {
        [3, height, width] => Some([height, width]),
        _ => None,
    };
    let arguments = config.inner("model_args")?;
    let said = match arguments.has("img_size") {
        true => Some(arguments.sides("img_size", 224)?),
        false => said,
    };
    let said = said.map(|size| grid(size, patch));
    let square = |rows: usize| {
        let side = rows.isqrt();
        (side > 0 && side * side == rows).then_some([side, side])
    };
    let fits = |covered: usize| {
        let patches = rows.checked_sub(covered)?;
        let said = said.filter(|grid| grid[0].checked_mul(grid[1]) == Some(patches));
        Some((said.or_else(|| square(patches))?, covered))
    };
    let (grid, covered) = fits(before).or_else(|| fits(0)).ok_or_else(|| {
        config.error(format!("{rows} positions are no square grid behind {before} tokens"))
    })?;
    Ok(Position::Learned {
        tensor: "pos_embed",
        is_batched: true,
        grid,
        covered,
        resampling: Resampling::Antialiased,
    })
}

/// The MLP by its tensors, and the channels in it.
fn mlp<'a>(shape: &impl Fn(&str) -> &'a [usize], has: &impl Fn(&str) -> bool) -> (Mlp, usize) {
    let down = "mlp.fc2";
    let hidden = shape("blocks.0.mlp.fc2.weight").get(1).copied().unwrap_or(1);
    let wide = shape("blocks.0.mlp.fc1.weight").first().copied();
    let mlp = match () {
        () if has("blocks.0.mlp.fc1_g.weight") => {
            Mlp::Gated { gate: "mlp.fc1_g", up: "mlp.fc1_x", down }
        }
        () if wide == hidden.checked_mul(2) => Mlp::Packed { both: "mlp.fc1", down },
        () => Mlp::Plain { up: "mlp.fc1", down },
    };
    (mlp, hidden)
}

fn biases(has: &impl Fn(&str) -> bool) -> Biases {
    let (all, own) = (has("blocks.0.attn.qkv.bias"), has("blocks.0.attn.q_bias"));
    Biases {
        query: all || own,
        key: all,
        value: all || own,
        output: has("blocks.0.attn.proj.bias"),
        mlp: has("blocks.0.mlp.fc2.bias"),
    }
}

/// What becomes of the tokens, as the settings say, or as the tensors tell.
fn pooling<'a>(
    config: &Config,
    said: Option<&str>,
    has: &impl Fn(&str) -> bool,
    shape: &impl Fn(&str) -> &'a [usize],
) -> Result<(Pooling, &'static str), FolderError> {
    let told = match () {
        () if has("attn_pool.latent") => "map",
        () if has("fc_norm.weight") || !has("cls_token") => "avg",
        () => "token",
    };
    let norm = || has("norm.weight").then_some("norm");
    Ok(match said.unwrap_or(told) {
        "token" if has("cls_token") => {
            let tokens = if has("dist_token") { 2 } else { 1 };
            let embedding = match tokens {
                1 => "the class token behind the last norm",
                _ => "the mean of both class tokens behind the last norm",
            };
            (Pooling::NormThenClass { norm: "norm", tokens }, embedding)
        }
        "avg" => {
            let behind = has("fc_norm.weight").then_some("fc_norm");
            (Pooling::Mean { before: norm(), behind }, "the mean of the patches, normalised")
        }
        "map" => {
            let hidden = shape("attn_pool.mlp.fc1.weight").first().copied().unwrap_or(1);
            let hidden = config.told("a pooling's MLP", hidden)?;
            let pooling = AttentionPooling {
                before: "norm",
                module: "attn_pool",
                attention: "attn_pool",
                probe: "attn_pool.latent",
                layers: PoolingLayers::QueryAndRest(["attn_pool.q", "attn_pool.kv"]),
                output: "attn_pool.proj",
                norm: "attn_pool.norm",
                up: "attn_pool.mlp.fc1",
                down: "attn_pool.mlp.fc2",
                hidden,
            };
            (Pooling::Attention(pooling), "what the attention pooling gives")
        }
        other => {
            let reason = format!("a pooling of {other:?} is not known: token, avg and map are");
            return Err(config.error(reason));
        }
    })
}
