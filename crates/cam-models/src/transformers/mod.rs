//! Vision transformers from the folders that their libraries keep: settings, weights and preprocessing as they are.
//!
//! `config.json` says which network, the weights are held against it tensor by tensor, and what comes out is a
//! [`Graph`](cam_graph::Graph) with its numbers, for images of one size: positions that were learned for another grid are
//! taken to it as the network's own library does it.

mod block;
mod builder;
mod config;
mod contract;
mod convnext;
mod embed;
mod error;
mod family;
mod hugging_face;
mod names;
mod open_clip;
mod pool;
mod position;
mod preprocessing;
mod projection;
mod resnet;
mod rope;
mod shards;
mod text;
mod timm;
mod timm_convnext;
mod timm_names;
mod tower;

use std::path::{Path, PathBuf};

use cam_graph::{Graph, Value};

use self::builder::{Builder, Source};
use self::config::Config;
use self::contract::{compare, read};
use self::family::{Body, Described, Family};
use self::names::Named;
use self::tower::Tower;
use crate::LoadError;
use crate::checkpoint::Checkpoint;
use crate::contract::{Mismatches, Strictness};
use crate::{Classifier, Description, Parameters};

pub use error::FolderError;

/// Patches of an image: 4096 pixels at 16 per patch, as many numbers in an attention as fit a large card.
const MOST_PATCHES: usize = 1 << 16;

/// A network that was read from a folder.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadFolder {
    /// The network.
    pub description: Description,
    /// Its numbers.
    pub parameters: Parameters,
    /// The type that its settings say: `dinov2`, `vit_base_patch16_224`, `open_clip`.
    pub family: String,
    /// Which value is the embedding, in words.
    pub embedding: &'static str,
    /// The file of its weights, or the list of those files.
    pub weights: PathBuf,
    /// The file that says how images are prepared; none where the type's defaults are taken.
    pub preprocessor: Option<PathBuf>,
    /// What the user ought to know.
    pub remarks: Vec<String>,
}

/// Whether a path is a folder that holds a network's settings.
pub fn is_network_folder(path: &Path) -> bool {
    path.is_dir() && [CONFIG, OPEN_CLIP].iter().any(|name| path.join(name).is_file())
}

/// The settings of transformers and of timm.
const CONFIG: &str = "config.json";

/// Those of `open_clip`.
const OPEN_CLIP: &str = "open_clip_config.json";

/// A folder's settings, the family that they name, and the file that its weights begin with.
fn settings(folder: &Path) -> Result<(Config, &'static Family, PathBuf), FolderError> {
    let of = |is_open_clip: bool| {
        shards::file(folder, |name| name.starts_with("open_clip") == is_open_clip)
    };
    let (config, open_clip) = (folder.join(CONFIG), folder.join(OPEN_CLIP));
    // Some folders hold a network twice, in transformers' form and in `open_clip`'s.
    let is_open_clip = open_clip.is_file() && (!config.is_file() || of(false).is_none());
    let (config, family) = match is_open_clip {
        true => {
            let config = Config::open(&open_clip)?;
            let family = open_clip::family(&config)?;
            (config, family)
        }
        false => {
            let config = Config::open(&config)?;
            let is_timm = config.has("architecture") && !config.has("model_type");
            let family = if is_timm { &timm::TIMM } else { hugging_face::family(&config)? };
            (config, family)
        }
    };
    let weights = of(is_open_clip).or_else(|| of(!is_open_clip));
    let weights = weights.ok_or_else(|| FolderError::NoWeights { path: folder.to_owned() })?;
    Ok((config, family, weights))
}

/// The files that hold a folder's weights, in the order of their names.
///
/// # Errors
/// [`FolderError`] where there are none, or the list of them is no such list.
pub fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    shards::files(&settings(folder)?.2)
}

/// What a folder's settings call the classes of its classifier, in order; none where they have but placeholders.
pub fn folder_class_names(folder: &Path) -> Option<Vec<String>> {
    Config::open(&folder.join(CONFIG)).ok()?.labels()
}

/// Reads a network from a folder, for images of a width and height in pixels; without them, for the size that its
/// preprocessing says.
///
/// # Errors
/// [`FolderError`]: for settings that say what cannot be, and with every tensor that is missing, unexpected, of another
/// shape or not finite. Nothing of the weights is read before all shapes are known to be right.
pub fn read_folder(
    folder: &Path,
    size: Option<(usize, usize)>,
    strictness: Strictness,
) -> Result<ReadFolder, FolderError> {
    let (config, family, weights) = settings(folder)?;
    let Named { checkpoint, root } = family.spelling.named(&shards::open(&weights)?);
    let described = (family.describe)(&config, &checkpoint)?;
    check_depth(&config, &described, &checkpoint)?;
    let (preprocessing, preprocessor, remarks) =
        preprocessing::of(folder, family, described.image, size)?;
    let (width, height) = preprocessing.size;
    let (graph, mut sources) = build(&config, &described, [height, width], &root)?;
    let classifier = classifier(&described, &checkpoint, &graph, &mut sources);
    let name = name(folder);
    let parameters = numbers(&checkpoint, (&name, &weights), family, sources, strictness)?;
    let said = config.text("model_type")?.or(config.text("architecture")?);
    Ok(ReadFolder {
        description: Description { name, graph, classifier, preprocessing },
        parameters,
        family: said.unwrap_or(family.types[0]).to_owned(),
        embedding: described.embedding,
        weights,
        preprocessor,
        remarks: [described.remarks, remarks].concat(),
    })
}

