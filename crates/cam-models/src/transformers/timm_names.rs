//! What of timm's networks only their names tell.

use cam_graph::Function;

use super::config::Config;
use super::error::FolderError;

/// Families of names that are plain vision transformers.
const TAKEN: [&str; 4] = ["vit_", "deit_", "deit3_", "test_vit"];

/// Parts of names of others under such names, which compute something else, some of them with the same tensors.
const OTHERS: [&str; 18] = [
    "_rpn_", "_rope_", "_pe_", "radio", "sapiens", "lingbot", "_mci_", "_r26_", "_r50_", "resnet",
    "_r_s16", "18x2", "_xp_", "dlittle", "dwee", "dpwee", "pwee", "relpos",
];

/// That an architecture is a plain vision transformer.
pub(super) fn check(config: &Config, name: &str) -> Result<(), FolderError> {
    match is_plain(name) {
        true => Ok(()),
        false => Err(FolderError::UnknownType {
            path: config.path.clone(),
            found: name.chars().take(60).collect(),
        }),
    }
}

pub(super) fn is_plain(name: &str) -> bool {
    let is_taken = TAKEN.iter().any(|start| name.starts_with(start));
    is_taken && !OTHERS.iter().any(|part| name.contains(part))
}

/// The number of heads, which no tensor tells: one for each 64 channels, but for some.
pub(super) fn heads(name: &str, width: usize) -> usize {
    let has = |part: &str| name.contains(part);
    let is_sixteen = has("gigantic")
        || has("giantopt")
        || has("so400m")
        || (has("_huge_") && !has("huge_plus"))
        || (has("_giant_") && width == 1408)
        || name.starts_with("vit_base_patch16_gap");
    match () {
        () if is_sixteen => 16,
        () if has("_7b_") => 32,
        () if name.starts_with("test_vit") => width / 32,
        () => width / 64,
    }
}

/// Which of the networks for pictures with texts approximate their GELU: those of `SigLIP` 2 alone.
pub(super) fn activation(
    config: &Config,
    name: &str,
    is_plain: bool,
) -> Result<Function, FolderError> {
    let has = |part: &str| name.contains(part);
    let approximates = has("siglip")
        && (has("base_patch32") || has("giantopt") || has("so400m_patch16") || has("_512"))
        && !has("base_patch16");
    let usual = match () {
        () if !is_plain => "silu",
        () if has("quickgelu") => "quick_gelu",
        () if approximates => "gelu_tanh",
        () => "gelu",
    };
    config.activation("act_layer", usual)
}
