//! `open_clip`'s image towers: its own vision transformers, and networks of timm.

mod adapter;
mod own;
mod timm;

use super::config::Config;
use super::error::FolderError;
use super::family::Family;

/// The text tower, which lies beside the image's, and what the two share.
const TEXT: [&str; 10] = [
    "transformer.resblocks.",
    "token_embedding.",
    "positional_embedding",
    "ln_final.",
    "text_projection",
    "text_projection.",
    "text.",
    "attn_mask",
    "logit_scale",
    "logit_bias",
];

/// The file of settings, which says how images are prepared too.
const PREPROCESSORS: [&str; 1] = ["open_clip_config.json"];

/// The way out for what is not done here.
const EXPORT: &str = "export its `encode_image` to ONNX and take that file";

/// The family of a folder's settings.
///
/// # Errors
/// Where the image tower is a network of timm's that is not read, with a way out.
pub(super) fn family(config: &Config) -> Result<&'static Family, FolderError> {
    let vision = config.inner("model_cfg")?.inner("vision_cfg")?;
    match vision.text("timm_model_name")? {
        Some(name) => timm::family(config, name),
        None => Ok(&own::OWN),
    }
}
