//! Without a network, by wish or by accident.

use std::net::TcpListener;
use std::ops::ControlFlow;

use cam_fetch::hub::{self, HubError};

use super::bringing::usual;
use super::place::{Place, Users};
use super::server::{COMMIT, Hub};
use crate::support::content;

#[test]
fn offline_the_caches_do() {
    for own in [true, false] {
        let hub = Hub::with(usual());
        let mut place = Place::new();
        let weights = content(1);
        match own {
            true => drop(place.model(&hub, "hf:org/model").expect("a good hub")),
            false => place.fill(&Users {
                revision: "main",
                files: &[("config.json", b"{}"), ("model.safetensors", &weights)],
                absent: &[],
            }),
        }
        let asked = hub.asked().len();
        place.set("HF_HUB_OFFLINE", "YES");
        for revision in ["", "@main", &format!("@{COMMIT}")] {
            let model = place.model(&hub, &format!("hf:org/model{revision}")).expect("it is here");
            assert_eq!(model.folder.is_users, !own);
            let unknown: &[&str] =
                if own { &[] } else { &["open_clip_config.json", "preprocessor_config.json"] };
            assert_eq!(model.folder.unknown, unknown);
        }
        assert_eq!(hub.asked().len(), asked);
    }
}

#[test]
fn offline_the_error_says_what_is_missing() {
    let hub = Hub::with(usual());
    let place = Place::new().with("HF_HUB_OFFLINE", "1");
    let says = |error: HubError, what: &str| {
        let expected = format!("{what} is in no cache of this machine, and HF_HUB_OFFLINE is set");
        assert!(error.to_string().starts_with(&expected), "{error}");
    };
    let error = place.model(&hub, "hf:org/model").expect_err("nothing is here");
    says(error, "revision `main` of hf:org/model");
    let error = place.model(&hub, &format!("hf:org/model@{COMMIT}")).expect_err("nothing is here");
    says(error, &format!("any of config.json, open_clip_config.json of hf:org/model@{COMMIT}"));
    place.fill(&Users { revision: "main", files: &[("config.json", b"{}")], absent: &[] });
    let error = place.files(&hub, "hf:org/model", &["config.json", "model.safetensors"]);
    says(error.expect_err("no weights"), "model.safetensors of hf:org/model");
    let error = place.model(&hub, "hf:org/model").expect_err("no weights").to_string();
    assert!(error.contains("model.safetensors") && error.contains("HF_HUB_OFFLINE"), "{error}");
    assert!(hub.asked().is_empty());
}

#[test]
fn where_nobody_answers_the_caches_do_and_it_is_said() {
    let hub = Hub::with(usual());
    let place = Place::new();
    place.model(&hub, "hf:org/model").expect("a good hub");
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let options = place.options_at(&format!("http://{free}"));
    let go_on = &mut |_: &str, _| ControlFlow::Continue(());

    let reference = "hf:org/model".parse().expect("a reference");
    let model = hub::model(&reference, &options, go_on).expect("it is here");
    let why = model.folder.unasked.expect("nobody answered").to_string();
    assert!(why.starts_with("cannot reach http://127.0.0.1"), "{why}");

    let other = "hf:org/other".parse().expect("a reference");
    let error = hub::model(&other, &options, go_on).expect_err("nothing is here").to_string();
    assert!(error.starts_with("cannot reach http://127.0.0.1"), "{error}");
}
