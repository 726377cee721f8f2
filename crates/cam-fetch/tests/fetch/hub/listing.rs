//! Which files a repository has.

use cam_fetch::hub::{HubError, list};

use super::bringing::usual;
use super::place::Place;
use super::server::{COMMIT, Hub, refusal, small};
use crate::loopback::Reply;

#[test]
fn the_list_names_the_commit_and_its_files() {
    let mut files = usual();
    files.extend([small("vision/a.json", ""), small("../out", ""), small("/etc/passwd", "")]);
    let hub = Hub::with(files);
    let place = Place::new();
    for revision in ["", "@refs/pr/1"] {
        let reference = format!("hf:org/model{revision}").parse().expect("a reference");
        let listing = list(&reference, &place.options(&hub)).expect("a good hub");
        assert_eq!(listing.commit, COMMIT);
        let names = usual().into_iter().map(|file| file.name);
        let names: Vec<String> = names.chain(["vision/a.json".to_owned()]).collect();
        assert_eq!(listing.files, names);
    }
}

#[test]
fn what_is_no_list_says_so() {
    type Answer = fn() -> Reply;
    let answers: [(Answer, &str); 5] = [
        (|| Reply::new(200, "<html>log in</html>"), "does not answer like a Hugging Face hub"),
        (|| Reply::new(200, "{}"), "does not answer like a Hugging Face hub"),
        (|| Reply::new(200, r#"{"sha": "x", "siblings": []}"#), "names no commit"),
        (|| refusal(401, "RepoNotFound"), "there is no repository org/model"),
        (|| refusal(404, "RevisionNotFound"), "org/model has no revision `main`"),
    ];
    for (answer, expected) in answers {
        let hub = Hub::that(usual(), Box::new(move |_| Some(answer())), Box::new(|_| None));
        let reference = "hf:org/model".parse().expect("a reference");
        let error = list(&reference, &Place::new().options(&hub)).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn offline_there_is_no_list() {
    let hub = Hub::with(usual());
    let place = Place::new().with("HF_HUB_OFFLINE", "1");
    let reference = "hf:org/model".parse().expect("a reference");
    let error = list(&reference, &place.options(&hub)).expect_err("offline");
    assert!(matches!(error, HubError::Offline { .. }), "{error}");
    assert!(hub.asked().is_empty());
}
