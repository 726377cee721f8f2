//! What a well-behaved hub gives, and how little it is asked.

use std::fs;
use std::ops::ControlFlow;

use cam_fetch::hub::{self, Wanted, Weights};
use cam_files::Sha256;

use super::place::{Place, tree};
use super::server::{COMMIT, File, Hub, large, small};
use crate::loopback::{Loopback, Reply, serve};
use crate::support::content;

/// What most repositories hold.
pub fn usual() -> Vec<File> {
    vec![
        small("config.json", "{}"),
        small("preprocessor_config.json", "{\"size\": 224}"),
        large("model.safetensors", content(1)),
        large("pytorch_model.bin", content(2)),
    ]
}

const INDEX: &str = r#"{"metadata": {"total_size": 2}, "weight_map":
    {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#;

#[test]
fn a_model_is_a_folder_of_whole_files_of_one_commit() {
    let hub = Hub::with(usual());
    let place = Place::new();

    let model = place.model(&hub, "hf:org/model").expect("a good hub");

    assert_eq!(model.weights, Weights::Whole("model.safetensors".into()));
    let folder = model.folder;
    assert_eq!((folder.commit.as_str(), folder.is_users), (COMMIT, false));
    assert_eq!(folder.path, place.own().join("snapshots").join(COMMIT));
    assert_eq!(folder.files, ["config.json", "preprocessor_config.json", "model.safetensors"]);
    assert!(folder.unknown.is_empty() && folder.unasked.is_none() && folder.has("config.json"));
    let names = ["config.json", "model.safetensors", "preprocessor_config.json"];
    assert_eq!(crate::support::names(&folder.path), names);
    assert_eq!(fs::read(folder.path.join("model.safetensors")).expect("there"), content(1));
    assert!(tree(&place.path("hf")).is_empty(), "the user's cache is not ours");
}

#[test]
fn the_second_call_asks_once_and_a_commit_is_not_asked_for() {
    let hub = Hub::with(usual());
    let place = Place::new();
    place.model(&hub, "hf:org/model").expect("a good hub");
    let first = hub.asked();
    assert_eq!(first.first().map(String::as_str), Some("HEAD /org/model/resolve/main/config.json"));

    place.model(&hub, "hf:org/model").expect("a good hub");
    let second = hub.asked();
    assert_eq!(second[first.len()..], ["HEAD /org/model/resolve/main/config.json"]);

    place.model(&hub, &format!("hf:org/model@{COMMIT}")).expect("all is here");
    place.model(&hub, &format!("hf:org/model@{}", COMMIT.to_uppercase())).expect("all is here");
    assert_eq!(hub.asked(), second);
}

#[test]
fn a_commit_and_a_pull_request_are_revisions() {
    for revision in ["refs/pr/1", COMMIT] {
        let hub = Hub::with(usual());
        let place = Place::new();
        let model = place.model(&hub, &format!("hf:org/model@{revision}")).expect("a good hub");
        assert_eq!(model.folder.commit, COMMIT);
        let expected = format!("/resolve/{}/config.json", revision.replace('/', "%2F"));
        assert!(hub.asked()[0].ends_with(&expected), "{:?}", hub.asked());
    }
}

#[test]
fn weights_in_parts_come_with_all_their_parts() {
    let files = vec![
        small("config.json", "{}"),
        small("model.safetensors.index.json", INDEX),
        large("model-00001-of-00002.safetensors", content(1)),
        large("model-00002-of-00002.safetensors", content(2)),
        large("pytorch_model.bin", content(3)),
    ];
    let hub = Hub::with(files);
    let place = Place::new();
    for asked in [None, Some(1)] {
        let before = hub.asked().len();
        let model = place.model(&hub, "hf:org/model").expect("a good hub");
        let shards = [1, 2].map(|n| format!("model-0000{n}-of-00002.safetensors"));
        assert_eq!(model.weights.file(), "model.safetensors.index.json");
        for (shard, seed) in shards.iter().zip([1, 2]) {
            let found = fs::read(model.folder.path.join(shard)).expect("there");
            assert_eq!(found, content(seed));
        }
        let index = "model.safetensors.index.json".to_owned();
        assert_eq!(model.weights, Weights::Shards { index, shards: shards.into() });
        assert!(asked.is_none_or(|asked| hub.asked().len() - before == asked));
    }
}

#[test]
fn safetensors_come_before_pickles_and_each_config_has_its_weights() {
    let weights = [
        "model.safetensors",
        "pytorch_model.bin",
        "open_clip_model.safetensors",
        "open_clip_pytorch_model.bin",
    ];
    let (plain, clip) = ("config.json", "open_clip_config.json");
    for (configs, there, taken, config) in [
        (&[plain][..], &weights[..], "model.safetensors", plain),
        (&[plain], &weights[1..], "pytorch_model.bin", plain),
        (&[plain], &weights[2..], "open_clip_model.safetensors", plain),
        (&[plain, clip], &weights, "model.safetensors", plain),
        (&[plain, clip], &weights[2..], "open_clip_model.safetensors", clip),
        (&[clip], &weights, "open_clip_model.safetensors", clip),
        (&[clip], &weights[..2], "model.safetensors", clip),
        (&[clip], &weights[3..], "open_clip_pytorch_model.bin", clip),
    ] {
        let mut files: Vec<File> = configs.iter().map(|name| small(name, "{}")).collect();
        files.extend(there.iter().map(|name| large(name, content(1))));
        let model = Place::new().model(&Hub::with(files), "hf:org/model").expect("a good hub");
        assert_eq!(model.weights, Weights::Whole(taken.into()), "{configs:?} {there:?}");
        assert_eq!(model.config, config, "{configs:?} {there:?}");
    }
}

/// A mirror below a path, which keeps large files itself.
#[test]
fn an_endpoint_may_have_a_path_and_its_own_store() {
    let file = content(1);
    let mirror = Loopback::start(move |request| match request.path.as_str() {
        "/api/hub/org/model/resolve/main/model.safetensors" => Reply::new(307, "elsewhere")
            .with("Location", "/blobs/1")
            .with("X-Repo-Commit", COMMIT)
            .with("X-Linked-Size", "300007")
            .with("X-Linked-Etag", format!("\"{}\"", Sha256::of(&file))),
        "/blobs/1" => serve(request, &file, "\"stored\""),
        path if path.contains(COMMIT) => Reply::new(302, []).with("Location", "/blobs/1"),
        _ => Reply::new(404, []),
    });
    let place = Place::new();
    let options = place.options_at(&mirror.url("/api/hub/"));
    let reference = "hf:org/model".parse().expect("a reference");
    let wanted = [Wanted::required("model.safetensors")];
    let go_on = &mut |_: &str, _| ControlFlow::Continue(());
    let folder = hub::files(&reference, &wanted, &options, go_on).expect("a good mirror");
    assert_eq!(fs::read(folder.path.join("model.safetensors")).expect("there"), content(1));
}

#[test]
fn an_optional_file_may_be_missing_and_is_not_asked_for_again() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let names = ["config.json", "?no/such file.json"];
    let folder = place.files(&hub, "hf:org/model", &names).expect("a good hub");
    assert_eq!(folder.files, ["config.json"]);
    assert!(folder.unknown.is_empty());
    let asked = hub.asked().len();
    assert!(hub.asked().iter().any(|line| line.ends_with("/no/such%20file.json")));
    place.files(&hub, "hf:org/model", &names).expect("a good hub");
    assert_eq!(hub.asked().len(), asked + 1);
}

