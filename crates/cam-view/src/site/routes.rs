use std::sync::Arc;

use cam_explain::{Colormap, Decoding, Error, Map, Report};
use cam_viz::npy_bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, IF_NONE_MATCH};
use hyper::{Method, Request, StatusCode};
use maud::Markup;
use serde::Serialize;
use serde_json::json;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::body::Form;
use super::reply::{self, Reply};
use super::{Site, packed};
use crate::address::Address;
use crate::command::Command;
use crate::desk::Refusal;
use crate::explained::Explained;
use crate::pages::{self, Context, View};
use crate::pictures;
use crate::shelf::State;

const STYLE: &str = include_str!("../../assets/view.css");
const SCRIPT: &str = include_str!("../../assets/view.js");

/// The part of `cam explain --json` that is of images.
#[derive(Serialize)]
struct Answers<'a> {
    queries: [&'a Report; 1],
}

/// Answers what was asked for behind the secret.
pub async fn answer(place: &str, request: Request<Incoming>, site: &Arc<Site>) -> Reply {
    let is_post = request.method() == Method::POST;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let answered = match (place, is_post) {
        ("", false) => return page(&query, site).await,
        ("drop", true) => return drop_image(request, site).await,
        ("index", true) => index(request, site).await,
        ("view.css", false) => Ok(reply::kept("text/css; charset=utf-8", STYLE)),
        ("view.js", false) => Ok(reply::kept("text/javascript; charset=utf-8", SCRIPT)),
        ("status", false) => Ok(status(site)),
        ("classes.json", false) => {
            Ok(reply::kept("application/json", json!(site.offer.classes).to_string()))
        }
        ("colours", false) => Ok(reply::kept("application/json", colours())),
        ("picture", false) => picture(&query, request.headers(), site).await,
        (_, false) => match Address::read(&query) {
            Ok(address) => file(place, address, site).await,
            Err(sentence) => Err(Refusal::Failed(Error::usage(sentence))),
        },
        (_, true) => Ok(nothing()),
    };
    answered.unwrap_or_else(|refusal| reply::refusal(&refusal))
}

/// The colours of every map, from its lowest value to its highest.
fn colours() -> String {
    let tables = Colormap::ALL.iter().map(|map| (map.name(), json!(map.table().as_slice())));
    serde_json::Map::from_iter(tables.map(|(name, table)| (name.to_owned(), table)))
        .into_iter()
        .collect::<serde_json::Value>()
        .to_string()
}

fn nothing() -> Reply {
    reply::text(StatusCode::NOT_FOUND, "the page has nothing of that name\n")
}

/// A whole page. What goes wrong is told in it.
async fn page(query: &str, site: &Arc<Site>) -> Reply {
    let library = Arc::clone(&site.library);
    let names = match site.picture(move || library.names()).await {
        Ok(names) => names,
        Err(refusal) => return reply::refusal(&refusal),
    };
    let (address, misread) = match Address::read(query) {
        Ok(address) => (address, None),
        Err(sentence) => (Address::default(), Some(sentence)),
    };
    let context = Context {
        address: &address,
        offer: &site.offer,
        library: &site.library,
        names: &names,
        shelf: site.shelf.as_deref(),
        setup: &site.setup,
    };
    let view = match misread {
        Some(sentence) => Err(sentence),
        None => View::of(&address),
    };
    let (view, status, main) = match view {
        Ok(view) => match main(&context, view, site).await {
            Ok(main) => (view, StatusCode::OK, main),
            Err(refusal) => {
                let (status, sentence) = reply::refused(&refusal);
                (view, status, pages::error(&sentence))
            }
        },
        Err(sentence) => (View::Explain, StatusCode::BAD_REQUEST, pages::error(&sentence)),
    };
    reply::html(status, pages::page(&context, view, &main))
}

