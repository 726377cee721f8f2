use std::path::PathBuf;

use cam_core::{Arithmetic, Layer, Network};
use cam_models::{ConvNet, Fit};
use cam_viz::{Colormap, OverlayStyle};

use super::input::Reading;
use super::method::{ChosenMethod, arithmetic, chosen};
use super::outputs::Outputs;
use crate::arguments::{Explain, TargetName};
use crate::failure::Failure;
use crate::output::{Pattern, distinct};
use crate::source::Source;

/// The arguments as meant.
pub struct Settings {
    /// Names of the layers; the last one where there are none.
    pub layer_names: Vec<String>,
    /// How images are read.
    pub reading: Reading,
    /// How maps are made, one way or several.
    pub methods: Vec<ChosenMethod>,
    /// Whether maps are averaged over augmented copies of the images.
    pub aug_smooth: bool,
    /// From raw maps to finished ones.
    pub arithmetic: Arithmetic,
    /// The look of overlays.
    pub style: OverlayStyle,
    /// What is asked of concepts: cosine, dot or neg-l2.
    pub of_concepts: TargetName,
    /// What is asked of classes: logit or softmax.
    pub of_classes: TargetName,
    /// Whether concepts are asked for in contrast to others.
    pub contrasts: bool,
    /// Whether each concept's difference is asked for too.
    pub difference: bool,
    /// The classes.
    pub classes: Vec<usize>,
    /// What is written.
    pub outputs: Outputs,
    /// Files that are read, and therefore never written.
    pub inputs: Vec<PathBuf>,
    /// Whether one JSON document is printed.
    pub json: bool,
}

impl Settings {
    /// What the arguments mean, or why they contradict each other.
    pub fn new(
        arguments: &Explain,
        queries: &[Source],
        concepts: &[(Option<String>, Source)],
    ) -> Result<Self, Failure> {
        let arithmetic = arithmetic(&arguments.images);
        let (of_concepts, of_classes) = targets(arguments)?;
        if arguments.difference && arguments.concepts.is_empty() {
            return Err(Failure::usage(
                "--difference asks where a concept is not: give one with --concept",
            ));
        }
        if !arguments.negatives.is_empty() && of_concepts != TargetName::Cosine {
            return Err(Failure::usage(
                "--negative is a contrast of cosines: leave out --target, or the negatives",
            ));
        }
        let settings = Self {
            methods: chosen(arguments, arithmetic)?,
            aug_smooth: arguments.method.aug_smooth,
            layer_names: arguments.layers.clone(),
            reading: Reading::new(&arguments.images)?,
            arithmetic,
            style: overlay_style(arguments, arithmetic),
            of_concepts,
            of_classes,
            contrasts: !arguments.negatives.is_empty(),
            difference: arguments.difference,
            classes: arguments.classes.clone(),
            outputs: Outputs::new(arguments, queries, arguments.concepts.len())?,
            inputs: inputs(arguments, queries, concepts),
            json: arguments.json,
        };
        settings.check_streams(queries, concepts)?;
        settings.outputs.check(&settings.inputs)?;
        let is_picture = settings.outputs.map.as_ref().is_some_and(Pattern::is_png);
        if is_picture && settings.reading.fit() == Fit::Crop {
            return Err(Failure::usage(
                "--map as PNG cannot mark what --fit crop leaves out of sight; write .npy",
            ));
        }
        let draws = settings.outputs.figure.is_some() || settings.outputs.overlay.is_some();
        if arguments.colormap.is_some() && !draws {
            return Err(Failure::usage(
                "--colormap is for overlays, and none is drawn: ask for one with --out or --overlay",
            ));
        }
        Ok(settings)
    }

    /// The layers asked for, or the last one.
    pub fn layers(&self, network: &ConvNet) -> Result<Vec<Layer>, Failure> {
        let mut layers = self
            .layer_names
            .iter()
            .map(|name| layer(network, name))
            .collect::<Result<Vec<_>, _>>()?;
        if layers.is_empty() {
            layers.push(network.last_layer()?);
        }
        layers.sort();
        layers.dedup();
        Ok(layers)
    }

    /// Panels that a question takes in the figure: concept, query, and what each method makes of it.
    pub fn panels_in_a_row(&self) -> usize {
        2 + self.methods.len() * if self.difference { 2 } else { 1 }
    }

    /// What the queries are called, no two alike.
    pub fn query_names(&self, queries: &[Source]) -> Vec<String> {
        distinct(queries.iter().map(Source::stem))
    }

    /// Standard input can be read once, standard output holds one thing.
    fn check_streams(
        &self,
        queries: &[Source],
        concepts: &[(Option<String>, Source)],
    ) -> Result<(), Failure> {
        let sources = queries.iter().chain(concepts.iter().map(|(_, source)| source));
        if sources.filter(|source| **source == Source::Stdin).count() > 1 {
            return Err(Failure::usage("standard input can be only one of the images"));
        }
        self.outputs.check_streams(self.json)
    }
}

/// The look of overlays.
pub fn overlay_style(arguments: &Explain, arithmetic: Arithmetic) -> OverlayStyle {
    let usual = match arithmetic {
        Arithmetic::Standard => Colormap::default(),
        Arithmetic::PytorchGradCam => Colormap::Jet,
    };
    let colormap = arguments.colormap.unwrap_or(usual);
    OverlayStyle { colormap, ..OverlayStyle::default() }
}

/// A layer by its name, the last one without.
pub fn layer_or_last(network: &ConvNet, name: Option<&str>) -> Result<Layer, Failure> {
    name.map_or_else(|| Ok(network.last_layer()?), |name| layer(network, name))
}

/// A layer by its name. Where none is similar to a mistyped one, all are named.
fn layer(network: &ConvNet, name: &str) -> Result<Layer, Failure> {
    network.layer(name).map_err(|error| match error {
        cam_core::Error::UnknownLayer { name, nearest } if nearest.is_empty() => {
            let names: Vec<&str> =
                network.layers().iter().map(|layer| layer.name.as_str()).collect();
            Failure::usage(format!("no layer is called `{name}`; there are {}", names.join(", ")))
        }
        error => error.into(),
    })
}

/// The files among images and weights, as the system knows them.
fn inputs(
    arguments: &Explain,
    queries: &[Source],
    concepts: &[(Option<String>, Source)],
) -> Vec<PathBuf> {
    let weights = arguments.model.weights.as_deref().map(Source::of);
    let sources = queries.iter().chain(concepts.iter().map(|(_, source)| source));
    sources.chain(&weights).filter_map(Source::canonical).collect()
}

/// What to ask of concepts, and what of classes.
fn targets(arguments: &Explain) -> Result<(TargetName, TargetName), Failure> {
    match arguments.target {
        None => Ok((TargetName::Cosine, TargetName::Logit)),
        Some(
            target @ (TargetName::Logit
            | TargetName::Softmax
            | TargetName::Rest
            | TargetName::Finer),
        ) => {
            if arguments.classes.is_empty() {
                return Err(Failure::usage(
                    "--target logit, softmax, rest and finer are asked of a class: give one with --class",
                ));
            }
            Ok((TargetName::Cosine, target))
        }
        Some(target) => {
            if arguments.concepts.is_empty() {
                return Err(Failure::usage(
                    "--target cosine, dot and neg-l2 are asked of a concept: give one with --concept",
                ));
            }
            Ok((target, TargetName::Logit))
        }
    }
}
