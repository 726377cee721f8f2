use std::path::PathBuf;

use anyhow::Context as _;
use cam_explain::compare::{Beside, Compared, pairs_of};
use cam_explain::index::{Index, Searched, Shown, Why};
use cam_explain::{Environment, Source};
use cam_files::Sha256;
use cam_store::index::Hit;
use serde::Serialize;

use crate::arguments::Search;
use crate::failure::Failure;
use crate::output::{self, is_stdout, write};
use crate::print;
use crate::print::printable;

#[derive(Serialize)]
struct Line<'a> {
    rank: usize,
    path: &'a str,
    cosine: f32,
    width: u32,
    height: u32,
    sha256: Sha256,
    /// Whether pixels are missing from the image's file, and from the query's.
    damaged: bool,
    query_damaged: bool,
    /// What is odd about the query.
    query_remarks: &'a [String],
    /// What pairs are of; with --explain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<&'static str>,
    /// What of the cosine is of no pair, the query's first.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
    /// What each position of the query adds to the cosine, row by row; with --explain.
    #[serde(skip_serializing_if = "Option::is_none")]
    query_map: Option<Vec<f32>>,
    /// The same of the image that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<Vec<f32>>,
}

pub fn run(arguments: &Search, environment: &Environment) -> Result<(), Failure> {
    let source = Source::of(&arguments.query);
    let figure = figure_path(arguments, &source);
    check(arguments, &source, figure.as_ref())?;
    let html = &arguments.html;
    let draws = figure.is_some() || html.is_some();
    let remedy = "add --explain, --out or --html";
    let upsample = arguments.upsampled.drawn(&arguments.setup.reading, draws, remedy)?;
    let index = Index::open(&arguments.index)?;
    let images = &arguments.setup.reading;
    let asked = images.reading()?;
    let size = images.size.as_ref().map(|_| asked.size);
    let reading = index.reading(asked, size, images.fit);
    let model = arguments.setup.load(environment)?.with_images(reading).upsampled(upsample);
    // Why one ranks above another needs no pairs.
    let explains = arguments.explain || draws && arguments.why.is_none();
    let shown = Shown { images: arguments.images.as_deref(), draws, explains };
    let search = index.search(&model, &source, arguments.top as usize, shown)?;

    let compares = explains || draws && search.has_pairs();
    let drawn = if compares { search.compare()? } else { Vec::new() };
    let why = arguments.why.as_ref().map(|sides| search.why([&sides[0], &sides[1]])).transpose()?;
    if let Some(path) = &figure {
        let picture = search.figure(&drawn, why.as_ref())?.draw();
        write(path, &output::picture(path, &picture.0)?)?;
    }
    if let Some(path) = html {
        write(path, search.page(&drawn, why.as_ref())?.as_bytes())?;
    }
    let to_stdout = [&figure, html].into_iter().flatten().any(|path| is_stdout(path));
    for (rank, hit) in search.hits.iter().enumerate() {
        let explained = drawn.get(rank).filter(|_| arguments.explain);
        if arguments.json {
            let line = Line::new(&search, rank, hit, explained);
            print::line(serde_json::to_string(&line).context("writing JSON")?)?;
        } else {
            let image = &search.entry(hit).image;
            let (rank, path) = (rank + 1, printable(&image.path));
            let damaged = if image.damaged { "  (damaged file)" } else { "" };
            let line = format!("{rank:>4}  {:.3}  {path}{damaged}", hit.cosine);
            print::beside(to_stdout, line)?;
            if let Some(parts) = explained.and_then(parts) {
                print::beside(to_stdout, format_args!("      {parts}"))?;
            }
        }
    }
    if let Some(why) = why.filter(|_| !arguments.json) {
        print::beside(to_stdout, printable(&Why::line(&why)))?;
    }
    for path in [&figure, html].into_iter().flatten().filter(|path| !is_stdout(path)) {
        if arguments.json { print::detail(path.display()) } else { print::line(path.display())? }
    }
    let (missing, of) = search.pictures.check()?;
    Failure::of_images(missing, of, "drawn")
}

impl<'a> Line<'a> {
    fn new(search: &'a Searched<'_>, rank: usize, hit: &Hit, explained: Option<&Compared>) -> Self {
        let image = &search.entry(hit).image;
        let pair = explained.map(|compared| &compared.pair);
        let [query_map, map] = pair.map_or([None, None], |pair| pair.maps().map(Some));
        let [width, height] = image.pixels;
        let condition = &search.query.condition;
        Self {
            rank: rank + 1,
            path: &image.path,
            cosine: hit.cosine,
            width,
            height,
            sha256: image.sha256,
            damaged: image.damaged,
            query_damaged: condition.damaged,
            query_remarks: &condition.remarks,
            pairs: pair.map(pairs_of),
            beside: pair.and_then(Beside::of),
            query_map,
            map,
        }
    }
}

/// What of a cosine is of pairs of patches, and what of none, where there is such.
fn parts(compared: &Compared) -> Option<String> {
    let [first, second] = &compared.names;
    let pairs = compared.pair.contributions().iter().map(|&value| f64::from(value)).sum();
    Some(Beside::of(&compared.pair)?.line(pairs, [first, second]))
}

/// What is wrong with the arguments and files, before any work.
fn check(arguments: &Search, source: &Source, figure: Option<&PathBuf>) -> Result<(), Failure> {
    let html = arguments.html.as_deref();
    if arguments.images.is_some() && figure.is_none() && html.is_none() {
        return Err(Failure::usage(
            "--images says where images are that are drawn: add --explain, --out or --html",
        ));
    }
    let inputs: Vec<PathBuf> = source.canonical().into_iter().collect();
    output::check_figure_and(figure.map(PathBuf::as_path), html, arguments.json, &inputs)?;
    if arguments.why.is_some() && arguments.json && figure.is_none() && html.is_none() {
        return Err(Failure::usage(
            "--why is drawn and said, and a line of JSON is about one image: give --out or --html too",
        ));
    }
    Ok(())
}

fn figure_path(arguments: &Search, query: &Source) -> Option<PathBuf> {
    let wanted = arguments.explain || arguments.why.is_some();
    let wanted = wanted && arguments.html.is_none() && !arguments.json;
    let default = wanted.then(|| format!("{}.search.png", query.stem()).into());
    arguments.out.clone().or(default)
}
