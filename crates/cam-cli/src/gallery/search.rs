use std::num::NonZero;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, Network as _, Pair};
use cam_files::Sha256;
use cam_store::Index;
use cam_store::index::{Entry, Hit};
use cam_viz::{Figure, FigureStyle, Panel, Window};
use image::RgbImage;
use serde::Serialize;

use super::pictures::Pictures;
use super::{html, why};
use crate::arguments::Search;
use crate::compare::draw::{self, Compared};
use crate::concepts::fingerprint;
use crate::explain::{Clock, Input, Reading, read, window};
use crate::failure::Failure;
use crate::model::Model;
use crate::output::{self, is_stdout, write};
use crate::print;
use crate::print::printable;
use crate::source::Source;

/// Correspondences drawn for each image that was found.
const LINES: usize = 6;

/// Images found that are drawn.
const MOST_DRAWN: usize = 50;

/// A search and what came of it.
pub struct Searched<'a> {
    pub model: &'a Model,
    pub gallery: &'a Index,
    pub name: String,
    pub query: Input,
    pub capture: Capture<'a>,
    pub hits: Vec<Hit>,
    /// How the images of the index were read.
    reading: Reading,
    /// The index's images.
    pub pictures: Pictures,
}

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
    /// What each position of the query adds to the cosine, row by row; with --explain.
    #[serde(skip_serializing_if = "Option::is_none")]
    query_map: Option<Vec<f32>>,
    /// The same of the image that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<Vec<f32>>,
}

pub fn run(arguments: &Search) -> Result<(), Failure> {
    let source = Source::of(&arguments.query);
    let figure = figure_path(arguments, &source);
    if arguments.images.is_some() && figure.is_none() && arguments.html.is_none() {
        return Err(Failure::usage(
            "--images says where images are that are drawn: add --explain, --out or --html",
        ));
    }
    let inputs: Vec<PathBuf> = source.canonical().into_iter().collect();
    let html = arguments.html.as_deref();
    output::check_figure_and(figure.as_deref(), html, arguments.json, &inputs)?;
    if arguments.why.is_some() && arguments.json && figure.is_none() && html.is_none() {
        return Err(Failure::usage(
            "--why is drawn and said, and a line of JSON is about one image: give --out or --html too",
        ));
    }
    let gallery = Index::open(&arguments.index);
    let gallery = gallery.with_context(|| arguments.index.display().to_string())?;
    if gallery.entries().is_empty() {
        return Err(anyhow!("{} holds no image yet", arguments.index.display()).into());
    }
    let reading = Reading::new(&arguments.reading)?;
    let indexed = of_index(reading, &gallery)?;
    let reading = match &arguments.reading.size {
        Some(_) => reading.with_fit(arguments.reading.fit.unwrap_or(indexed.fit())),
        None => indexed.with_fit(arguments.reading.fit.unwrap_or(indexed.fit())),
    };
    if reading.fit() != indexed.fit() {
        print::remark(format_args!(
            "the index was made with --fit {}, and the query is read with --fit {}",
            indexed.fit(),
            reading.fit()
        ));
    }
    let model = Model::load(&arguments.model)?;
    let made = gallery.header().fingerprint.check(&fingerprint(&model, &reading)?);
    made.with_context(|| arguments.index.display().to_string())?;
    let network = &model.network;
    let query = Input::read(&source, &reading, network, &mut Clock::start())?;
    let capture = Capture::new(network, query.tensor.clone(), &[network.last_layer()?]);
    let capture = capture.map_err(|error| anyhow!("{source}: {error}"))?;
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let embedding = read(capture.embeddings())?;
    let top = arguments.top as usize;
    let hits = gallery.search(&embedding, top, threads).with_context(|| source.to_string())?;
    let root = arguments.images.clone().unwrap_or_else(|| gallery.header().root.clone().into());
    let pictures = Pictures::new(root, figure.is_some() || html.is_some(), indexed.decoding());
    let (model, gallery, name, reading) = (&model, &gallery, source.stem(), indexed);
    let search = Searched { model, gallery, name, query, capture, hits, reading, pictures };

    let explains = arguments.explain || figure.is_some() || arguments.html.is_some();
    let drawn = if explains { search.compare()? } else { Vec::new() };
    let why = match &arguments.why {
        Some(sides) => Some(why::explain(&search, [&sides[0], &sides[1]])?),
        None => None,
    };
    if let Some(path) = &figure {
        let picture = search.figure(&drawn, why.as_ref())?;
        write(path, &output::picture(path, &picture)?)?;
    }
    if let Some(path) = &arguments.html {
        write(path, html::page(&search, &drawn, why.as_ref())?.as_bytes())?;
    }
    let to_stdout = [&figure, &arguments.html].into_iter().flatten().any(|path| is_stdout(path));
    for (rank, hit) in search.hits.iter().enumerate() {
        let image = &search.entry(hit).image;
        if arguments.json {
            let maps = drawn.get(rank).filter(|_| arguments.explain).map(|d| d.pair.maps());
            let [query_map, map] = maps.map_or([None, None], |maps| maps.map(Some));
            let [width, height] = image.pixels;
            let (path, sha256) = (&*image.path, image.sha256);
            let (rank, cosine) = (rank + 1, hit.cosine);
            let condition = &search.query.condition;
            let (query_damaged, query_remarks) = (condition.damaged, condition.remarks.as_slice());
            let line = Line {
                rank,
                path,
                cosine,
                width,
                height,
                sha256,
                damaged: image.damaged,
                query_damaged,
                query_remarks,
                query_map,
                map,
            };
            let line = serde_json::to_string(&line).context("writing JSON")?;
            print::line(line)?;
        } else {
            let (rank, path) = (rank + 1, printable(&image.path));
            let damaged = if image.damaged { "  (damaged file)" } else { "" };
            let line = format!("{rank:>4}  {:.3}  {path}{damaged}", hit.cosine);
            print::beside(to_stdout, line)?;
        }
    }
    if let Some(why) = why.filter(|_| !arguments.json) {
        print::beside(to_stdout, why.line())?;
    }
    for path in [&figure, &arguments.html].into_iter().flatten().filter(|path| !is_stdout(path)) {
        if arguments.json { print::detail(path.display()) } else { print::line(path.display())? }
    }
    search.pictures.check()
}

