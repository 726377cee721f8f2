//! Networks of timm as image towers of `open_clip`.

use serde_json::json;

use super::super::config::Config;
use super::super::error::FolderError;
use super::super::family::{Described, Family};
use super::super::names::Spelling;
use super::super::{timm, timm_convnext, timm_names};
use super::adapter::{Adapter, architecture};
use super::{EXPORT, PREPROCESSORS, TEXT};
use crate::checkpoint::Checkpoint;

static TRANSFORMER: Family = Family {
    types: &["open_clip"],
    spelling: Spelling { anchor: timm::ANCHOR, renamed: &[], ignored: &TEXT },
    describe: transformer,
    processor: "",
    preprocessors: &PREPROCESSORS,
};

static CONVNEXT: Family = Family {
    types: &["open_clip"],
    spelling: Spelling { anchor: timm_convnext::ANCHOR, renamed: &[], ignored: &TEXT },
    describe: convnext,
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

fn transformer(whole: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let adapter = Adapter::of(whole, "head")?;
    let pool = match adapter.pool.as_str() {
        // The only ones that pool otherwise than their tensors tell.
        "" if adapter.name.contains("dinov3") => Some("avg"),
        "" => None,
        pool => Some(pool),
    };
    let arguments = json!({"img_size": adapter.image, "global_pool": pool});
    let own = [("architecture", adapter.name.as_str().into()), ("model_args", arguments)];
    let described = timm::describe(&whole.instead(own), checkpoint)?;
    Ok(adapter.around(described))
}

fn convnext(whole: &Config, checkpoint: &Checkpoint) -> Result<Described, FolderError> {
    let adapter = Adapter::of(whole, "head.fc")?;
    if !["", "avg"].contains(&adapter.pool.as_str()) {
        let pool = &adapter.pool;
        return Err(whole.error(format!(
            "`timm_pool` is {pool:?}, and a ConvNeXt takes \"avg\" or \"\" here; {EXPORT}"
        )));
    }
    let network = timm_convnext::describe(whole, &adapter.name, checkpoint)?;
    Ok(adapter.around(Described::new(network, "the mean over positions, normalised")))
}
