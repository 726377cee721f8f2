//! transformers' families.

mod clip;
mod convnext;
mod dinov2;
mod dinov3;
mod resnet;
mod siglip;
mod vit;

use super::config::Config;
use super::error::FolderError;
use super::family::Family;

/// Files that say how images are prepared.
const PREPROCESSORS: [&str; 2] = ["preprocessor_config.json", "processor_config.json"];

static FAMILIES: [&Family; 9] = [
    &dinov2::DINOV2,
    &dinov2::WITH_REGISTERS,
    &dinov3::DINOV3,
    &vit::VIT,
    &clip::CLIP,
    &siglip::SIGLIP,
    &convnext::CONVNEXT,
    &convnext::DINOV3_CONVNEXT,
    &resnet::RESNET,
];

/// The family of a folder's settings.
///
/// # Errors
/// Names what is known.
pub(super) fn family(config: &Config) -> Result<&'static Family, FolderError> {
    let found = config.text("model_type")?.unwrap_or_default();
    if matches!(found, "siglip2" | "siglip2_vision_model") {
        let reason = "NaFlex networks take images of many sizes as lists of patches, which is not done here; SigLIP 2 \
                      with a fixed size, such as google/siglip2-base-patch16-224, is";
        return Err(config.error(reason));
    }
    let known = FAMILIES.iter().find(|family| family.types.contains(&found));
    known.copied().ok_or_else(|| FolderError::UnknownType {
        path: config.path.clone(),
        found: found.to_owned(),
    })
}
