//! The token's way: to the hub, and no further.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use cam_fetch::hub::{self, HubError};
use cam_fetch::{Options, Token, fetch_bytes};

use super::bringing::usual;
use super::place::Place;
use super::server::{Hub, small};
use crate::loopback::{Loopback, Reply, Request};

const HEADER: Option<&str> = Some("Bearer hf_secret");

fn tokens(requests: &[Request]) -> Vec<Option<String>> {
    requests.iter().map(|it| it.header("authorization").map(str::to_owned)).collect()
}

#[test]
fn the_hub_hears_the_token_and_the_store_does_not() {
    let hub = Hub::with(usual());
    let place = Place::new().with("HF_TOKEN", "hf_secret\n");
    place.model(&hub, "hf:org/model").expect("a good hub");
    assert!(tokens(&hub.site.requests()).iter().all(|it| it.as_deref() == HEADER));
    assert!(!hub.store.requests().is_empty());
    assert!(tokens(&hub.store.requests()).iter().all(Option::is_none));
}

#[test]
fn without_a_token_none_is_sent() {
    for place in [
        Place::new(),
        Place::new().with("HF_TOKEN", " "),
        Place::new().with("HF_TOKEN", "hf_secret").with("HF_HUB_DISABLE_IMPLICIT_TOKEN", "True"),
    ] {
        let hub = Hub::with(usual());
        place.model(&hub, "hf:org/model").expect("a good hub");
        assert!(tokens(&hub.site.requests()).iter().all(Option::is_none));
    }
}

#[test]
fn a_redirect_on_the_same_host_keeps_the_token() {
    let moved = |request: &Request| {
        let rest = request.path.strip_prefix("/org/old/")?;
        Some(Reply::new(307, "moved").with("Location", format!("/org/model/{rest}")))
    };
    let hub = Hub::that(usual(), Box::new(moved), Box::new(|_| None));
    let place = Place::new().with("HF_TOKEN", "hf_secret");
    place.model(&hub, "hf:org/old").expect("a good hub");
    assert!(tokens(&hub.site.requests()).iter().all(|it| it.as_deref() == HEADER));
}

/// As from hf.co, or from wherever the hub was before.
#[test]
fn another_host_does_not_hear_the_token() {
    let hub = Hub::with(usual());
    let site = hub.site.url("");
    let old = Loopback::start(move |request| {
        Reply::new(301, []).with("Location", format!("{site}{}", request.path))
    });
    let place = Place::new().with("HF_TOKEN", "hf_secret");
    let reference = "hf:org/model".parse().expect("a reference");
    let go_on = &mut |_: &str, _| ControlFlow::Continue(());
    hub::model(&reference, &place.options_at(&old.url("")), go_on).expect("a good hub");
    assert!(tokens(&old.requests()).iter().all(|it| it.as_deref() == HEADER));
    assert!(tokens(&hub.site.requests()).iter().all(Option::is_none));
}

#[test]
fn a_host_that_leads_back_does_not_choose_what_is_asked_with_the_token() {
    let home = Arc::new(OnceLock::<String>::new());
    let back = Arc::clone(&home);
    let between = Loopback::start(move |_| {
        let home = back.get().expect("it is set");
        Reply::new(302, []).with("Location", format!("{home}/chosen"))
    });
    let at_between = between.url("/");
    let site = Loopback::start(move |request| match request.path.as_str() {
        "/asked" => Reply::new(302, []).with("Location", at_between.as_str()),
        _ => Reply::new(200, "x"),
    });
    home.set(site.url("")).expect("once");
    let token = Some(Token::new("hf_secret").expect("a token"));
    let options = Options { token, ..crate::support::options() };
    fetch_bytes(&site.url("/asked"), &options).expect("a file");
    assert_eq!(tokens(&site.requests()), [HEADER.map(str::to_owned), None]);
    assert_eq!(tokens(&between.requests()), [None]);
}

#[test]
fn a_token_that_is_refused_is_told_from_a_repository_that_is_not_there() {
    let hub = Hub::that(
        vec![small("config.json", "{}")],
        Box::new(|_| {
            let message = "Invalid credentials in Authorization header";
            Some(Reply::new(401, []).with("X-Error-Message", message))
        }),
        Box::new(|_| None),
    );
    let place = Place::new().with("HF_TOKEN", "hf_secret");
    let error = place.model(&hub, "hf:org/model").expect_err("a bad token");
    assert!(matches!(error, HubError::TokenRefused { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"));
    let error = Place::new().model(&hub, "hf:org/model").expect_err("no token");
    assert!(matches!(error, HubError::RepositoryNotFound { .. }), "{error}");
}