/// How the images of an index were read.
fn of_index(reading: Reading, gallery: &Index) -> Result<Reading, Failure> {
    let header = gallery.header();
    let fit = header.fit.parse().map_err(anyhow::Error::from)?;
    Ok(reading.with_size(header.input).with_fit(fit))
}

fn figure_path(arguments: &Search, query: &Source) -> Option<PathBuf> {
    let wanted = arguments.explain || arguments.why.is_some();
    let wanted = wanted && arguments.html.is_none() && !arguments.json;
    let default = wanted.then(|| format!("{}.search.png", query.stem()).into());
    arguments.out.clone().or(default)
}

impl Searched<'_> {
    /// What was found.
    pub fn entry(&self, hit: &Hit) -> &Entry {
        &self.gallery.entries()[hit.entry]
    }

    /// Where the maps of an image lie on it.
    fn window(&self, entry: &Entry) -> Window {
        let [width, height] = entry.image.pixels.map(|side| side as usize);
        window(&self.reading.placement(&self.model.network, (width, height)))
    }

    /// The query with each image that was found, from the maps in the index.
    fn compare(&self) -> Result<Vec<Compared>, Failure> {
        let network = &self.model.network;
        let layer = network.last_layer()?;
        let head =
            network.head(layer).context("the network has no head that can be taken apart")?;
        let own = self.capture.activations(layer).context("the layer was captured")?;
        let picture = FigureStyle::default().shrink(&self.query.picture.pixels);
        let compared = self.hits.iter().take(MOST_DRAWN).map(|hit| {
            let entry = self.entry(hit);
            let kept = self.gallery.activations(entry).map_err(anyhow::Error::from)?;
            let [c, h, w] = entry.shape.map(|side| side as usize);
            if c != own.dims()[1] {
                let path = &entry.image.path;
                return Err(anyhow!(
                    "entries.log: shape of {path} has {c} channels, the network {}",
                    own.dims()[1]
                )
                .into());
            }
            let kept = Tensor::from_data(TensorData::new(kept, [1, c, h, w]), network.device());
            Ok(Compared {
                names: [self.name.clone(), entry.image.path.to_string()],
                pictures: [picture.clone(), self.pictures.of(entry)],
                windows: [self.query.window(), self.window(entry)],
                damaged: [self.query.condition.damaged, entry.image.damaged],
                pair: Pair::of(head, [own, &kept])?,
                lines: LINES,
            })
        });
        compared.collect()
    }

    fn figure(&self, drawn: &[Compared], why: Option<&why::Why>) -> Result<RgbImage, Failure> {
        let style = FigureStyle::default();
        let mut rows = match why {
            Some(why) => vec![why.row(&style)],
            None => Vec::new(),
        };
        for (rank, compared) in drawn.iter().enumerate() {
            rows.push(panels(rank, compared, &style)?.into());
        }
        let figure = Figure {
            title: Some(format!("{} among {} images", self.name, self.gallery.entries().len())),
            rows,
            color_bar: Some(draw::color_bar()),
        };
        Ok(figure.render(&style))
    }
}

/// What was found at a rank, and why.
pub fn panels(
    rank: usize,
    compared: &Compared,
    style: &FigureStyle,
) -> Result<[Panel; 2], Failure> {
    let mut lines = draw::correspondences(compared, style);
    let cosine = compared.pair.cosine();
    lines.caption[0] = format!("{}. {}, cosine {cosine:.3}", rank + 1, compared.names[1]);
    Ok([lines, draw::maps(compared, style)?])
}
