//! Vision transformers from the folders that their libraries keep: settings, weights and preprocessing as they are.
//!
//! `config.json` says which network, the weights are held against it tensor by tensor, and what comes out is a
//! [`Graph`](cam_graph::Graph) with its numbers, for images of one size: positions that were learned for another grid are
//! taken to it as the network's own library does it.

mod block;
mod builder;
mod config;
mod contract;
mod embed;
mod error;
mod family;
mod hugging_face;
mod names;
mod pool;
mod position;
mod preprocessing;
mod rope;
mod shards;
mod text;
mod tower;

use std::path::{Path, PathBuf};

use cam_graph::Graph;

use self::builder::{Builder, Source};
use self::config::Config;
use self::contract::{compare, read};
use self::family::{Described, Family};
use self::names::Named;
use crate::LoadError;
use crate::checkpoint::Checkpoint;
use crate::contract::{Mismatches, Strictness};
use crate::graph_network::{GraphClassifier, GraphParts, Parameters};

pub use error::FolderError;

/// Patches of an image: 4096 pixels at 16 per patch, as many numbers in an attention as fit a large card.
const MOST_PATCHES: usize = 1 << 16;

/// A network that was read from a folder.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadFolder {
    /// The network.
    pub parts: GraphParts,
    /// The type that its settings say (`dinov2`).
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

/// The file of a folder's weights, or the list of them, where the folder holds a network with its settings.
pub fn folder_weights(folder: &Path) -> Option<PathBuf> {
    shards::file(folder, |_| true).filter(|_| folder.join("config.json").is_file())
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
    let config = Config::open(&folder.join("config.json"))?;
    let family = hugging_face::family(&config)?;
    let weights = shards::file(folder, |_| true);
    let weights = weights.ok_or_else(|| FolderError::NoWeights { path: folder.to_owned() })?;
    let Named { checkpoint, root } = family.spelling.named(&shards::open(&weights)?);
    let described = (family.describe)(&config, &checkpoint)?;
    let (preprocessing, preprocessor, remarks) =
        preprocessing::of(folder, family, described.image, size)?;
    let (width, height) = preprocessing.size;
    let (graph, mut sources) = build(&config, &described, [height, width], &root)?;
    let classifier = classifier(&described, &checkpoint, &graph, &mut sources);
    let name = name(folder);
    check_depth(&config, &described, &checkpoint)?;
    let parameters = numbers(&checkpoint, (&name, &weights), family, sources, strictness)?;
    Ok(ReadFolder {
        parts: GraphParts { name, graph, parameters, classifier, preprocessing },
        family: config.text("model_type")?.unwrap_or_default().to_owned(),
        embedding: described.embedding,
        weights,
        preprocessor,
        remarks: [described.remarks, remarks].concat(),
    })
}

/// The folder's own name.
fn name(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map_or_else(|| "network".into(), |name| name.to_string_lossy().into_owned())
}

fn build(
    config: &Config,
    described: &Described,
    size: [usize; 2],
    root: &str,
) -> Result<(Graph, Vec<Source>), FolderError> {
    let tower = &described.tower;
    let grid = family::grid(size, tower.patch);
    let patches = grid[0].saturating_mul(grid[1]);
    let [height, width] = size;
    if patches == 0 || patches > MOST_PATCHES {
        let [rows, columns] = tower.patch;
        return Err(config.error(format!(
            "an image of {width}×{height} pixels has {patches} patches of {columns}×{rows}: 1 to {MOST_PATCHES} are possible"
        )));
    }
    let mut builder = Builder::new(size, root);
    let tokens = tower.before() + patches;
    let shared = embed::shared(&mut builder, tower, grid);
    let mut x = embed::embed(&mut builder, tower, grid);
    for index in 0..tower.depth {
        x = block::block(&mut builder, tower, x, shared, index, tokens);
    }
    builder.graph.output = pool::pool(&mut builder, tower, x, shared, tokens);
    let Builder { mut graph, sources, .. } = builder;
    graph.name_modules();
    Ok((graph, sources))
}

/// That the file has as many blocks as the settings say: one sentence instead of hundreds of missing tensors.
fn check_depth(
    config: &Config,
    described: &Described,
    checkpoint: &Checkpoint,
) -> Result<(), FolderError> {
    let list = described.tower.names.blocks;
    let (said, found) = (described.tower.depth, family::blocks(checkpoint, list));
    match said == found {
        true => Ok(()),
        false => Err(config.error(format!(
            "the settings say {said} blocks, and the weights hold {found} (`{list}`)"
        ))),
    }
}

/// The layer behind the embedding.
fn classifier(
    described: &Described,
    checkpoint: &Checkpoint,
    graph: &Graph,
    sources: &mut Vec<Source>,
) -> Option<GraphClassifier> {
    let module = described.classifier?;
    let width = described.tower.projection.map_or(described.tower.width, |it| it.width);
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
    Some(GraphClassifier { weight: name("weight"), bias, classes })
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
