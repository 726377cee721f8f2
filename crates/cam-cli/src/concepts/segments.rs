use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use cam_core::{Capture, Network as _};
use cam_store::ConceptSet;
use cam_viz::{Map, OverlayStyle, Panel, npy_bytes};
use image::RgbImage;
use image::imageops::{self, FilterType};
use serde::Serialize;

use super::figure::{SHOWN, figure, rows};
use super::winners::Winners;
use super::{file, fingerprint, other_fit, questions};
use crate::arguments::Explain;
use crate::explain::{
    Clock, Condition, Failed, Input, Outputs, Reading, arithmetic, chosen, layer_or_last, maps,
    overlay_style, read,
};
use crate::failure::{Failure, message};
use crate::model::Model;
use crate::output::{self, Pattern, Subject, distinct, write};
use crate::print::printable;
use crate::source::Source;
use crate::{interrupt, print};

/// The longer side of a segmentation, in pixels: finer than any layer.
const LONGEST: u32 = 640;

/// The share of the image in a segmentation.
const IMAGE_WEIGHT: f32 = 0.45;

#[derive(Serialize)]
pub struct Document {
    schema_version: u32,
    cam_version: &'static str,
    pub model: String,
    weights_sha256: String,
    pub layer: String,
    pub method: String,
    pub concepts_as: String,
    pub concepts: Vec<String>,
    /// What is odd about the file of concepts.
    remarks: Vec<String>,
    figure: Option<String>,
    queries: Vec<Report>,
    failures: Vec<Failed>,
}

#[derive(Serialize)]
pub struct Report {
    image: String,
    pub name: String,
    width: u32,
    height: u32,
    #[serde(flatten)]
    condition: Condition,
    /// Share of what the network saw of the image where no concept is positive.
    pub nothing: f32,
    /// In the order of the file.
    pub concepts: Vec<Found>,
    milliseconds: std::collections::BTreeMap<&'static str, f64>,
}

#[derive(Serialize, Clone)]
pub struct Found {
    pub name: String,
    pub score: f32,
    /// Share of what the network saw of the image where its map is the highest of all.
    pub share: f32,
    raw_min: f32,
    raw_max: f32,
}

/// What a query comes to.
pub struct Segmented {
    pub input: Input,
    pub maps: Vec<Map>,
    /// At this size, whose aspect is the image's.
    pub picture: RgbImage,
    winners: Winners,
    pub report: Report,
}

/// Which concept of a file is where.
pub fn explain(arguments: &Explain, concept_file: &Path) -> Result<(), Failure> {
    let queries: Vec<Source> = arguments.queries.iter().map(|query| Source::of(query)).collect();
    let outputs = Outputs::new(arguments, &queries, 0)?;
    let inputs: Vec<_> = queries.iter().filter_map(Source::canonical).collect();
    let inputs = [inputs, concept_file.canonicalize().into_iter().collect()].concat();
    outputs.check(&inputs)?;
    let names = distinct(queries.iter().map(Source::stem));
    check_names(&outputs, &names, &inputs)?;
    outputs.check_streams(arguments.json)?;
    if arguments.method.names.len() > 1 || arguments.layers.len() > 1 || arguments.method.aug_smooth
    {
        return Err(Failure::usage(
            "--concepts compares maps of many concepts: give one method and one layer, and no \
             --aug-smooth",
        ));
    }
    if arguments.colormap.is_some() && outputs.figure.is_none() {
        return Err(Failure::usage(
            "--colormap is for the figure's maps, and none is drawn: ask for one with --out",
        ));
    }
    let arithmetic = arithmetic(&arguments.images);
    let look = overlay_style(arguments, arithmetic);
    let method = chosen(arguments, arithmetic)?;
    let method = method.first().context("a method")?;
    let set = file::existing(concept_file)?;
    if set.concepts().is_empty() {
        return Err(Failure::usage(format!("{} holds no concept", concept_file.display())));
    }
    let concepts_as = arguments.concepts_as.unwrap_or_default();
    let target = questions::target(&set, concepts_as)?;
    let reading = Reading::new(&arguments.images)?;
    let model = Model::load(&arguments.model)?;
    let made = set.fingerprint().check(&fingerprint(&model, &reading)?);
    made.with_context(|| concept_file.display().to_string())?;
    let remarks: Vec<String> = other_fit(&set, &reading).into_iter().collect();
    let network = &model.network;
    let at = layer_or_last(network, arguments.layers.first().map(String::as_str))?;
    let mut document = Document {
        schema_version: 1,
        cam_version: env!("CARGO_PKG_VERSION"),
        model: network.description().name.clone(),
        weights_sha256: set.fingerprint().weights_sha256.clone(),
        layer: network.layers()[at.index()].name.clone(),
        method: method.name.clone(),
        concepts_as: format!("{concepts_as:?}").to_lowercase(),
        concepts: set.concepts().iter().map(|concept| concept.name.clone()).collect(),
        remarks,
        figure: None,
        queries: Vec::new(),
        failures: Vec::new(),
    };
    let mut rows = Vec::new();
    for (query, name) in queries.iter().zip(&names) {
        interrupt::check("what was written is whole")?;
        let mut clock = Clock::start();
        let segmented = Input::read(query, &reading, network, &mut clock).and_then(|input| {
            let capture = Capture::new(network, input.tensor.clone(), &[at]);
            let capture = capture.map_err(|error| anyhow!("{query}: {error}"))?;
            let capture = capture.with_progress(&interrupt::stop);
            clock.lap("capture");
            let explanation = capture.explain(&*method.rule, &*target)?;
            let scores = read(explanation.scores.clone())?;
            let maps = maps(explanation.layers[0].maps.clone())?;
            clock.lap("explain");
            segment(input, name, maps, &scores, &set, clock)
        });
        match segmented {
            Ok(segmented) => {
                rows.extend(keep(&segmented, &outputs, arguments, &look)?);
                document.queries.push(segmented.report);
            }
            Err(Failure::Failed(error)) if queries.len() > 1 => {
                let error = message(&error);
                print::error(&error);
                document.failures.push(Failed { image: query.to_string(), error });
            }
            Err(failure) => return Err(failure),
        }
    }
    if let (Some(pattern), false) = (&outputs.figure, rows.is_empty()) {
        let path = figure_path(pattern, &names);
        write(&path, &output::picture(&path, &figure(rows, &document, look.colormap))?)?;
        document.figure = (!pattern.is_stdout()).then(|| path.display().to_string());
    }
    if arguments.json {
        print::json(&document)?;
    } else if let (Some(figure), false) = (&document.figure, outputs.use_stdout()) {
        print::line(figure)?;
    }
    Failure::of_images(document.failures.len(), queries.len(), "explained")
}