async fn main(context: &Context<'_>, view: View, site: &Arc<Site>) -> Result<Markup, Refusal> {
    let address = context.address.clone();
    let has_image = address.get("image").is_some();
    Ok(match view {
        View::Images => pages::images(context),
        View::Search => {
            let found = match (has_image, site.shelf.clone()) {
                (true, Some(shelf)) if shelf.state() != State::Missing => {
                    Some(site.ask(move |explainer| explainer.search(&address, &shelf)).await)
                }
                _ => None,
            };
            let found = found.as_ref().map(|found| match found {
                Ok(found) => Ok(&**found),
                Err(refusal) => Err(reply::refused(refusal).1),
            });
            pages::search(context, found)
        }
        _ if !has_image => pages::welcome(),
        View::Explain => {
            let explained = site.ask(move |explainer| explainer.explain(&address)).await?;
            pages::explain(context, &explained)
        }
        View::Layers => {
            let layers = site.ask(move |explainer| explainer.layers(&address)).await?;
            pages::layers(context, &layers)
        }
        View::Methods => {
            let pieces = site.ask(move |explainer| explainer.methods(&address)).await?;
            pages::methods(context, &pieces)
        }
        View::Compare => {
            if let Some(reason) = context.offer.no_pairs {
                let name = &context.offer.name;
                let sentence = format!(
                    "the embedding of {name} {reason}: explain the one image with the other as the concept"
                );
                return Err(Error::usage(sentence).into());
            }
            let comparison = site.ask(move |explainer| explainer.compare(&address)).await?;
            pages::compare(context, &comparison)
        }
        View::Quality => {
            let rank = rank(&address)?;
            let measured = site.ask(move |explainer| {
                Ok((explainer.explain(&address)?, explainer.curves(&address, rank)?))
            });
            let (explained, curves) = measured.await?;
            pages::quality(context, &explained, (rank, explained.answer(rank)?), &curves)
        }
    })
}

