//! Networks of timm as image towers of `open_clip`: `visual.trunk` is timm's, `visual.head` stands behind it.

use serde_json::json;

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family};
use super::super::names::Spelling;
use super::super::projection::{Layers, Projection};
use super::super::{timm, timm_convnext, timm_names};
use super::{PREPROCESSORS, TEXT};
use crate::checkpoint::Checkpoint;

static TRANSFORMER: Family = Family {
    types: &["open_clip"],
    spelling: Spelling { anchor: timm::ANCHOR, renamed: &[], ignored: &TEXT },
    describe: of_transformer,
    processor: "",
    preprocessors: &PREPROCESSORS,
};

static CONVNEXT: Family = Family {
    types: &["open_clip"],
    spelling: Spelling { anchor: timm_convnext::ANCHOR, renamed: &[], ignored: &TEXT },
    describe: of_convnext,
    processor: "",
    preprocessors: &PREPROCESSORS,
};

/// By the name that timm has for the network.
pub(super) fn family(config: &Config, name: &str) -> Result<&'static Family, FolderError> {
    match architecture(name) {
        name if timm_names::is_plain(name) => Ok(&TRANSFORMER),
        name if timm_convnext::is_known(name) => Ok(&CONVNEXT),
        name => {
            let name: String = name.chars().take(60).collect();
            Err(config.error(format!(
                "its image tower is timm's {name:?}, which is not read from a folder: timm's plain vision transformers \
                 and convnext_tiny to convnext_xxlarge are; {EXPORT}"
            )))
        }
    }
}

const EXPORT: &str = "export its `encode_image` to ONNX and take that file";

/// A name without the tag of its weights.
fn architecture(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// What becomes of timm's network.
struct Adapter<'a> {
    /// What timm calls it.
    name: &'a str,
    /// How it pools; empty for the way that it has by itself.
    pool: &'a str,
    head: Head,
    image: [usize; 2],
    /// Width of the embedding.
    width: usize,
}

/// The layers behind the pooling.
enum Head {
    /// None.
    Nothing,
    /// timm's own classifier, with as many classes as the embedding has numbers.
    Classifier,
    Linear {
        has_bias: bool,
    },
    Mlp {
        has_bias: bool,
    },
}

fn of_transformer(whole: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let model = whole.inner("model_cfg")?;
    let vision = model.inner("vision_cfg")?;
    let adapter = Adapter::of(whole, &model, &vision)?;
    let pool = match adapter.pool {
        // The only ones that pool otherwise than their tensors tell.
        "" if adapter.name.contains("dinov3") => "avg",
        pool => pool,
    };
    let pool = (!pool.is_empty()).then_some(pool);
    let config = whole.instead([
        ("architecture", adapter.name.into()),
        ("model_args", json!({"img_size": adapter.image, "global_pool": pool})),
    ]);
    let described = timm::describe(&config, checkpoint)?;
    Ok(adapter.finish(described, "head"))
}

fn of_convnext(whole: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let model = whole.inner("model_cfg")?;
    let vision = model.inner("vision_cfg")?;
    let adapter = Adapter::of(whole, &model, &vision)?;
    if !["", "avg"].contains(&adapter.pool) {
        let pool = adapter.pool;
        return Err(whole.error(format!(
            "`timm_pool` is {pool:?}, and a ConvNeXt takes \"avg\" or \"\" here; {EXPORT}"
        )));
    }
    let network = timm_convnext::describe(whole, adapter.name, checkpoint)?;
    let described = Described::new(network, "the mean over positions, normalised");
    Ok(adapter.finish(described, "head.fc"))
}

impl<'a> Adapter<'a> {
    fn of(whole: &Config, model: &Config, vision: &'a Config) -> Result<Self, FolderError> {
        let pool = or_null(vision, "timm_pool", "avg")?;
        let has_bias = vision.flag("timm_proj_bias", false)?;
        let head = match or_null(vision, "timm_proj", "linear")? {
            "" => Head::Classifier,
            "none" => Head::Nothing,
            "linear" => Head::Linear { has_bias },
            "mlp" => Head::Mlp { has_bias },
            other => {
                return Err(whole.error(format!(
                    "`timm_proj` is {other:?}, and takes \"linear\", \"mlp\", \"none\" or \"\""
                )));
            }
        };
        if matches!(pool, "abs_attn" | "rot_attn") {
            return Err(whole.error(format!(
                "`timm_pool` is {pool:?}, an attention over a map of features, which is not done here; {EXPORT}"
            )));
        }
        if pool.is_empty() && matches!(head, Head::Nothing | Head::Classifier) {
            return Err(whole.error(
                "`timm_pool` is empty and `timm_proj` neither \"linear\" nor \"mlp\": such a network gives no vector",
            ));
        }
        Ok(Self {
            name: architecture(vision.text("timm_model_name")?.unwrap_or_default()),
            pool,
            head,
            image: vision.sides("image_size", 224)?,
            width: model.width("embed_dim", 512)?,
        })
    }

    /// timm's network without its classifier, and the layers behind it.
    fn finish(self, mut described: Described, classifier: &'static str) -> Described {
        described.image = Some(self.image);
        described.classifier = None;
        let layers = match self.head {
            Head::Nothing => return described,
            Head::Classifier => Layers::Linear { module: classifier, has_bias: true },
            Head::Linear { has_bias } => Layers::Linear { module: "visual.head.proj", has_bias },
            Head::Mlp { has_bias } => Layers::Mlp {
                module: "visual.head.mlp",
                up: "visual.head.mlp.fc1",
                down: "visual.head.mlp.fc2",
                has_bias,
            },
        };
        let is_trunk_s = matches!(self.head, Head::Classifier);
        let beside = if is_trunk_s { "" } else { "visual.trunk." };
        described.projection = Some(Projection { beside, layers, width: self.width });
        described.embedding = "what timm's network pools, projected (encode_image)";
        described
    }
}

/// A text, where null is the empty one and nothing is the default.
fn or_null<'a>(
    config: &'a Config,
    name: &str,
    default: &'static str,
) -> Result<&'a str, FolderError> {
    let is_said = config.fields().any(|field| field == name);
    Ok(config.text(name)?.unwrap_or(if is_said { "" } else { default }))
}