/// What the network is called: as its folder.
fn name(folder: &Path) -> String {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let named = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    // In the hub's cache a folder is called by its commit: `models--ORG--NAME/snapshots/COMMIT`.
    let cached = whole.parent().filter(|snapshots| snapshots.ends_with("snapshots"));
    let repository = cached.and_then(Path::parent).and_then(named);
    let repository =
        repository.and_then(|name| Some(name.strip_prefix("models--")?.replace("--", "/")));
    repository.or_else(|| named(&whole)).unwrap_or_else(|| "network".to_owned())
}

fn build(
    config: &Config,
    described: &Described,
    size: [usize; 2],
    root: &str,
) -> Result<(Graph, Vec<Source>), FolderError> {
    let mut builder = Builder::new(size, root);
    let x = match &described.body {
        Body::Tower(tower) => tokens(config, tower, size, &mut builder)?,
        Body::ConvNext(network) => network.build(&mut builder),
        Body::ResNet(network) => network.build(&mut builder),
    };
    builder.graph.output = match described.projection {
        Some(projection) => projection.build(&mut builder, x, described.body.width()),
        None => x,
    };
    let Builder { mut graph, sources, .. } = builder;
    graph.name_modules();
    Ok((graph, sources))
}

/// The embedding of a transformer.
fn tokens(
    config: &Config,
    tower: &Tower,
    size: [usize; 2],
    builder: &mut Builder,
) -> Result<Value, FolderError> {
    let grid = family::grid(size, tower.patch);
    let patches = grid[0].saturating_mul(grid[1]);
    if patches == 0 || patches > MOST_PATCHES {
        let ([height, width], [rows, columns]) = (size, tower.patch);
        return Err(config.error(format!(
            "an image of {width}×{height} pixels has {patches} patches of {columns}×{rows}: 1 to {MOST_PATCHES} are possible"
        )));
    }
    let tokens = tower.before() + patches;
    let shared = embed::shared(builder, tower, grid);
    let mut x = embed::embed(builder, tower, grid);
    for index in 0..tower.depth {
        x = block::block(builder, tower, x, shared, index, tokens);
    }
    Ok(pool::pool(builder, tower, x, shared, tokens))
}

/// That the file has as many blocks as the settings say: one sentence instead of hundreds of missing tensors.
fn check_depth(
    config: &Config,
    described: &Described,
    checkpoint: &Checkpoint,
) -> Result<(), FolderError> {
    for (list, said) in described.body.lists() {
        let found = family::blocks(checkpoint, &list);
        if said != found || said == 0 {
            return Err(config.error(format!(
                "the settings say {said} blocks, and the weights hold {found} (`{list}`)"
            )));
        }
    }
    Ok(())
}

/// The layer behind the embedding.
fn classifier(
    described: &Described,
    checkpoint: &Checkpoint,
    graph: &Graph,
    sources: &mut Vec<Source>,
) -> Option<Classifier> {
    let module = described.classifier?;
    let width = described.width();
    let name = |part: &str| format!("{module}.{part}");
    let classes = *checkpoint.shape(&name("weight"))?.first()?;
    let has_bias = checkpoint.get(&name("bias")).is_some();
    let shapes = [("weight", vec![classes, width]), ("bias", vec![classes])];
    for (part, shape) in shapes.into_iter().take(1 + usize::from(has_bias)) {
        debug_assert!(!graph.parameters.contains_key(&name(part)));
        sources.push(Source {
            parameter: name(part),
            tensors: vec![(name(part), shape)],
            make: Box::new(|mut values| values.pop().unwrap_or_default()),
        });
    }
    let bias = has_bias.then(|| name("bias"));
    Some(Classifier { weight: name("weight"), bias, classes })
}

/// The numbers, once the file is known to have them all.
fn numbers(
    checkpoint: &Checkpoint,
    (name, weights): (&str, &Path),
    family: &Family,
    sources: Vec<Source>,
    strictness: Strictness,
) -> Result<Parameters, FolderError> {
    let refuse = |mismatches: Mismatches| {
        FolderError::Weights(LoadError::Contract {
            path: weights.to_owned(),
            network: format!("{name} ({})", family.types[0]),
            mismatches: Box::new(mismatches),
        })
    };
    let mut mismatches = compare(checkpoint, &sources, &family.spelling);
    // A transformer has no tensor that may be missing.
    let is_sound = |it: &Mismatches| it.missing.is_empty() && it.are_forgiven(strictness);
    if !is_sound(&mismatches) {
        return Err(refuse(mismatches));
    }
    let parameters = read(checkpoint, sources, &mut mismatches);
    if is_sound(&mismatches) { Ok(parameters) } else { Err(refuse(mismatches)) }
}
