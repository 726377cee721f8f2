use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cam_explain::factorization::{Factorized, MOST_IMAGES, Settings};
use cam_explain::paths::distinct;
use cam_explain::{Condition, Environment, Model, Size, Source, concepts};
use cam_viz::npy_bytes;
use serde::Serialize;

use crate::arguments::Factorize;
use crate::failure::Failure;
use crate::output::{self, is_stdout, write};
use crate::print;

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    model: String,
    layer: String,
    upsample: &'static str,
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

pub fn run(arguments: &Factorize, environment: &Environment) -> Result<(), Failure> {
    let sources = arguments.images.sources(&environment.cancel)?;
    let names = distinct(sources.iter().map(Source::stem));
    let figure = figure_path(arguments, &names);
    check(arguments, &sources, figure.as_deref())?;
    let set = arguments.concepts.as_deref().map(concepts::existing).transpose()?;
    let upsample = arguments.upsampled.meant(&arguments.setup.reading)?;
    let model = arguments.setup.load(environment)?.upsampled(upsample);
    let layer = model.layer_or_last(arguments.layer.as_deref())?;
    let settings = Settings {
        parts: arguments.parts as usize,
        steps: arguments.steps as usize,
        seed: arguments.seed,
    };
    let found = model.factorize(&sources, layer, settings, set.as_ref())?;
    let (rows, shares) = found.rows(&names)?;
    let document = document(&found, shares, &model, (model.layer_name(layer), figure.as_deref()));
    if let Some(path) = &arguments.raw {
        let [h, w] = found.size;
        let bytes = npy_bytes(&[found.inputs.len(), settings.parts, h, w], &found.maps);
        write(path, &bytes.context("writing an array").map_err(Failure::Output)?)?;
    }
    if let Some(path) = &figure {
        let drawn = found.figure(rows, &document.model, &document.layer).draw();
        write(path, &output::picture(path, &drawn.0)?)?;
    }
    say(arguments, &document, &names)
}

fn document(
    found: &Factorized,
    shares: Vec<Vec<f32>>,
    model: &Model,
    (layer, figure): (String, Option<&Path>),
) -> Document {
    let images = found.inputs.iter().zip(shares).map(|(input, shares)| Report {
        image: input.source.to_string(),
        condition: input.condition.clone(),
        shares,
    });
    let parts = found.parts.iter().map(|part| Part {
        name: part.name.clone(),
        concept: part.concept.as_ref().map(|(name, _)| name.clone()),
        cosine: part.concept.as_ref().map(|(_, cosine)| *cosine),
    });
    Document {
        schema_version: 1,
        model: model.name().to_owned(),
        layer,
        upsample: model.upsample().name(),
        residual: found.residual,
        parts: parts.collect(),
        images: images.collect(),
        figure: figure.filter(|path| !is_stdout(path)).map(|path| path.display().to_string()),
    }
}

fn say(arguments: &Factorize, document: &Document, names: &[String]) -> Result<(), Failure> {
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

fn figure_path(arguments: &Factorize, names: &[String]) -> Option<PathBuf> {
    let asked = arguments.raw.is_some() || arguments.json;
    let name = if let [name] = names { name } else { "images" };
    let default = (!asked).then(|| format!("{name}.parts.png").into());
    arguments.out.clone().or(default)
}

fn check(arguments: &Factorize, sources: &[Source], figure: Option<&Path>) -> Result<(), Failure> {
    if sources.len() > MOST_IMAGES {
        let count = sources.len();
        return Err(Failure::usage(format!(
            "{count} images are too many to be looked at together; the most is {MOST_IMAGES}"
        )));
    }
    if arguments.setup.reading.reading()?.size == Size::Native {
        return Err(Failure::usage("images are looked at together: give them one --size"));
    }
    output::check_stdin(sources)?;
    let inputs: Vec<PathBuf> = sources.iter().filter_map(Source::canonical).collect();
    output::check_figure_and(figure, arguments.raw.as_deref(), arguments.json, &inputs)
}