#[test]
fn a_file_in_a_folder_of_the_repository_lies_in_that_folder() {
    let hub = Hub::with(vec![small("vision/config.json", "{}")]);
    let place = Place::new();
    let folder = place.files(&hub, "hf:org/model", &["vision/config.json"]).expect("a good hub");
    assert_eq!(fs::read(folder.path.join("vision/config.json")).expect("there"), b"{}");
}

#[test]
fn names_that_lead_out_are_not_asked_for() {
    let hub = Hub::with(usual());
    let place = Place::new();
    for name in ["../config.json", "/etc/passwd", "a/../../b", ""] {
        let error = place.files(&hub, "hf:org/model", &[name]).expect_err(name);
        assert!(error.to_string().contains("is no name of a file in a repository"), "{error}");
    }
    assert!(hub.asked().is_empty());
}

#[test]
fn progress_names_the_file_and_may_stop_it() {
    let hub = Hub::with(usual());
    let place = Place::new();
    let reference = "hf:org/model".parse().expect("a reference");
    let mut told = Vec::new();
    let result = cam_fetch::hub::model(&reference, &place.options(&hub), &mut |file, progress| {
        told.push((file.to_owned(), progress));
        match progress.done >= 100_000 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    let error = result.expect_err("it was stopped");
    assert!(error.to_string().ends_with("was stopped: what has come is kept"), "{error}");
    assert!(error.can_resume());
    let (file, last) = told.last().expect("it was told");
    assert_eq!((file.as_str(), last.total), ("model.safetensors", Some(300_007)));
    place.model(&hub, "hf:org/model").expect("the rest");
    assert!(hub.store.requests().iter().any(|request| request.range_start() >= Some(100_000)));
}