/// A file of what an address asks.
async fn file(place: &str, address: Address, site: &Arc<Site>) -> Result<Reply, Refusal> {
    const PNG: &str = "image/png";
    const SVG: &str = "image/svg+xml";
    const JSON: &str = "application/json";
    const BYTES: &str = "application/octet-stream";
    let rank = rank(&address)?;
    let (kind, content): (_, Vec<u8>) = match place {
        "maps" => {
            (BYTES, site.ask(move |explainer| packed::maps(&*explainer.explain(&address)?)).await?)
        }
        "pairs" => {
            (BYTES, site.ask(move |explainer| packed::pairs(&*explainer.compare(&address)?)).await?)
        }
        "pairs.npy" => {
            let array = move |explainer: &mut crate::explainer::Explainer<'_>| {
                let comparison = explainer.compare(&address)?;
                let [[ha, wa], [hb, wb]] = comparison.compared.pair.sizes();
                npy_bytes(&[ha, wa, hb, wb], comparison.parts()).map_err(Error::failed)
            };
            (BYTES, site.ask(array).await?)
        }
        "overlay.png" => {
            let colormap = colormap(&address)?;
            let drawn = site
                .ask(move |explainer| pictures::png(&explainer.overlay(&address, rank, colormap)?));
            (PNG, drawn.await?)
        }
        "figure.png" => (
            PNG,
            site.ask(move |explainer| pictures::png(&explainer.figure(&address)?.draw().0)).await?,
        ),
        "figure.svg" => (
            SVG,
            site.ask(move |explainer| Ok(explainer.figure(&address)?.svg()?.into_bytes())).await?,
        ),
        "compare.png" | "compare.svg" => {
            let is_png = place.ends_with("png");
            let network = site.offer.name.clone();
            let drawn = site.ask(move |explainer| {
                let figure = explainer.compare(&address)?.figure(&network)?;
                match is_png {
                    true => pictures::png(&figure.draw().0),
                    false => Ok(figure.svg()?.into_bytes()),
                }
            });
            (if is_png { PNG } else { SVG }, drawn.await?)
        }
        "compare.json" => {
            let report = site.ask(move |explainer| {
                serde_json::to_vec_pretty(&explainer.compare(&address)?.report)
                    .map_err(Error::failed)
            });
            (JSON, report.await?)
        }
        "answers.json" => {
            let report = site.ask(move |explainer| {
                let explained = explainer.explain(&address)?;
                let document = Answers { queries: [&explained.report] };
                serde_json::to_vec_pretty(&document).map_err(Error::failed)
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
        Some(picture) => Ok(reply::file("image/png", pictures::png(picture)?)),
        None => Ok(nothing()),
    }
}

async fn export(address: Address, site: &Arc<Site>) -> Result<Reply, Refusal> {
    let command = Command::explain(&address.question_with_colours(), &site.library, &site.setup);
    let colormap = colormap(&address)?;
    let page = site.ask(move |explainer| {
        let explained = explainer.explain(&address)?;
        let ranks = 0..explained.answers.len();
        let overlays = ranks.map(|rank| explainer.overlay(&address, rank, colormap));
        let overlays = overlays.collect::<Result<Vec<_>, _>>()?;
        pages::export(&explained, &explained.picture.pixels, &overlays, command.as_ref())
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

fn rank(address: &Address) -> Result<usize, Error> {
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

/// An image for the page: `image` and `size`.
async fn picture(query: &str, headers: &HeaderMap, site: &Arc<Site>) -> Result<Reply, Refusal> {
    let (mut image, mut size) = (None, pictures::LARGEST);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "image" => image = Some(value.into_owned()),
            "size" => size = value.parse().unwrap_or(size),
            _ => {}
        }
    }
    let image = image.ok_or_else(|| Error::usage("which image?"))?;
    let (library, environment) = (Arc::clone(&site.library), site.environment.clone());
    let known = headers.get(IF_NONE_MATCH).cloned();
    let shown = site.picture(move || {
        let source = library.image(&image)?;
        let edition = pictures::edition(&source);
        // A file may have changed since a browser kept it: an old photograph below a new map would lie.
        if known.is_some_and(|known| known == edition.as_str()) {
            return Ok(reply::unchanged());
        }
        let content = pictures::shown(&source, size, Decoding::default(), &environment)?;
        Ok(reply::edition("image/jpeg", content, &edition))
    });
    shown.await
}

fn status(site: &Site) -> Reply {
    let index = site.shelf.as_deref().map(|shelf| {
        let (done, total) = shelf.progress();
        let state = match shelf.state() {
            State::Missing => "missing",
            State::Building => "building",
            State::Ready(_) => "ready",
            State::Failed(_) => "failed",
        };
        json!({ "state": state, "done": done, "total": total })
    });
    let document = json!({ "waiting": site.network.waiting(), "index": index });
    reply::bytes(StatusCode::OK, "application/json", document.to_string())
}

/// A form, and its place among the bodies that are held at once: to be kept for as long as the form is.
async fn form<'s>(
    request: Request<Incoming>,
    site: &'s Site,
) -> Result<(Form, SemaphorePermit<'s>), Reply> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let Ok(Ok(place)) = timeout(site.limits.body, site.bodies.acquire()).await else {
        return Err(reply::refusal(&Refusal::Busy(site.limits.bodies)));
    };
    let form = Form::read(&kind, request.into_body(), site.limits.body).await;
    form.map(|form| (form, place))
        .map_err(|(status, sentence)| reply::text(status, sentence + "\n"))
}

/// An image that was dropped on the page, or sent by its form.
async fn drop_image(request: Request<Incoming>, site: &Arc<Site>) -> Reply {
    let (form, _place) = match form(request, site).await {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let Some((name, bytes)) = form.file.as_ref().filter(|(_, bytes)| !bytes.is_empty()) else {
        return reply::text(StatusCode::BAD_REQUEST, "no file was chosen\n");
    };
    let address = Address::read(form.get("address").unwrap_or_default()).unwrap_or_default();
    let (library, name, bytes) = (Arc::clone(&site.library), name.clone(), bytes.to_vec());
    let environment = site.environment.clone();
    let kept = site.picture(move || {
        // What is no image is refused before it takes the place of one.
        let source =
            cam_explain::Source::Memory { name: name.clone(), bytes: bytes.as_slice().into() };
        source.picture(Decoding::default(), &environment)?;
        library.keep(&name, bytes)
    });
    let address = address.without("rank").without("why");
    match kept.await {
        Ok(kept) if form.get("as") == Some("concept") => {
            reply::see(&format!(".?{}", address.and("concept", &kept)))
        }
        Ok(kept) if form.get("as") == Some("other") => {
            reply::see(&format!(".?{}", address.with("other", &kept)))
        }
        Ok(kept) => reply::see(&format!(".?{}", address.with("image", &kept))),
        Err(refusal) => reply::refusal(&refusal),
    }
}

/// Begins or ends the building of the index.
async fn index(request: Request<Incoming>, site: &Arc<Site>) -> Result<Reply, Refusal> {
    let (form, _place) = match form(request, site).await {
        Ok(form) => form,
        Err(reply) => return Ok(reply),
    };
    let Some(shelf) = site.shelf.clone() else { return Ok(nothing()) };
    let address = Address::read(form.get("address").unwrap_or_default()).unwrap_or_default();
    match form.get("do") {
        Some("stop") => {
            // It ends between two images.
            site.picture(move || {
                shelf.stop();
                Ok(())
            })
            .await?;
        }
        _ => {
            site.library.forget_listing();
            site.ask(move |explainer| shelf.build(explainer.model())).await?;
        }
    }
    Ok(reply::see(&format!(".?{}", address.with("view", "search"))))
}
