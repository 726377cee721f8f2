//! `cam compare`: why are two images similar?

pub mod draw;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use cam_core::{Network as _, Pair};
use cam_viz::npy_bytes;

use crate::arguments::Compare;
use crate::explain::{Clock, Input, Reading};
use crate::failure::Failure;
use crate::model::Model;
use crate::output::{self, write};
use crate::print;
use crate::source::Source;
use draw::{Compared, Point};
use report::Document;

pub fn run(arguments: &Compare) -> Result<(), Failure> {
    let mut clock = Clock::start();
    let sources = [&arguments.first, &arguments.second].map(|image| Source::of(image));
    let figure = figure_path(arguments, &sources);
    check(arguments, &sources, figure.as_deref())?;
    let points = arguments.points.iter().map(|text| pixel(text)).collect::<Result<Vec<_>, _>>()?;
    let reading = Reading::new(&arguments.reading)?;
    let model = Model::load(&arguments.model)?;
    let network = &model.network;
    let layer = network.last_layer()?;
    let head = network.head(layer).ok_or_else(|| {
        anyhow!("{} has no head that a pair could be taken apart by", network.description().name)
    })?;
    clock.lap("load");
    let [first, second] =
        sources.each_ref().map(|source| Input::read(source, &reading, network, &mut clock));
    let inputs = [first?, second?];
    let activations =
        inputs.each_ref().map(|input| network.forward_to(input.tensor.clone(), layer));
    clock.lap("forward");
    let pair = Pair::of(head, activations.each_ref())?;
    clock.lap("pair");
    let points = points
        .into_iter()
        .map(|pixel| point(pixel, &inputs[0], pair.sizes()[0]))
        .collect::<Result<Vec<_>, _>>()?;
    let names = sources.each_ref().map(Source::stem);
    let pictures = inputs.each_ref().map(|input| input.picture.pixels.clone());
    let compared = Compared {
        names,
        pictures,
        windows: inputs.each_ref().map(Input::window),
        damaged: inputs.each_ref().map(|input| input.condition.damaged),
        pair,
        lines: arguments.lines as usize,
    };
    if let Some(path) = &figure {
        let picture = draw::figure(&compared, &points, &network.description().name)?;
        write(path, &output::picture(path, &picture)?)?;
    }
    if let Some(path) = &arguments.raw {
        let [[ha, wa], [hb, wb]] = compared.pair.sizes();
        let bytes = npy_bytes(&[ha, wa, hb, wb], compared.pair.contributions());
        write(path, &bytes.context("writing an array").map_err(Failure::Output)?)?;
    }
    clock.lap("draw");
    let document = Document::new((&compared, &inputs, &points), &model, figure.as_deref(), clock);
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
    if sources.iter().all(|source| *source == Source::Stdin) {
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

/// The position that holds a pixel's middle: positions divide the input evenly.
fn point(pixel: [u32; 2], input: &Input, [rows, columns]: [usize; 2]) -> Result<Point, Failure> {
    let (width, height) = input.picture.pixels.dimensions();
    let [x, y] = pixel;
    if x >= width || y >= height {
        return Err(Failure::usage(format!(
            "`--point {x},{y}` lies outside {}, which has {width}×{height} pixels",
            input.source
        )));
    }
    let middle = |pixel: u32, side: u32| (f64::from(pixel) + 0.5) / f64::from(side);
    let [across, down] = input.window().to_map([middle(x, width), middle(y, height)]);
    if !((0.0..1.0).contains(&across) && (0.0..1.0).contains(&down)) {
        return Err(Failure::usage(format!(
            "`--point {x},{y}` lies where --fit {} leaves {} out of sight",
            input.placement.fit(),
            input.source
        )));
    }
    let along = |share: f64, positions: usize| (share * positions as f64) as usize;
    let position = along(down, rows) * columns + along(across, columns);
    Ok(Point { pixel, position })
}

/// Across and down, in 0..=1 of the input's sides, of a position's middle.
fn middle(position: usize, [rows, columns]: [usize; 2]) -> [f64; 2] {
    let across = (position % columns) as f64 + 0.5;
    let down = (position / columns) as f64 + 0.5;
    [across / columns as f64, down / rows as f64]
}
