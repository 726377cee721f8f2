//! `cam parts`: what images have in common, found without a question.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use burn::tensor::Tensor;
use cam_core::Network as _;
use cam_core::methods::factorize;
use cam_viz::{Figure, FigureStyle, Map, Panel, legend, npy_bytes};
use serde::Serialize;

use crate::arguments::{ConceptsAs, Parts};
use crate::concepts::{self, Winners};
use crate::explain::{Clock, Condition, Input, Reading, Size, layer_or_last, read, unseen};
use crate::failure::Failure;
use crate::model::Model;
use crate::output::{self, distinct, is_stdout, write};
use crate::source::Source;
use crate::{interrupt, print};

/// Images at most: their activations lie in memory together, and in one figure.
const MOST_IMAGES: usize = 128;

/// The share of the image in a segmentation.
const IMAGE_WEIGHT: f32 = 0.45;

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    model: String,
    layer: String,
    /// Share of the activations that the parts leave out.
    residual: f32,
    parts: Vec<Part>,
    images: Vec<Report>,
    figure: Option<String>,
}

#[derive(Serialize)]
struct Part {
    name: String,
    /// The most similar concept and its cosine.
    #[serde(skip_serializing_if = "Option::is_none")]
    concept: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cosine: Option<f32>,
}

#[derive(Serialize)]
struct Report {
    image: String,
    #[serde(flatten)]
    condition: Condition,
    /// Share of what the network saw of the image where each part is the strongest.
    shares: Vec<f32>,
}

pub fn run(arguments: &Parts) -> Result<(), Failure> {
    let sources: Vec<Source> = arguments.images.iter().map(|image| Source::of(image)).collect();
    let names = distinct(sources.iter().map(Source::stem));
    let figure = figure_path(arguments, &names);
    check(arguments, &sources, figure.as_deref())?;
    let reading = Reading::new(&arguments.reading)?;
    if arguments.reading.size.as_deref().map(Size::parse).transpose()? == Some(Size::Native) {
        return Err(Failure::usage("images are looked at together: give them one --size"));
    }
    let set = arguments.concepts.as_deref().map(concepts::existing).transpose()?;
    let model = Model::load(&arguments.model)?;
    let network = &model.network;
    let at = layer_or_last(network, arguments.layer.as_deref())?;
    let mut inputs = Vec::with_capacity(sources.len());
    let mut activations = Vec::with_capacity(sources.len());
    for source in &sources {
        interrupt::check("nothing was written")?;
        let input = Input::read(source, &reading, network, &mut Clock::start())?;
        same_size(inputs.first(), &input)?;
        activations.push(network.forward_to(input.tensor.clone(), at));
        inputs.push(input);
    }
    let (count, steps) = (arguments.parts as usize, arguments.steps as usize);
    let found = factorize(&Tensor::cat(activations, 0), count, steps, arguments.seed)?;
    let directions = read(found.concepts.clone())?;
    let width = directions.len() / count;
    let named = match &set {
        None => vec![None; count],
        Some(set) => {
            let made = set.fingerprint().check(&concepts::fingerprint(&model, &reading)?);
            made.context("the file of concepts")?;
            concepts::other_fit(set, &reading);
            let target = concepts::target(set, ConceptsAs::Prototypes)?;
            if width != target.width() {
                return Err(Failure::usage(
                    "parts can be named at the last layer, whose channels are those of the embedding",
                ));
            }
            let scores = read(target.scores(found.concepts.clone()))?;
            scores.chunks(set.concepts().len()).map(|scores| best(set, scores)).collect()
        }
    };
    let [_, _, h, w] = found.maps.dims();
    let maps = read(found.maps)?;
    // A part that is twice as long counts twice: what is shown is how much of the activations it is.
    let lengths: Vec<f32> = directions
        .chunks(width)
        .map(|direction| direction.iter().map(|value| value * value).sum::<f32>().sqrt())
        .collect();
    let parts: Vec<Part> = named
        .into_iter()
        .enumerate()
        .map(|(index, named)| Part {
            name: format!("part {}", index + 1),
            concept: named.as_ref().map(|(name, _): &(String, f32)| name.clone()),
            cosine: named.map(|(_, cosine)| cosine),
        })
        .collect();
    let style = FigureStyle::default();
    let (mut rows, mut images) = (Vec::new(), Vec::new());
    for ((input, name), maps) in inputs.iter().zip(&names).zip(maps.chunks(count * h * w)) {
        let picture = style.shrink(&input.picture.pixels);
        let mut winners = Winners::new(picture.dimensions(), input.window());
        for (part, (values, length)) in maps.chunks(h * w).zip(&lengths).enumerate() {
            let values = values.iter().map(|value| value * length).collect();
            winners.enter(part, &Map::new(w, h, values).context("a map of positions")?)?;
        }
        let shares = winners.shares(count);
        let colours = winners.draw(&picture, IMAGE_WEIGHT);
        let of_picture = [name.clone()].into_iter().chain(input.condition.caption());
        let of_colours = ["the strongest part".to_owned()].into_iter();
        let of_colours = of_colours.chain(unseen(&input.window()));
        rows.push(vec![
            Panel { image: picture, caption: of_picture.collect() },
            Panel { image: colours, caption: of_colours.collect() },
            Panel { image: legend(&entries(&parts, &shares), style.cell_height), caption: vec![] },
        ]);
        let (image, condition) = (input.source.to_string(), input.condition.clone());
        images.push(Report { image, condition, shares });
    }
    let document = Document {
        schema_version: 1,
        model: network.description().name.clone(),
        layer: network.layers()[at.index()].name.clone(),
        residual: found.residual,
        parts,
        images,
        figure: figure.as_ref().filter(|path| !is_stdout(path)).map(|p| p.display().to_string()),
    };
    if let Some(path) = &arguments.raw {
        let bytes = npy_bytes(&[inputs.len(), count, h, w], &maps);
        write(path, &bytes.context("writing an array").map_err(Failure::Output)?)?;
    }
    if let Some(path) = &figure {
        let title = format!("{count} parts at {} of {}", document.layer, document.model);
        let drawn = Figure { title: Some(title), rows, color_bar: None }.render(&style);
        write(path, &output::picture(path, &drawn)?)?;
    }
    say(arguments, &document, &names)
}

