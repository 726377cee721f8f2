//! How `open_clip` adapts a network of timm: `visual.trunk` is timm's, `visual.head` stands behind it.

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::Described;
use super::super::projection::{Layers, Projection};
use super::EXPORT;

/// What stands in front of timm's names.
const TRUNK: &str = "visual.trunk.";

/// What becomes of timm's network.
pub(super) struct Adapter {
    /// What timm calls it.
    pub name: String,
    /// How it pools; empty for the way that it has by itself.
    pub pool: String,
    /// Height and width in pixels of the images that it was made for.
    pub image: [usize; 2],
    /// The layers behind the pooling.
    projection: Option<Projection>,
}

impl Adapter {
    /// As the settings say; timm calls its own last layer `classifier`.
    pub fn of(whole: &Config, classifier: &'static str) -> Result<Self, FolderError> {
        let model = whole.inner("model_cfg")?;
        let vision = model.inner("vision_cfg")?;
        let has_bias = vision.flag("timm_proj_bias", false)?;
        let layers = match or_null(&vision, "timm_proj", "linear")? {
            "none" => None,
            // As many classes as the embedding has numbers.
            "" => Some(("", Layers::Linear { module: classifier, has_bias: true })),
            "linear" => Some((TRUNK, Layers::Linear { module: "visual.head.proj", has_bias })),
            "mlp" => {
                let [module, up, down] =
                    ["visual.head.mlp", "visual.head.mlp.fc1", "visual.head.mlp.fc2"];
                Some((TRUNK, Layers::Mlp { module, up, down, has_bias }))
            }
            other => {
                return Err(whole.error(format!(
                    "`timm_proj` is {other:?}, and takes \"linear\", \"mlp\", \"none\" or \"\""
                )));
            }
        };
        let pool = or_null(&vision, "timm_pool", "avg")?;
        let is_beside = layers.is_some_and(|(beside, _)| !beside.is_empty());
        check(whole, pool, is_beside)?;
        let width = model.width("embed_dim", 512)?;
        Ok(Self {
            name: architecture(vision.text("timm_model_name")?.unwrap_or_default()).to_owned(),
            pool: pool.to_owned(),
            image: vision.sides("image_size", 224)?,
            projection: layers.map(|(beside, layers)| Projection { beside, layers, width }),
        })
    }

    /// timm's network without its classifier, and the layers behind it.
    pub fn around(self, mut described: Described) -> Described {
        described.image = Some(self.image);
        described.classifier = None;
        described.projection = self.projection;
        if self.projection.is_some() {
            described.embedding = "what timm's network pools, projected (encode_image)";
        }
        described
    }
}

/// That a vector comes out, by a pooling that is done here.
fn check(whole: &Config, pool: &str, is_beside: bool) -> Result<(), FolderError> {
    if matches!(pool, "abs_attn" | "rot_attn") {
        return Err(whole.error(format!(
            "`timm_pool` is {pool:?}, an attention over a map of features, which is not done here; {EXPORT}"
        )));
    }
    // Without a layer beside it, timm takes the empty name for no pooling.
    if pool.is_empty() && !is_beside {
        return Err(whole.error(
            "`timm_pool` is empty and `timm_proj` neither \"linear\" nor \"mlp\": such a network gives no vector",
        ));
    }
    Ok(())
}

/// A name without the tag of its weights.
pub(super) fn architecture(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
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
