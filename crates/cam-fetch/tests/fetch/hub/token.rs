//! The token's way: to the hub, and no further.

use cam_fetch::hub::HubError;

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

/// As hf.co does, or whoever stands at the old address now.
#[test]
fn another_host_does_not_hear_the_token_even_where_it_leads_back() {
    let hub = Hub::with(usual());
    let site = hub.site.url("");
    let old = Loopback::start(move |request| {
        Reply::new(301, []).with("Location", format!("{site}{}", request.path))
    });
    let at_old = old.url("");
    let between = Loopback::start(move |request| match request.path.strip_prefix("/back") {
        Some(path) => Reply::new(302, []).with("Location", format!("{at_old}{path}")),
        None => Reply::new(404, []),
    });
    let place = Place::new().with("HF_TOKEN", "hf_secret");
    let options = place.options_at(&old.url(""));
    let reference = "hf:org/model".parse().expect("a reference");
    let go_on = &mut |_: &str, _| std::ops::ControlFlow::Continue(());
    cam_fetch::hub::model(&reference, &options, go_on).expect("a good hub");
    assert!(tokens(&old.requests()).iter().all(|it| it.as_deref() == HEADER));
    assert!(tokens(&hub.site.requests()).iter().all(Option::is_none));

    let before = old.requests().len();
    let start = Loopback::start({
        let between = between.url("/back/org/model/resolve/main/config.json");
        move |request| match request.path.as_str() {
            "/start" => Reply::new(302, []).with("Location", between.as_str()),
            _ => Reply::new(200, "x"),
        }
    });
    cam_fetch::fetch_bytes(&start.url("/start"), &options.fetch).expect("a file");
    assert_eq!(tokens(&start.requests()), [HEADER.map(str::to_owned)]);
    assert_eq!(tokens(&between.requests()), [None]);
    assert_eq!(tokens(&old.requests()[before..]), [None]);
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