/// That no file falls on another, or on one that is read, once the placeholders have their values.
fn check_names(outputs: &Outputs, names: &[String], inputs: &[PathBuf]) -> Result<(), Failure> {
    let per_query = [&outputs.overlay, &outputs.raw].into_iter().flatten();
    let of_queries = per_query.flat_map(|pattern| {
        names.iter().map(|query| pattern.path(Subject { query, ..Subject::default() }))
    });
    let figure = outputs.figure.as_ref().map(|pattern| figure_path(pattern, names));
    let paths: Vec<PathBuf> = of_queries.chain(figure).collect();
    output::check_all(paths.iter().map(PathBuf::as_path), inputs)
}

fn figure_path(pattern: &Pattern, names: &[String]) -> PathBuf {
    pattern.path(Subject { query: &names.join("+"), ..Subject::default() })
}

fn segment(
    input: Input,
    name: &str,
    maps: Vec<Map>,
    scores: &[f32],
    set: &ConceptSet,
    mut clock: Clock,
) -> Result<Segmented, Failure> {
    let pixels = &input.picture.pixels;
    let (width, height) = pixels.dimensions();
    let scale = (f64::from(LONGEST) / f64::from(width.max(height))).min(1.0);
    let [w, h] = [width, height].map(|side| ((f64::from(side) * scale).round() as u32).max(1));
    let picture = match (w, h) == (width, height) {
        true => pixels.clone(),
        false => imageops::resize(pixels, w, h, FilterType::Triangle),
    };
    let mut winners = Winners::new((w, h), input.window());
    for (label, map) in maps.iter().enumerate() {
        winners.enter(label, map)?;
    }
    let shares = winners.shares(maps.len());
    let found = set.concepts().iter().zip(&maps).zip(scores).zip(&shares).map(
        |(((concept, map), &score), &share)| Found {
            name: concept.name.clone(),
            score,
            share,
            raw_min: map.min(),
            raw_max: map.max(),
        },
    );
    let report = Report {
        image: input.source.to_string(),
        name: name.to_owned(),
        width,
        height,
        condition: input.condition.clone(),
        nothing: 1.0 - shares.iter().sum::<f32>(),
        concepts: found.collect(),
        milliseconds: {
            clock.lap("segment");
            clock.milliseconds()
        },
    };
    Ok(Segmented { input, maps, picture, winners, report })
}

/// Writes a query's files and lines, and gives its rows of the figure.
fn keep(
    segmented: &Segmented,
    outputs: &Outputs,
    arguments: &Explain,
    look: &OverlayStyle,
) -> Result<Vec<Vec<Panel>>, Failure> {
    let report = &segmented.report;
    let subject = Subject { query: &report.name, ..Subject::default() };
    let colours = segmented.winners.draw(&segmented.picture, IMAGE_WEIGHT);
    if let Some(pattern) = &outputs.overlay {
        let path = pattern.path(subject);
        write(&path, &output::picture(&path, &colours)?)?;
    }
    if let Some(pattern) = &outputs.raw {
        let values: Vec<f32> = segmented.maps.iter().flat_map(Map::values).copied().collect();
        let shape = segmented.maps.first().map_or([0, 0], |map| [map.height(), map.width()]);
        let bytes = npy_bytes(&[segmented.maps.len(), shape[0], shape[1]], &values);
        let bytes = bytes.context("writing an array").map_err(Failure::Output)?;
        write(&pattern.path(subject), &bytes)?;
    }
    let order = by_share(&report.concepts);
    if !arguments.json {
        for &index in order.iter().take(SHOWN).filter(|&&i| report.concepts[i].share > 0.0) {
            let Found { name, score, share, .. } = &report.concepts[index];
            let line = format!(
                "{}: {:<24} {:>3.0} % of the image, score {score:.3}",
                printable(&report.name),
                printable(name),
                share * 100.0
            );
            print::beside(outputs.use_stdout(), line)?;
        }
    }
    match outputs.figure.is_some() {
        true => rows(segmented, &order, colours, look),
        false => Ok(Vec::new()),
    }
}

/// Concepts with the largest share first, the better score deciding between equal ones.
fn by_share(concepts: &[Found]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..concepts.len()).collect();
    let rank = |index: usize| (concepts[index].share, concepts[index].score);
    order.sort_by(|&a, &b| {
        let (a, b) = (rank(a), rank(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    order
}
