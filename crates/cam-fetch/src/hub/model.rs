//! What makes a model: configurations and weights.

use crate::hub::cache::Known;
use crate::hub::caches::Caches;
use crate::hub::open::open;
use crate::hub::site::Site;
use crate::hub::snapshot::Snapshot;
use crate::hub::weights::{Weights, shards};
use crate::hub::{Folder, HubError, HubOptions, HubProgress, Reference};

const CONFIG: &str = "config.json";
const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";
const PREPROCESSOR: &str = "preprocessor_config.json";

/// Weights for `config.json` (transformers, timm), the safest and fastest to read first.
const WEIGHTS: [&str; 3] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"];
/// Weights for `open_clip_config.json`.
const OPEN_CLIP_WEIGHTS: [&str; 2] = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"];

/// A model's files.
#[derive(Debug)]
#[non_exhaustive]
pub struct Model {
    /// Where they lie.
    pub folder: Folder,
    /// The configuration that describes the weights: `config.json` or `open_clip_config.json`. The other may be there too,
    /// for weights of other names.
    pub config: &'static str,
    /// Which weights were taken.
    pub weights: Weights,
}

/// Brings what makes a model: `config.json` or `open_clip_config.json` (or both), `preprocessor_config.json` if there
/// is one, and weights.
///
/// Weights that are on this machine already are taken before any that would be downloaded. Otherwise it is the first
/// that exists of `model.safetensors`, `model.safetensors.index.json` with the files that it names, `pytorch_model.bin`,
/// `open_clip_model.safetensors` and `open_clip_pytorch_model.bin`; without a `config.json` open_clip's come first.
///
/// # Errors
/// As [`files`](crate::hub::files); [`HubError::NoModel`] if there is no configuration or no weights, and
/// [`HubError::Index`].
pub fn model(
    reference: &Reference,
    options: &HubOptions,
    progress: &mut HubProgress<'_>,
) -> Result<Model, HubError> {
    let configurations = [CONFIG, OPEN_CLIP_CONFIG, PREPROCESSOR];
    let mut snapshot = open(Site { reference, options }, &configurations, &is_whole)?;
    let has_config = snapshot.try_bring(CONFIG, progress)?;
    let has_open_clip = snapshot.try_bring(OPEN_CLIP_CONFIG, progress)?;
    if !has_config && !has_open_clip {
        return Err(none_of(&mut snapshot, vec![CONFIG, OPEN_CLIP_CONFIG]));
    }
    snapshot.try_bring(PREPROCESSOR, progress)?;
    let names = order(has_config);
    let here = names.iter().find(|name| is_here(&snapshot.caches, &snapshot.commit, name)).copied();
    for name in here.map_or(names.clone(), |name| vec![name]) {
        if snapshot.try_bring(name, progress)? {
            let weights = with_shards(&mut snapshot, name, progress)?;
            let is_open_clip = !has_config || (has_open_clip && OPEN_CLIP_WEIGHTS.contains(&name));
            let config = if is_open_clip { OPEN_CLIP_CONFIG } else { CONFIG };
            return Ok(Model { folder: snapshot.folder()?, config, weights });
        }
    }
    Err(none_of(&mut snapshot, names))
}

fn order(has_config: bool) -> Vec<&'static str> {
    match has_config {
        true => [&WEIGHTS[..], &OPEN_CLIP_WEIGHTS].concat(),
        false => [&OPEN_CLIP_WEIGHTS[..], &WEIGHTS].concat(),
    }
}

/// Whether a commit's files on this machine make a model.
fn is_whole(caches: &Caches, commit: &str) -> bool {
    let has = |name| caches.look(commit, name) == Known::Here;
    (has(CONFIG) || has(OPEN_CLIP_CONFIG))
        && order(true).into_iter().any(|name| is_here(caches, commit, name))
}

/// Whether weights are on this machine, with all their shards.
fn is_here(caches: &Caches, commit: &str, name: &str) -> bool {
    let has = |name: &str| caches.look(commit, name) == Known::Here;
    let has_shards = || {
        let shards = shards(&caches.path(commit, name));
        shards.is_ok_and(|shards| shards.iter().all(|shard| has(shard)))
    };
    has(name) && (!is_index(name) || has_shards())
}

fn with_shards(
    snapshot: &mut Snapshot<'_>,
    name: &str,
    progress: &mut HubProgress<'_>,
) -> Result<Weights, HubError> {
    if !is_index(name) {
        return Ok(Weights::Whole(name.to_owned()));
    }
    let shards = shards(&snapshot.caches.path(&snapshot.commit, name)).map_err(|problem| {
        let reference = snapshot.site.reference.to_string();
        HubError::Index { reference, file: name.to_owned(), problem }
    })?;
    for shard in &shards {
        snapshot.bring(shard, progress)?;
    }
    Ok(Weights::Shards { index: name.to_owned(), shards })
}

fn is_index(name: &str) -> bool {
    name.ends_with(".index.json")
}

fn none_of(snapshot: &mut Snapshot<'_>, wanted: Vec<&'static str>) -> HubError {
    let reference = snapshot.site.reference.to_string();
    let what = format!("any of {}", wanted.join(", "));
    snapshot.missing(&what, HubError::NoModel { reference, wanted })
}
