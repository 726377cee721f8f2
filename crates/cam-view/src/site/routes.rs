use std::sync::Arc;

use cam_explain::{Colormap, Error};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::reply::{self, Reply};
use super::{Site, changes, files, page};
use crate::address::Address;
use crate::desk::Refusal;
use crate::shelf::State;

const STYLE: &str = include_str!("../../assets/view.css");
const SCRIPT: &str = include_str!("../../assets/view.js");

/// Answers what was asked for behind the secret.
pub async fn answer(place: &str, request: Request<Incoming>, site: &Arc<Site>) -> Reply {
    let is_post = request.method() == Method::POST;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let answered = match (place, is_post) {
        ("", false) => return page::page(&query, site).await,
        ("drop", true) => return changes::drop_image(request, site).await,
        ("index", true) => changes::index(request, site).await,
        ("view.css", false) => Ok(reply::kept("text/css; charset=utf-8", STYLE)),
        ("view.js", false) => Ok(reply::kept("text/javascript; charset=utf-8", SCRIPT)),
        ("status", false) => Ok(status(site)),
        ("classes.json", false) => {
            Ok(reply::kept("application/json", json!(site.offer.classes).to_string()))
        }
        ("colours", false) => Ok(reply::kept("application/json", colours())),
        ("picture", false) => files::picture(&query, site).await,
        (_, false) => match Address::read(&query) {
            Ok(address) => files::file(place, address, site).await,
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

/// Where there is nothing of a name.
pub fn nothing() -> Reply {
    reply::text(StatusCode::NOT_FOUND, "the page has nothing of that name\n")
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
