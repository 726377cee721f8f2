use std::sync::Arc;

use cam_explain::Error;
use hyper::StatusCode;
use maud::Markup;

use super::Site;
use super::files::rank;
use super::reply::{self, Reply};
use crate::address::Address;
use crate::desk::Refusal;
use crate::pages::{self, Context, View};
use crate::shelf::{Shelf, State};

/// A whole page. What goes wrong is told in it.
pub async fn page(query: &str, site: &Arc<Site>) -> Reply {
    let library = Arc::clone(&site.library);
    let names = match site.picture(move || library.names()).await {
        Ok(names) => names,
        Err(refusal) => return reply::refusal(&refusal),
    };
    let (address, misread) = match Address::read(query) {
        Ok(address) => (address, None),
        Err(sentence) => (Address::default(), Some(sentence)),
    };
    let context = context(&address, &names, site);
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

/// A page that says what went wrong where something was to be changed.
pub async fn failed(address: &Address, refusal: &Refusal, site: &Arc<Site>) -> Reply {
    let library = Arc::clone(&site.library);
    let names = site.picture(move || library.names()).await.unwrap_or_default();
    let (status, sentence) = reply::refused(refusal);
    let view = View::of(address).unwrap_or(View::Explain);
    let page = pages::page(&context(address, &names, site), view, &pages::error(&sentence));
    reply::html(status, page)
}

fn context<'a>(address: &'a Address, names: &'a [String], site: &'a Site) -> Context<'a> {
    Context {
        address,
        offer: &site.offer,
        library: &site.library,
        names,
        shelf: site.shelf.as_deref(),
        setup: &site.setup,
    }
}

async fn main(context: &Context<'_>, view: View, site: &Arc<Site>) -> Result<Markup, Refusal> {
    let address = context.address.clone();
    let has_image = address.get("image").is_some();
    Ok(match view {
        View::Images => pages::images(context),
        View::Search => {
            // As it is before the search: what is built meanwhile is not in the results.
            let state = site.shelf.as_deref().map_or(State::Missing, Shelf::state);
            let found = match (has_image, site.shelf.clone()) {
                (true, Some(shelf)) if !matches!(state, State::Missing | State::Building) => {
                    Some(site.ask(move |explainer| explainer.search(&address, &shelf)).await)
                }
                _ => None,
            };
            let found = found.as_ref().map(|found| match found {
                Ok(found) => Ok(&**found),
                Err(refusal) => Err(reply::refused(refusal).1),
            });
            pages::search(context, &state, found)
        }
        _ if !has_image => pages::welcome(context),
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
            if address.get("other").is_none() {
                return Ok(pages::choose_other());
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
