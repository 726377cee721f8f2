use std::sync::Arc;

use cam_explain::{Answer, Areas, Colormap, Concept, Curves, Decoding, Error, Figure, Map, Report};
use cam_viz::npy_bytes;
use hyper::StatusCode;
use serde::Serialize;

use super::reply::{self, Reply};
use super::routes::nothing;
use super::{Site, packed};
use crate::address::Address;
use crate::command::Command;
use crate::desk::Refusal;
use crate::explained::Explained;
use crate::explainer::Explainer;
use crate::{pages, pictures};

/// The part of `cam explain --json` that is of images.
#[derive(Serialize)]
struct Answers<'a> {
    concepts: Vec<Named<'a>>,
    queries: [&'a Report; 1],
}

/// What a concept was made from.
#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    image: &'a str,
}

impl<'a> Named<'a> {
    fn of(concept: &'a Concept) -> Self {
        Self { name: &concept.name, image: &concept.origin }
    }
}

/// How good a map is.
#[derive(Serialize)]
struct Quality<'a> {
    question: &'a str,
    method: &'a str,
    score: f32,
    orders: Vec<Order<'a>>,
}

/// How the score changes in one order of the pixels.
#[derive(Serialize)]
struct Order<'a> {
    order: &'a str,
    areas: Areas,
    /// Share of the pixels that were changed.
    shares: &'a [f32],
    deletion: &'a [f32],
    insertion: &'a [f32],
}

impl<'a> Quality<'a> {
    fn new(answer: &'a Answer, curves: &'a [Curves]) -> Self {
        let orders = curves.iter().map(|curves| Order {
            order: curves.name,
            areas: curves.areas(),
            shares: &curves.deletion.shares,
            deletion: &curves.deletion.scores,
            insertion: &curves.insertion.scores,
        });
        Self {
            question: &answer.question,
            method: &answer.method,
            score: answer.score,
            orders: orders.collect(),
        }
    }
}

const PNG: &str = "image/png";
const SVG: &str = "image/svg+xml";

/// As what a figure of that name is written.
fn kind_of(place: &str) -> &'static str {
    if place.ends_with(".png") { PNG } else { SVG }
}

fn drawn(figure: &Figure, is_png: bool) -> Result<Vec<u8>, Error> {
    match is_png {
        true => pictures::png(&figure.draw().0),
        false => Ok(figure.svg()?.into_bytes()),
    }
}

fn json(document: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec_pretty(document).map_err(Error::failed)
}

/// A file of what an address asks.
pub async fn file(place: &str, address: Address, site: &Arc<Site>) -> Result<Reply, Refusal> {
    const JSON: &str = "application/json";
    const BYTES: &str = "application/octet-stream";
    let rank = rank(&address)?;
    let colormap = colormap(&address)?;
    let (kind, content): (_, Vec<u8>) = match place {
        "maps" => {
            (BYTES, site.ask(move |explainer| packed::maps(&*explainer.explain(&address)?)).await?)
        }
        "pairs" => {
            (BYTES, site.ask(move |explainer| packed::pairs(&*explainer.compare(&address)?)).await?)
        }
        "pairs.npy" => {
            let array = move |explainer: &mut Explainer<'_>| {
                let comparison = explainer.compare(&address)?;
                let [[ha, wa], [hb, wb]] = comparison.compared.pair.sizes();
                npy_bytes(&[ha, wa, hb, wb], comparison.parts()).map_err(Error::failed)
            };
            (BYTES, site.ask(array).await?)
        }
        "overlay.png" => {
            let drawn = site
                .ask(move |explainer| pictures::png(&explainer.overlay(&address, rank, colormap)?));
            (PNG, drawn.await?)
        }
        "figure.png" | "figure.svg" => {
            let kind = kind_of(place);
            let drawn = site
                .ask(move |explainer| drawn(&explainer.figure(&address, colormap)?, kind == PNG));
            (kind, drawn.await?)
        }
        "compare.png" | "compare.svg" => {
            let (kind, network) = (kind_of(place), site.offer.name.clone());
            let drawn = site.ask(move |explainer| {
                drawn(&explainer.compare(&address)?.figure(&network)?, kind == PNG)
            });
            (kind, drawn.await?)
        }
        "compare.json" => {
            let report = site.ask(move |explainer| json(&explainer.compare(&address)?.report));
            (JSON, report.await?)
        }
        "quality.json" => {
            let curves = site.ask(move |explainer| {
                let explained = explainer.explain(&address)?;
                let curves = explainer.curves(&address, rank)?;
                json(&Quality::new(explained.answer(rank)?, &curves))
            });
            (JSON, curves.await?)
        }
        "answers.json" => {
            let report = site.ask(move |explainer| {
                let explained = explainer.explain(&address)?;
                let concepts = explained.concepts.iter();
                json(&Answers {
                    concepts: concepts.map(Named::of).collect(),
                    queries: [&explained.report],
                })
            });
            (JSON, report.await?)
        }
        "raw.npy" | "map.npy" => {
            let is_raw = place == "raw.npy";
            (BYTES, site.ask(move |explainer| array(&*explainer.explain(&address)?, is_raw)).await?)
        }
        "hit.png" | "why.png" | "search.jsonl" => {
            return search_file(place, address, rank, site).await;
        }
        "export.html" => return export(address, site).await,
        _ => return Ok(nothing()),
    };
    Ok(reply::file(kind, content))
}

