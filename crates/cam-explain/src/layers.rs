//! The layers that a network can be explained at.

use std::path::{Path, PathBuf};

use cam_graph::{Cut, Graph, Positions, Shape};
use cam_models::{Description, EMBEDDED, Strictness, describe as known, identify};
use cam_onnx::Wish;
use serde::Serialize;

use crate::environment::Environment;
use crate::error::{Context as _, Error};
use crate::model::{checkpoint, description};
use crate::weights::hub;
use crate::{network_folder, onnx};

/// The layers of a network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerListing {
    /// schema_version
    pub schema_version: u32,
    /// What the network is called.
    pub model: String,
    /// Width of its embeddings.
    pub embedding_width: usize,
    /// Height and width of the images that the sizes are for.
    pub input: [usize; 2],
    /// In the order of computation.
    pub layers: Vec<LayerEntry>,
}

/// A layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerEntry {
    /// Its name.
    pub name: String,
    /// The stage whose last block it is, or another name of it.
    pub alias: Option<String>,
    /// All other names: modules, and the node and value of an ONNX file.
    pub aliases: Vec<String>,
    /// Channels there.
    pub channels: usize,
    /// Rows and columns of its grid.
    pub grid: [usize; 2],
    /// Input pixels per position, along one side.
    pub stride: usize,
    /// Tokens beside the grid: a class token, registers.
    pub tokens: usize,
    /// Values that pass by beside it: residuals.
    pub held: usize,
    /// The part of the network's multiply-adds in front of it.
    pub before: f64,
    /// Whether it is taken unless another is asked for.
    pub default: bool,
    /// Why it is taken.
    pub reason: Option<String>,
}

/// Which network's layers are listed.
#[derive(Debug, Clone, Default)]
pub struct LayersOf {
    /// A network by name; the embedded one unless a file is given.
    pub name: Option<String>,
    /// A weight file.
    pub weights: Option<PathBuf>,
    /// Of several networks in the file, the one whose names begin so.
    pub prefix: Option<String>,
    /// Height and width of the images; the network's own unless given.
    pub size: Option<[usize; 2]>,
}

impl LayerListing {
    /// Lists the layers of a network, without running it.
    ///
    /// # Errors
    /// Where there is no such network, or its file cannot be read.
    pub fn of(wanted: &LayersOf) -> Result<Self, Error> {
        let named = wanted.weights.as_deref().and_then(Path::to_str).or(wanted.name.as_deref());
        if let Some(reference) = named.filter(|text| hub::is_reference(text)) {
            let folder = hub::locate(reference, &Environment::default())?;
            return Self::of(&LayersOf { name: None, weights: Some(folder), ..wanted.clone() });
        }
        match wanted.weights.as_deref() {
            Some(folder) if network_folder::is_network(folder) => {
                let read = network_folder::read(folder, wanted.size, Strictness::Exact)?;
                Self::of_description(&read.description, None)
            }
            Some(file) if onnx::is_onnx(file) => Self::of_onnx(file, wanted.size),
            Some(file) => {
                let found = identify(checkpoint(file, wanted.prefix.as_deref())?)?;
                Self::of_description(found.description(), wanted.size)
            }
            None => {
                let name = wanted.name.as_deref().unwrap_or(EMBEDDED);
                if network_folder::is_network(name.as_ref()) && known(name).is_none() {
                    let weights = Some(name.into());
                    return Self::of(&LayersOf { name: None, weights, ..wanted.clone() });
                }
                Self::of_description(&description(name)?, wanted.size)
            }
        }
    }

    fn of_onnx(file: &Path, size: Option<[usize; 2]>) -> Result<Self, Error> {
        let network = onnx::import(file, &Wish { size, ..Wish::default() })?;
        Self::of_graph(onnx::name(file), &network.graph, network.input.size)
    }

    fn of_description(description: &Description, size: Option<[usize; 2]>) -> Result<Self, Error> {
        let (width, height) = description.preprocessing.size;
        let fused = description.fused();
        Self::of_graph(fused.name, &fused.graph, size.unwrap_or([height, width]))
    }

    fn of_graph(model: String, graph: &Graph, input: [usize; 2]) -> Result<Self, Error> {
        let image = [graph.input[0], input[0], input[1]];
        let shapes = graph.shapes(&image).with_context(|| model.clone())?;
        let cuts = graph.cuts(&image).with_context(|| model.clone())?;
        let chosen = graph.automatic(&cuts, &shapes);
        let layers = cuts.iter().enumerate().map(|(index, cut)| {
            let reason = (Some(index) == chosen).then(|| reason(graph, cut, &shapes));
            entry(graph, cut, &shapes, reason)
        });
        Ok(Self {
            schema_version: 2,
            embedding_width: shapes[graph.output.index()].iter().product(),
            input,
            layers: layers.collect(),
            model,
        })
    }
}

fn entry(graph: &Graph, cut: &Cut, shapes: &[Shape], reason: Option<String>) -> LayerEntry {
    let aliases: Vec<String> = cut.names.iter().skip(1).cloned().collect();
    let modules = graph.giver(cut.value).map_or(&[][..], |step| &step.name.ends);
    LayerEntry {
        name: cut.name().to_owned(),
        // A module around it, not one within.
        alias: aliases
            .iter()
            .find(|name| modules.contains(name) && !is_within(name, cut.name()))
            .cloned(),
        aliases,
        channels: cut.channels(shapes),
        grid: cut.layout.grid,
        stride: cut.stride(shapes),
        tokens: match cut.layout.positions {
            Positions::Tokens { before, behind, .. } => before + behind,
            Positions::Grid { .. } => 0,
        },
        held: cut.held.len(),
        before: graph.share_before(cut.value, shapes),
        default: reason.is_some(),
        reason,
    }
}

fn is_within(module: &str, other: &str) -> bool {
    module.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'))
}

/// What comes behind the layer that is taken: the step that joins its positions.
fn reason(graph: &Graph, cut: &Cut, shapes: &[Shape]) -> String {
    match graph.joining(cut.value, shapes) {
        Some(step) => {
            let name = &step.name.node;
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            format!("the last before the {}{name} that joins its positions", step.operation.kind())
        }
        None => "the last whose positions the embedding depends on".to_owned(),
    }
}
