use std::path::PathBuf;

use cam_core::{Arithmetic, Network};
use cam_explain::drawing::usual_style;
use cam_explain::paths::distinct;
use cam_explain::vectors::VectorFile;
use cam_explain::{
    ChosenMethod, ClassScore, Concept, ConceptScore, Question, Source, Upsample, check_needs,
    chosen, usual_at,
};
use cam_models::Fit;
use cam_viz::OverlayStyle;

use super::outputs::Outputs;
use crate::arguments::{Explain, TargetName};
use crate::failure::Failure;
use crate::output::{self, Pattern};

/// The arguments as meant.
pub struct Settings {
    /// Names of the layers; the last one where there are none.
    pub layer_names: Vec<String>,
    /// How maps are made, one way or several.
    pub methods: Vec<ChosenMethod>,
    /// Whether maps are averaged over augmented copies of the images.
    pub tta: bool,
    /// From raw maps to finished ones.
    pub arithmetic: Arithmetic,
    /// How maps come to the picture.
    pub upsample: Upsample,
    /// The look of overlays.
    pub style: OverlayStyle,
    of_concepts: ConceptScore,
    of_classes: ClassScore,
    /// Whether each concept's difference is asked for too.
    difference: bool,
    /// Where nothing is asked, for how many of its likeliest classes each query is explained.
    pub top: Option<usize>,
    /// What is written.
    pub outputs: Outputs,
    /// Files that are read, and therefore never written.
    pub inputs: Vec<PathBuf>,
    /// From which value on regions of finished maps have boxes, if they are asked for.
    pub boxes: Option<f32>,
    /// Whether one JSON document is printed.
    pub json: bool,
}

impl Settings {
    /// What the arguments mean, or why they contradict each other.
    pub fn new(
        arguments: &Explain,
        queries: &[Source],
        concepts: &[(Option<String>, Source)],
        vectors: &[VectorFile],
    ) -> Result<Self, Failure> {
        let (of_concepts, of_classes) = targets(arguments)?;
        if arguments.difference && arguments.concept_count() == 0 {
            return Err(Failure::usage(
                "--difference asks where a concept is not: give one with -c",
            ));
        }
        if !arguments.negatives.is_empty() && arguments.concept_count() == 0 {
            return Err(Failure::usage(
                "--negative is what a concept is held against: give a concept with -c",
            ));
        }
        if !arguments.negatives.is_empty() && of_concepts != ConceptScore::Cosine {
            return Err(Failure::usage(
                "--negative is a contrast of cosines: leave out --target, or the negatives",
            ));
        }
        let settings = Self {
            methods: methods(arguments, &arguments.method.names)?,
            tta: arguments.method.tta,
            layer_names: arguments.layers.clone(),
            arithmetic: arguments.images.arithmetic(),
            upsample: arguments.upsampled.meant(&arguments.images)?,
            style: overlay_style(arguments),
            of_concepts,
            of_classes,
            difference: arguments.difference,
            top: Self::top(arguments),
            outputs: Outputs::new(arguments, queries, arguments.concept_count())?,
            inputs: inputs(arguments, queries, concepts, vectors),
            boxes: arguments.boxes,
            json: arguments.json,
        };
        let sources: Vec<Source> =
            queries.iter().chain(concepts.iter().map(|(_, source)| source)).cloned().collect();
        output::check_stdin(&sources)?;
        settings.outputs.check_streams(settings.json)?;
        settings.outputs.check(&settings.inputs)?;
        let is_picture = settings.outputs.map.as_ref().is_some_and(Pattern::is_png);
        if is_picture && arguments.images.reading()?.fit == Some(Fit::Crop) {
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
        if arguments.boxes.is_some() && !draws && !settings.json {
            return Err(Failure::usage(
                "--boxes are drawn or listed: ask for a picture with --out or --overlay, or for --json",
            ));
        }
        let is_fine = |method: &ChosenMethod| method.rule.is_at_input();
        let all_fine = !settings.methods.is_empty() && settings.methods.iter().all(is_fine);
        if arguments.upsampled.upsample.is_some() && all_fine {
            return Err(Failure::usage(
                "--upsample has no effect on maps that are as fine as the network's input: leave it out, or choose a \
                 method of a layer",
            ));
        }
        Ok(settings)
    }

    /// The same with the method that is usual for a network, where none was named.
    pub fn for_network(self, arguments: &Explain, network: &dyn Network) -> Result<Self, Failure> {
        if !self.methods.is_empty() {
            return Ok(self);
        }
        let name = usual_at(network, &self.layer_names, self.arithmetic);
        Ok(Self { methods: methods(arguments, &[name.to_owned()])?, ..self })
    }

    /// For how many of its likeliest classes each query is explained; none where something else is asked.
    pub fn top(arguments: &Explain) -> Option<usize> {
        let asks = arguments.concept_count() > 0 || !arguments.classes.is_empty();
        (!asks).then(|| arguments.top.unwrap_or(1) as usize)
    }

    /// The question, of concepts that were read and of classes.
    pub fn question(
        &self,
        concepts: &[Concept],
        negatives: &[Concept],
        classes: &[usize],
    ) -> Question {
        let question = Question::similar(concepts)
            .in_contrast_to(negatives)
            .by(self.of_concepts)
            .and_classes(classes.iter().copied())
            .by_class(self.of_classes);
        if self.difference { question.and_not() } else { question }
    }

    /// Panels that a question takes in the figure: concept, query, and what each method makes of it.
    pub fn panels_in_a_row(&self) -> usize {
        2 + self.methods.len().max(1) * if self.difference { 2 } else { 1 }
    }

    /// What the queries are called, no two alike.
    pub fn query_names(&self, queries: &[Source]) -> Vec<String> {
        distinct(queries.iter().map(Source::stem))
    }
}

/// The methods that the arguments ask for, in their order.
fn methods(arguments: &Explain, names: &[String]) -> Result<Vec<ChosenMethod>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    check_needs(names, arguments.layers.len(), asks_of_classes(arguments))?;
    Ok(chosen(names, &arguments.method.options.meant(), arguments.images.arithmetic())?)
}