async fn search_file(
    place: &str,
    address: Address,
    rank: usize,
    site: &Arc<Site>,
) -> Result<Reply, Refusal> {
    let Some(shelf) = site.shelf.clone() else { return Ok(nothing()) };
    let is_hit = place == "hit.png";
    let found = site.ask(move |explainer| explainer.search(&address, &shelf)).await?;
    if place == "search.jsonl" {
        return Ok(reply::file("application/jsonl", found.json()?));
    }
    let picture = match is_hit {
        true => found.panel(rank).map(|panel| &panel.image),
        false => found.why.as_ref().map(|why| &why.picture),
    };
    match picture {
        Some(picture) => Ok(reply::file(PNG, pictures::png(picture)?)),
        None => Ok(nothing()),
    }
}

async fn export(address: Address, site: &Arc<Site>) -> Result<Reply, Refusal> {
    let command = Command::explain(&address.question_with_colours(), &site.library, &site.setup);
    let (colormap, network) = (colormap(&address)?, site.offer.name.clone());
    let page = site.ask(move |explainer| {
        let explained = explainer.explain(&address)?;
        let ranks = 0..explained.answers.len();
        let overlays = ranks.map(|rank| explainer.overlay(&address, rank, colormap));
        let overlays = overlays.collect::<Result<Vec<_>, _>>()?;
        let photograph = explainer.photograph(&address)?;
        pages::export(&explained, &network, (&photograph, &overlays), command.as_ref())
    });
    Ok(reply::html(StatusCode::OK, page.await?))
}

/// All maps of one layer and one size, `[questions, h, w]`.
fn array(explained: &Explained, is_raw: bool) -> Result<Vec<u8>, Error> {
    let maps = explained.answers.iter().map(|answer| match is_raw {
        true => answer.raw.first().unwrap_or(&answer.map),
        false => &answer.map,
    });
    let maps: Vec<&Map> = maps.collect();
    let size = maps.first().map_or([0, 0], |map| [map.height(), map.width()]);
    if maps.iter().any(|map| [map.height(), map.width()] != size) {
        return Err(Error::usage("the maps are of several sizes: take them one by one"));
    }
    let values: Vec<f32> = maps.iter().flat_map(|map| map.values()).copied().collect();
    npy_bytes(&[maps.len(), size[0], size[1]], &values).map_err(Error::failed)
}

/// Which of several maps is meant.
///
/// # Errors
/// Where that is no number.
pub fn rank(address: &Address) -> Result<usize, Error> {
    match address.get("rank") {
        None => Ok(0),
        Some(rank) => {
            rank.parse().map_err(|_| Error::usage(format_args!("there is no map {rank}")))
        }
    }
}

fn colormap(address: &Address) -> Result<Colormap, Error> {
    match address.get("colormap") {
        None => Ok(Colormap::default()),
        Some(name) => name.parse().map_err(|error: cam_viz::UnknownColormap| Error::usage(error)),
    }
}

/// An image for the page: `image`, `size`, and of which `edition` of its file.
pub async fn picture(query: &str, site: &Arc<Site>) -> Result<Reply, Refusal> {
    let (mut image, mut size, mut wanted) = (None, pictures::LARGEST, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "image" => image = Some(value.into_owned()),
            "size" => size = value.parse().unwrap_or(size),
            "edition" => wanted = Some(value.into_owned()),
            _ => {}
        }
    }
    let image = image.ok_or_else(|| Error::usage("which image?"))?;
    let (library, environment) = (Arc::clone(&site.library), site.environment.clone());
    let shown = site.picture(move || {
        let source = library.image(&image)?;
        // A file may have changed since a page named it: its old photograph below a new map would lie.
        let is_wanted = wanted.is_some_and(|wanted| wanted == pictures::edition(&source));
        let content = pictures::shown(&source, size, Decoding::default(), &environment)?;
        Ok(match is_wanted {
            true => reply::lasting("image/jpeg", content),
            false => reply::file("image/jpeg", content),
        })
    });
    shown.await
}
