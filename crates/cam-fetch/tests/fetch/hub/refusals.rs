//! What the hub says no to, in plain sentences.

use super::bringing::usual;
use super::place::Place;
use super::server::{File, Hub, large, refusal, small};
use crate::loopback::{Reply, Request};
use crate::support::content;

/// The error of a model from a hub with these files, the hub's address written `HUB`.
fn error(place: &Place, files: Vec<File>, reference: &str) -> String {
    let hub = Hub::with(files);
    let error = place.model(&hub, reference).expect_err(reference);
    error.to_string().replace(&hub.site.url(""), "HUB")
}

/// The error of a hub that always answers like this.
fn error_of(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> String {
    let hub = Hub::that(usual(), Box::new(move |it| Some(answer(it))), Box::new(|_| None));
    let error = Place::new().model(&hub, "hf:org/model").expect_err("a bad hub");
    error.to_string().replace(&hub.site.url(""), "HUB")
}

#[test]
fn a_repository_that_is_not_there_may_be_private() {
    let without = "there is no repository org/no at HUB, or it is private: check its name; no access token was found, \
                   set HF_TOKEN if it needs one";
    assert_eq!(error(&Place::new(), usual(), "hf:org/no"), without);
    let with = "there is no repository no at HUB, or it is private: check its name; the access token was sent, does it \
                give access?";
    let place = Place::new().with("HF_TOKEN", "hf_secret");
    assert_eq!(error(&place, usual(), "hf:no"), with);
}

#[test]
fn a_gated_repository_says_where_its_licence_is() {
    let expected = "gated/model is gated: accept the licence at HUB/gated/model and set HF_TOKEN; ";
    for (place, rest) in [
        (Place::new(), "no access token was found, set HF_TOKEN if it needs one"),
        (Place::new().with("HF_TOKEN", "x"), "the access token was sent, does it give access?"),
        (
            Place::new().with("HF_HUB_DISABLE_IMPLICIT_TOKEN", "on"),
            "no access token was sent, because HF_HUB_DISABLE_IMPLICIT_TOKEN is set",
        ),
    ] {
        assert_eq!(error(&place, usual(), "hf:gated/model"), format!("{expected}{rest}"));
    }
}

#[test]
fn a_revision_that_is_not_there_is_named() {
    let expected =
        "org/model has no revision `v9`: its branches and tags are at HUB/org/model/tree/main";
    assert_eq!(error(&Place::new(), usual(), "hf:org/model@v9"), expected);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let hub = Hub::with(usual());
    let error = Place::new().files(&hub, "hf:org/model", &["config.json", "no.json"]);
    let error = error.expect_err("no such file").to_string().replace(&hub.site.url(""), "HUB");
    let expected = "org/model has no file `no.json` at revision `main`: its files are at HUB/org/model/tree/main";
    assert_eq!(error, expected);
}

#[test]
fn a_repository_without_a_model_says_what_was_looked_for() {
    let readme = vec![small("README.md", "")];
    let expected =
        "hf:org/model holds no model: none of config.json, open_clip_config.json is there";
    assert_eq!(error(&Place::new(), readme, "hf:org/model"), expected);
    let expected = "hf:org/model holds no model: none of model.safetensors, model.safetensors.index.json, \
                    pytorch_model.bin, open_clip_model.safetensors, open_clip_pytorch_model.bin is there";
    assert_eq!(error(&Place::new(), vec![small("config.json", "{}")], "hf:org/model"), expected);
}

#[test]
fn an_index_that_leads_out_of_the_repository_is_refused() {
    let index = r#"{"weight_map": {"a": "../../../secret.safetensors"}}"#;
    let files = vec![small("config.json", "{}"), small("model.safetensors.index.json", index)];
    let expected = "model.safetensors.index.json of hf:org/model is no list of weight files: \
                    \"../../../secret.safetensors\" is no name of a .safetensors file in the repository";
    assert_eq!(error(&Place::new(), files, "hf:org/model"), expected);
}

#[test]
fn a_shard_that_the_index_names_must_be_there() {
    let index = r#"{"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}"#;
    let files = vec![
        small("config.json", "{}"),
        small("model.safetensors.index.json", index),
        large("a.safetensors", content(1)),
    ];
    let error = error(&Place::new(), files, "hf:org/model");
    assert!(
        error.starts_with("org/model has no file `b.safetensors` at revision `main`"),
        "{error}"
    );
}

#[test]
fn a_server_that_is_no_hub_is_told_by_its_answer() {
    let expected = "HUB/org/model/resolve/main/config.json does not answer like a Hugging Face hub: it names no commit \
                    (X-Repo-Commit); is HF_ENDPOINT right, or does a login page stand between?";
    let page =
        |_: &Request| Reply::new(200, "<html>log in</html>").with("Content-Type", "text/html");
    assert_eq!(error_of(page), expected);
    let bad = |_: &Request| Reply::new(200, "{}").with("X-Repo-Commit", "../../etc");
    assert_eq!(error_of(bad), expected);
}

#[test]
fn redirects_in_circles_end() {
    let circle = |_: &Request| Reply::new(302, []).with("Location", "config.json");
    let expected =
        "HUB/org/model/resolve/main/config.json redirects more than 10 times: is it a loop?";
    assert_eq!(error_of(circle), expected);
    let circle = |_: &Request| {
        let commit = super::server::COMMIT;
        Reply::new(302, []).with("Location", "config.json").with("X-Repo-Commit", commit)
    };
    assert_eq!(error_of(circle), expected);
}

#[test]
fn other_refusals_say_what_the_hub_said() {
    let disabled = |_: &Request| {
        let message = "Access to this resource is disabled.";
        Reply::new(403, []).with("X-Error-Message", message)
    };
    let at = "HUB/org/model/resolve/main/config.json answered";
    assert_eq!(error_of(disabled), format!("{at} 403: Access to this resource is disabled."));
    assert_eq!(
        error_of(|_| refusal(500, "Odd")),
        format!("{at} 500: the server failed; try again later")
    );
    assert_eq!(
        error_of(|_| Reply::new(429, [])),
        format!("{at} 429: the server is busy; try again later")
    );
    let nothing = "HUB/org/model/resolve/main/preprocessor_config.json answered 404: there is nothing at this address; \
                   is it spelt right?";
    assert_eq!(error_of(|_| Reply::new(404, [])), nothing);
}

/// A mirror need not name reasons.
#[test]
fn a_plain_404_means_no_such_file_where_the_repository_is_known() {
    let plain = |request: &Request| {
        let is_there = usual().iter().any(|file| super::server::is_for(request, &file.name));
        (!is_there).then(|| Reply::new(404, []))
    };
    let hub = Hub::that(usual(), Box::new(plain), Box::new(|_| None));
    let model = Place::new().model(&hub, "hf:org/model").expect("a mirror");
    assert_eq!(model.weights.file(), "model.safetensors");
    assert!(model.folder.unknown.is_empty());
}

#[test]
fn a_commit_that_is_answered_by_another_is_refused() {
    let other = "f".repeat(40);
    let commit = super::server::COMMIT;
    let answered = other.clone();
    let hub = Hub::that(
        usual(),
        Box::new(move |_| Some(Reply::new(200, "{}").with("X-Repo-Commit", answered.as_str()))),
        Box::new(|_| None),
    );
    let error = Place::new().model(&hub, &format!("hf:org/model@{commit}")).expect_err("not it");
    let expected = format!("asked for commit {commit}, it answered for {other}");
    assert!(error.to_string().contains(&expected), "{error}");
}
