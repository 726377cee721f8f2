use std::sync::Arc;

use cam_explain::{Decoding, Source};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Request, StatusCode};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::body::Form;
use super::reply::{self, Reply};
use super::routes::nothing;
use super::{Site, page};
use crate::address::Address;
use crate::desk::Refusal;

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
pub async fn drop_image(request: Request<Incoming>, site: &Arc<Site>) -> Reply {
    // A form without a script shows what comes back; the script puts the sentence into the page that is there.
    let accepts = request.headers().get(ACCEPT).and_then(|kinds| kinds.to_str().ok());
    let shows_pages = accepts.is_some_and(|kinds| kinds.contains("text/html"));
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
        let source = Source::Memory { name: name.clone(), bytes: bytes.as_slice().into() };
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
        Err(refusal) if shows_pages => page::failed(&address, &refusal, site).await,
        Err(refusal) => reply::refusal(&refusal),
    }
}

/// Begins or ends the building of the index.
pub async fn index(request: Request<Incoming>, site: &Arc<Site>) -> Result<Reply, Refusal> {
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
            site.ask(move |explainer| shelf.build(explainer.model())).await?;
        }
    }
    Ok(reply::see(&format!(".?{}", address.with("view", "search"))))
}
