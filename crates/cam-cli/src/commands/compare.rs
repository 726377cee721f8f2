use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cam_explain::compare::Report;
use cam_explain::{Clock, Environment, Source, compare};
use cam_viz::npy_bytes;

use crate::arguments::Compare;
use crate::failure::Failure;
use crate::output::{self, write};
use crate::print;

pub fn run(arguments: &Compare, environment: &Environment) -> Result<(), Failure> {
    let mut clock = Clock::start();
    let sources = [&arguments.first, &arguments.second].map(|image| Source::of(image));
    let figure = figure_path(arguments, &sources);
    check(arguments, &sources, figure.as_deref())?;
    let points = arguments.points.iter().map(|text| pixel(text)).collect::<Result<Vec<_>, _>>()?;
    let reading = &arguments.setup.reading;
    let upsample = arguments.upsampled.drawn(reading, figure.is_some(), "ask for it with --out")?;
    let model = arguments.setup.load(environment)?.upsampled(upsample);
    clock.lap("load");
    let (compared, inputs) =
        model.compare(sources.each_ref(), arguments.lines as usize, &mut clock)?;
    let points = points.into_iter().map(|pixel| compared.point(pixel, &inputs[0]));
    let points = points.collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = &figure {
        let drawn = compare::figure(&compared, &points, model.name())?.draw();
        write(path, &output::picture(path, &drawn.0)?)?;
    }
    if let Some(path) = &arguments.raw {
        let [[ha, wa], [hb, wb]] = compared.pair.sizes();
        let bytes = npy_bytes(&[ha, wa, hb, wb], compared.pair.contributions());
        write(path, &bytes.context("writing an array").map_err(Failure::Output)?)?;
    }
    clock.lap("draw");
    let shown = figure.as_ref().filter(|path| !output::is_stdout(path));
    let shown = shown.map(|path| path.display().to_string());
    let document = Report::new((&compared, &inputs, &points), &model, shown, clock);
    if arguments.json {
        return print::json(&document.with_digest(&model)?);
    }
    let to_stdout =
        [&figure, &arguments.raw].into_iter().flatten().any(|path| output::is_stdout(path));
    document.lines().into_iter().try_for_each(|line| print::beside(to_stdout, line))
}

/// Where the figure goes; one is drawn where nothing else is asked for.
fn figure_path(arguments: &Compare, sources: &[Source; 2]) -> Option<PathBuf> {
    let [first, second] = sources.each_ref().map(Source::stem);
    let asked = arguments.raw.is_some() || arguments.json;
    let default = (!asked).then(|| format!("{first}+{second}.compare.png").into());
    arguments.out.clone().or(default)
}

/// What is wrong with the streams and files, before any work.
fn check(arguments: &Compare, sources: &[Source; 2], figure: Option<&Path>) -> Result<(), Failure> {
    if sources.iter().all(|source| matches!(source, Source::Stdin)) {
        return Err(Failure::usage("standard input holds one image: name the other"));
    }
    let inputs: Vec<PathBuf> = sources.iter().filter_map(Source::canonical).collect();
    output::check_figure_and(figure, arguments.raw.as_deref(), arguments.json, &inputs)
}

/// Reads `X,Y`.
fn pixel(text: &str) -> Result<[u32; 2], Failure> {
    let sides = text
        .split_once(',')
        .and_then(|(x, y)| Some([x.trim().parse::<u32>().ok()?, y.trim().parse::<u32>().ok()?]));
    sides.ok_or_else(|| {
        Failure::usage(format!("`--point {text}`: write across and down in pixels, as in 120,88"))
    })
}
