//! The user's own cache: read first, never written to.

use std::fs;

use cam_fetch::hub::Weights;

use super::bringing::usual;
use super::place::{Place, Users, tree};
use super::server::{COMMIT, Hub, refusal};
use crate::support::content;

const CONFIG: (&str, &[u8]) = ("config.json", b"{}");
const PREPROCESSOR: (&str, &[u8]) = ("preprocessor_config.json", b"{}");

#[test]
fn who_has_the_model_in_python_asks_nobody() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let weights = content(1);
    place.fill(&Users {
        revision: "main",
        files: &[CONFIG, PREPROCESSOR, ("model.safetensors", &weights)],
        absent: &["open_clip_config.json"],
    });
    let before = tree(&place.path("hf"));

    for reference in ["hf:org/model".to_owned(), format!("hf:org/model@{COMMIT}")] {
        let model = place.model(&hub, &reference).expect("all is here");
        assert_eq!(model.folder.path, place.users().join("snapshots").join(COMMIT));
        assert!(model.folder.is_users && model.folder.unasked.is_none());
        assert_eq!(model.weights, Weights::Whole("model.safetensors".into()));
    }
    assert!(hub.asked().is_empty());
    assert_eq!(tree(&place.path("hf")), before);
    assert!(tree(&place.path("cam")).is_empty());
}

#[test]
fn files_that_python_did_not_need_come_from_the_hub_and_the_weights_do_not() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let weights = content(7);
    place.fill(&Users {
        revision: "main",
        files: &[CONFIG, ("pytorch_model.bin", &weights)],
        absent: &[],
    });
    let before = tree(&place.path("hf"));

    let model = place.model(&hub, "hf:org/model").expect("a good hub");

    assert_eq!(model.weights, Weights::Whole("pytorch_model.bin".into()));
    assert_eq!(model.folder.path, place.own().join("snapshots").join(COMMIT));
    assert_eq!(
        model.folder.files,
        ["config.json", "preprocessor_config.json", "pytorch_model.bin"]
    );
    let found = fs::read(model.folder.path.join("pytorch_model.bin")).expect("a link");
    assert_eq!(found, weights);
    assert!(hub.store.requests().is_empty());
    assert_eq!(tree(&place.path("hf")), before);
    let asked = hub.asked().len();
    place.model(&hub, "hf:org/model").expect("all is here");
    assert_eq!(hub.asked().len(), asked);
}

/// The hub has weights for `config.json` too, but open_clip's are here.
#[test]
fn who_has_open_clip_s_weights_gets_open_clip_s_configuration() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let weights = content(7);
    let files = [("open_clip_config.json", &b"{}"[..]), ("open_clip_model.safetensors", &weights)];
    place.fill(&Users { revision: "main", files: &files, absent: &[] });
    let model = place.model(&hub, "hf:org/model").expect("a good hub");
    assert_eq!(model.weights, Weights::Whole("open_clip_model.safetensors".into()));
    assert_eq!(model.config, "open_clip_config.json");
    assert!(model.folder.has("config.json") && hub.store.requests().is_empty());
}

/// Python downloaded it once; its owner has since closed or deleted it.
#[test]
fn what_is_whole_on_this_machine_needs_no_leave_of_the_hub() {
    let hub = Hub::that(usual(), Box::new(|_| Some(refusal(403, "GatedRepo"))), Box::new(|_| None));
    let place = Place::new();
    let weights = content(7);
    place.fill(&Users {
        revision: "main",
        files: &[CONFIG, ("model.safetensors", &weights)],
        absent: &[],
    });
    let model = place.model(&hub, "hf:org/model").expect("it is here");
    assert!(model.folder.is_users);
    assert_eq!(model.folder.unknown, ["open_clip_config.json", "preprocessor_config.json"]);
    let why = model.folder.unasked.expect("the hub refused").to_string();
    assert!(why.contains("org/model is gated"), "{why}");
    assert_eq!(hub.asked().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_no_file() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let weights = content(1);
    let users =
        Users { revision: "main", files: &[CONFIG, ("model.safetensors", &weights)], absent: &[] };
    place.fill(&users);
    let model = place.model(&hub, "hf:org/model").expect("a good hub");
    assert!(!model.folder.is_users && hub.store.requests().is_empty());

    // The user's blob goes, and with it the file that our link stood for.
    fs::remove_file(place.users().join("blobs/1")).expect("there");
    let model = place.model(&hub, "hf:org/model").expect("a good hub");

    let file = model.folder.path.join("model.safetensors");
    assert!(file.symlink_metadata().expect("there").is_file());
    assert_eq!(fs::read(file).expect("there"), content(1));
    assert_eq!(hub.store.requests().len(), 1);
    assert!(!place.users().join("blobs/1").exists());
}

#[cfg(unix)]
#[test]
fn a_link_to_what_has_moved_is_made_anew() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let weights = content(1);
    let users =
        Users { revision: "main", files: &[CONFIG, ("model.safetensors", &weights)], absent: &[] };
    place.fill(&users);
    place.model(&hub, "hf:org/model").expect("a good hub");

    let moved = place.path("elsewhere");
    fs::create_dir(&moved).expect("writable");
    fs::rename(place.path("hf"), moved.join("hf")).expect("writable");
    let place = place.with("HF_HOME", moved.join("hf"));
    let model = place.model(&hub, "hf:org/model").expect("all is here");

    assert_eq!(fs::read(model.folder.path.join("model.safetensors")).expect("there"), content(1));
    assert!(!model.folder.is_users && hub.store.requests().is_empty());
}

#[test]
fn another_revision_and_a_damaged_reference_tell_nothing() {
    let weights = content(7);
    let files = [CONFIG, ("model.safetensors", weights.as_slice())];
    for (revision, text) in [("other", COMMIT), ("main", "../../x"), ("main", "")] {
        let hub = Hub::with(usual());
        let place = Place::new();
        place.fill(&Users { revision, files: &files, absent: &[] });
        fs::write(place.users().join("refs").join(revision), text).expect("writable");
        place.model(&hub, "hf:org/model").expect("a good hub");
        assert_eq!(hub.asked()[0], "HEAD /org/model/resolve/main/config.json");
    }
}
