use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use cam_explain::concepts::{self, Found, SHOWN, Segmentation, segment};
use cam_explain::drawing::usual_style;
use cam_explain::paths::distinct;
use cam_explain::{Clock, Condition, Environment, Error, Failed, Source, check_use, rule, usual};
use cam_viz::{Map, OverlayStyle, Panel, npy_bytes};
use serde::Serialize;

use super::explain::Outputs;
use crate::arguments::Segment;
use crate::failure::Failure;
use crate::output::{self, Pattern, Subject, write};
use crate::print;
use crate::print::printable;

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    cam_version: &'static str,
    model: String,
    weights_sha256: String,
    layer: String,
    method: String,
    upsample: &'static str,
    concepts_as: String,
    concepts: Vec<String>,
    /// What is odd about the file of concepts.
    remarks: Vec<String>,
    figure: Option<String>,
    queries: Vec<Report>,
    failures: Vec<Failed>,
}

#[derive(Serialize)]
struct Report {
    image: String,
    name: String,
    width: u32,
    height: u32,
    #[serde(flatten)]
    condition: Condition,
    /// Share of what the network saw of the image where no concept is positive.
    nothing: f32,
    /// In the order of the file.
    concepts: Vec<Found>,
    milliseconds: BTreeMap<&'static str, f64>,
}

/// Which concept of a file is where.
pub fn run(arguments: &Segment, environment: &Environment) -> Result<(), Failure> {
    let queries = arguments.queries.sources(&environment.cancel)?;
    let names = distinct(queries.iter().map(Source::stem));
    let outputs = Outputs::of_segmentation(arguments, queries.len())?;
    check(arguments, (&queries, &names), &outputs)?;
    let concept_file = arguments.concepts.as_path();
    let (options, arithmetic) = (arguments.options.meant(), arguments.setup.reading.arithmetic());
    let style = usual_style(arithmetic);
    let look = OverlayStyle { colormap: arguments.colormap.unwrap_or(style.colormap), ..style };
    let rule_of = |name: &str| {
        let method = rule(name, &options, arithmetic)?;
        check_use(&options, &[name.to_owned()])?;
        Ok::<_, Error>(method)
    };
    if let Some(name) = &arguments.method {
        rule_of(name)?;
    }
    let set = concepts::existing(concept_file)?;
    if set.concepts().is_empty() {
        return Err(Failure::usage(format!("{} contains no concepts", concept_file.display())));
    }
    let concepts_as = arguments.concepts_as;
    let target = concepts::target(&set, concepts_as)?;
    let upsample = arguments.upsampled.meant(&arguments.setup.reading)?;
    let model = arguments.setup.load(environment)?.upsampled(upsample);
    concepts::check(&set, &model, concept_file.display())?;
    let remarks: Vec<String> = concepts::other_fit(&set, &model).into_iter().collect();
    let layer = model.layer_or_last(arguments.layer.as_deref())?;
    let name = arguments.method.as_deref().unwrap_or_else(|| usual(model.network()));
    let method = rule_of(name)?;
    let mut document = Document {
        schema_version: 1,
        cam_version: env!("CARGO_PKG_VERSION"),
        model: model.name().to_owned(),
        weights_sha256: set.fingerprint().weights_sha256.clone(),
        layer: model.layer_name(layer),
        method: name.to_owned(),
        upsample: upsample.name(),
        concepts_as: concepts_as.to_string(),
        concepts: set.concepts().iter().map(|concept| concept.name.clone()).collect(),
        remarks,
        figure: None,
        queries: Vec::new(),
        failures: Vec::new(),
    };
    let mut rows = Vec::new();
    for (query, name) in queries.iter().zip(&names) {
        environment.cancel.check("what was written is whole")?;
        let mut clock = Clock::start();
        let captured =
            model.capture_at(query, (&[layer], method.keeps()), &mut clock).map_err(Failure::from);
        let done = captured.and_then(|captured| {
            let segmented = segment(&captured, &*method, (&set, &*target), &mut clock)?;
            let report = Report::new(&segmented, name, clock);
            let rows = keep(&segmented, &report, &outputs, arguments, &look)?;
            Ok((report, rows))
        });
        match done {
            Ok((report, more)) => {
                rows.extend(more);
                document.queries.push(report);
            }
            Err(Failure::Failed(error)) if queries.len() > 1 => {
                let error = Failure::Failed(error).reason();
                print::error(&error);
                document.failures.push(Failed { image: query.to_string(), error });
            }
            Err(failure) => return Err(failure),
        }
    }
    if let (Some(pattern), false) = (&outputs.figure, rows.is_empty()) {
        let path = figure_path(pattern, &names);
        let asked = (document.model.as_str(), document.method.as_str(), document.layer.as_str());
        let concepts = (document.concepts.len(), concepts_as);
        let drawn = concepts::figure(rows, asked, concepts, look.colormap).draw();
        write(&path, &output::picture(&path, &drawn.0)?)?;
        document.figure = (!pattern.is_stdout()).then(|| path.display().to_string());
    }
    if arguments.json {
        print::json(&document)?;
    } else if let (Some(figure), false) = (&document.figure, outputs.use_stdout()) {
        print::line(figure)?;
    }
    Failure::of_images(document.failures.len(), queries.len(), "explained")
}

/// What is wrong with the arguments and files, before any work.
fn check(
    arguments: &Segment,
    (queries, names): (&[Source], &[String]),
    outputs: &Outputs,
) -> Result<(), Failure> {
    let inputs: Vec<_> = queries.iter().filter_map(Source::canonical).collect();
    let inputs = [inputs, arguments.concepts.canonicalize().into_iter().collect()].concat();
    outputs.check(&inputs)?;
    check_names(outputs, names, &inputs)?;
    outputs.check_streams(arguments.json)?;
    if arguments.colormap.is_some() && outputs.figure.is_none() {
        return Err(Failure::usage(
            "--colormap is for the figure's maps, and none is drawn: ask for one with --out",
        ));
    }
    Ok(())
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

impl Report {
    fn new(segmented: &Segmentation<'_, '_>, name: &str, clock: Clock) -> Self {
        let captured = segmented.captured;
        let (width, height) = captured.picture.pixels.dimensions();
        Self {
            image: captured.source.to_string(),
            name: name.to_owned(),
            width,
            height,
            condition: captured.condition.clone(),
            nothing: segmented.nothing,
            concepts: segmented.concepts.clone(),
            milliseconds: clock.milliseconds(),
        }
    }
}

/// Writes a query's files and lines, and gives its rows of the figure.
fn keep(
    segmented: &Segmentation<'_, '_>,
    report: &Report,
    outputs: &Outputs,
    arguments: &Segment,
    look: &OverlayStyle,
) -> Result<Vec<Vec<Panel>>, Failure> {
    let subject = Subject { query: &report.name, ..Subject::default() };
    let colours = segmented.draw();
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
    if !arguments.json {
        let order = segmented.by_share();
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
        true => Ok(concepts::rows(segmented, &report.name, &colours, look)?),
        false => Ok(Vec::new()),
    }
}