/// The look of overlays.
fn overlay_style(arguments: &Explain) -> OverlayStyle {
    let usual = usual_style(arguments.images.arithmetic());
    OverlayStyle { colormap: arguments.colormap.unwrap_or(usual.colormap), ..usual }
}

/// The files among images and weights, as the system knows them.
fn inputs(
    arguments: &Explain,
    queries: &[Source],
    concepts: &[(Option<String>, Source)],
    vectors: &[VectorFile],
) -> Vec<PathBuf> {
    let weights = arguments.model.weights.as_deref().map(Source::of);
    let sources = queries.iter().chain(concepts.iter().map(|(_, source)| source));
    let vectors = vectors.iter().filter_map(|vector| vector.path.canonicalize().ok());
    sources.chain(&weights).filter_map(Source::canonical).chain(vectors).collect()
}

fn asks_of_classes(arguments: &Explain) -> bool {
    !arguments.classes.is_empty() || Settings::top(arguments).is_some()
}

/// What to ask of concepts, and what of classes.
fn targets(arguments: &Explain) -> Result<(ConceptScore, ClassScore), Failure> {
    let target = arguments.target.unwrap_or(TargetName::Cosine);
    if let Some(score) = target.of_classes() {
        if !asks_of_classes(arguments) {
            return Err(Failure::usage(
                "--target logit, softmax, rest and finer are asked of a class: give one with --class",
            ));
        }
        return Ok((ConceptScore::Cosine, score));
    }
    if arguments.target.is_some() && arguments.concept_count() == 0 {
        return Err(Failure::usage(
            "--target cosine, dot and neg-l2 are asked of a concept: give one with -c",
        ));
    }
    Ok((target.of_concepts().unwrap_or_default(), ClassScore::Logit))
}