/// That an image comes to the size of the first one: their activations lie in one tensor.
fn same_size(first: Option<&Input>, input: &Input) -> Result<(), Failure> {
    let words = |input: &Input| {
        let [height, width] = input.size();
        format!("{} comes to {width}×{height}", input.source)
    };
    match first {
        Some(first) if first.size() != input.size() => Err(Failure::usage(format!(
            "images are looked at together, at one size, but {} and {}: use --fit pad or another --size",
            words(first),
            words(input)
        ))),
        _ => Ok(()),
    }
}

/// The most similar concept.
fn best(set: &cam_store::ConceptSet, scores: &[f32]) -> Option<(String, f32)> {
    let names = set.concepts().iter().map(|concept| concept.name.clone());
    names.zip(scores.iter().copied()).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn entries(parts: &[Part], shares: &[f32]) -> Vec<(usize, String, String)> {
    let entry = |(index, (part, share)): (usize, (&Part, &f32))| {
        let name = part
            .concept
            .as_ref()
            .map_or(part.name.clone(), |concept| format!("{}: {concept}", part.name));
        (index, name, format!("{:.0} %", share * 100.0))
    };
    parts.iter().zip(shares).enumerate().map(entry).collect()
}

fn say(arguments: &Parts, document: &Document, names: &[String]) -> Result<(), Failure> {
    if arguments.json {
        return print::json(document);
    }
    let outputs = [&arguments.out, &arguments.raw];
    let to_stdout = outputs.into_iter().flatten().any(|path| is_stdout(path));
    let mut lines = vec![format!(
        "{} parts leave out {:.1} % of the activations",
        document.parts.len(),
        document.residual * 100.0
    )];
    for part in &document.parts {
        if let (Some(concept), Some(cosine)) = (&part.concept, part.cosine) {
            let concept = print::printable(concept);
            lines.push(format!("{} is most like {concept}, cosine {cosine:.3}", part.name));
        }
    }
    for (name, report) in names.iter().zip(&document.images) {
        let shares = report.shares.iter().map(|share| format!("{:>4.0} %", share * 100.0));
        let shares: Vec<String> = shares.collect();
        lines.push(format!("{:<24} {}", print::printable(name), shares.join(" ")));
    }
    lines.extend(document.figure.clone());
    lines.into_iter().try_for_each(|line| print::beside(to_stdout, line))
}

fn figure_path(arguments: &Parts, names: &[String]) -> Option<PathBuf> {
    let asked = arguments.raw.is_some() || arguments.json;
    let name = if let [name] = names { name } else { "images" };
    let default = (!asked).then(|| format!("{name}.parts.png").into());
    arguments.out.clone().or(default)
}

fn check(arguments: &Parts, sources: &[Source], figure: Option<&Path>) -> Result<(), Failure> {
    if sources.len() > MOST_IMAGES {
        let count = sources.len();
        return Err(Failure::usage(format!(
            "{count} images are too many to be looked at together; the most is {MOST_IMAGES}"
        )));
    }
    if sources.iter().filter(|source| **source == Source::Stdin).count() > 1 {
        return Err(Failure::usage("standard input can be only one of the images"));
    }
    let inputs: Vec<PathBuf> = sources.iter().filter_map(Source::canonical).collect();
    output::check_figure_and(figure, arguments.raw.as_deref(), arguments.json, &inputs)
}
