//! Files in the cache whose name carries a digest, whoever put them there.

use std::fs::{self, File};

use cam_files::Sha256;

use crate::loopback::{Loopback, serve};
use crate::support::{Place, fixture, photograph};

const EXPLAIN: &str = "explain cat.png --class 1 --size 96x64 --json";

/// The small network's bytes, their digest, and the name that carries it.
fn digested() -> (Vec<u8>, String, String) {
    let bytes = fixture("tiny_basic.pth");
    let digest = Sha256::of(&bytes).to_string();
    let name = format!("tiny-{}.pth", &digest[..8]);
    (bytes, digest, name)
}

#[test]
fn another_file_under_a_published_name_is_a_bad_model_and_not_listed_as_it() {
    let place = Place::new();
    let bytes = fixture("tiny_basic.safetensors");
    place.write("cache/weights/resnet18-f37072fd.pth", &bytes);
    let found = format!("has sha-256 {}, expected f37072fd", Sha256::of(&bytes));
    // The second time it is remembered what was found.
    for _ in 0..2 {
        let run = place.say(&format!("{EXPLAIN} --model resnet18")).ends_with(4);
        assert!(run.err.contains("resnet18-f37072fd.pth has sha-256"), "{}", run.err);
        assert!(run.err.contains(&found), "{}", run.err);
        let listed = place.say("list models").done().text();
        let line = listed.lines().find(|line| line.starts_with("resnet18 ")).expect("it is known");
        assert!(line.contains("wrong file") && line.contains(&found), "{line}");
        assert!(!line.contains("tutorial's"), "{line}");
    }
    let listed = place.say("list models --json").done().json();
    let models = listed["models"].as_array().expect("a list");
    let resnet18 = models.iter().find(|model| model["name"] == "resnet18").expect("it is known");
    assert_eq!(resnet18["weights"], "wrong file");
}

#[test]
fn a_right_file_that_was_copied_into_the_cache_is_checked_once() {
    let place = Place::new();
    let (bytes, digest, name) = digested();
    let file = format!("cache/weights/{name}");
    place.write(&file, &bytes);
    // Named as it stands in the cache, so that it is known for one of its files.
    let words = format!("{EXPLAIN} --weights {}", place.path(&file).display());
    place.say(&words).done();
    let note = String::from_utf8(place.read(format!("{file}.digest"))).expect("text");
    assert!(note.starts_with(&format!("{digest}\n")), "{note}");
    // What is written there is believed, and so the file was not read again.
    place.write(format!("{file}.digest"), note.replace(&digest, &"0".repeat(64)));
    let run = place.say(&words).ends_with(4);
    assert!(run.err.contains(&format!("has sha-256 {}, expected", "0".repeat(64))), "{}", run.err);
}

#[test]
fn a_file_that_is_replaced_after_the_check_is_found_out_even_with_its_old_time() {
    let place = Place::new();
    let (mut bytes, _, name) = digested();
    let file = format!("cache/weights/{name}");
    place.write(&file, &bytes);
    let path = place.path(&file);
    let words = format!("{EXPLAIN} --weights {}", path.display());
    place.say(&words).done();
    let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    place.write(&file, &bytes);
    File::options().write(true).open(&path).and_then(|f| f.set_modified(time)).expect("set back");
    let run = place.say(&words).ends_with(4);
    assert!(run.err.contains(&Sha256::of(&bytes).to_string()), "{}", run.err);
}

#[test]
fn where_nothing_can_be_remembered_the_file_is_checked_each_time() {
    let place = Place::new();
    let (mut bytes, _, name) = digested();
    let file = format!("cache/weights/{name}");
    place.write(&file, &bytes);
    // A folder in the place of the note stands for a cache that is read only.
    place.write(format!("{file}.digest/in the way"), "");
    place.write(format!("{file}.packed/in the way"), "");
    let words = format!("{EXPLAIN} --weights {}", place.path(&file).display());
    place.say(&words).done();
    bytes.truncate(bytes.len() - 1);
    place.write(&file, &bytes);
    place.say(&words).ends_with(4);
}

#[test]
fn a_url_whose_cached_file_was_replaced_is_fetched_anew() {
    let (bytes, digest, name) = digested();
    let served = bytes.clone();
    let server = Loopback::start(move |request| serve(request, &served, "\"v1\""));
    let place = Place::new();
    let words = format!("{EXPLAIN} --weights {}", server.url(&format!("/{name}")));
    let sha256 = || place.say(&words).done().json()["weights_sha256"].clone();
    assert_eq!(sha256(), digest.as_str());
    place.write(format!("cache/weights/{name}"), fixture("tiny_bottleneck.safetensors"));
    assert_eq!(sha256(), digest.as_str());
    assert_eq!(place.read(format!("cache/weights/{name}")), bytes);
    assert_eq!(server.requests().len(), 2);
    assert_eq!(sha256(), digest.as_str());
    assert_eq!(server.requests().len(), 2, "what was downloaded is not asked for again");
}

#[test]
fn a_file_of_ones_own_may_be_called_anything() {
    let place = Place::new();
    place.write("run-00000000.pth", fixture("tiny_basic.pth"));
    place.say(&format!("{EXPLAIN} --weights run-00000000.pth")).done();
    assert!(!place.exists("run-00000000.pth.digest"), "nothing is written beside it");
}

#[test]
fn a_bad_answer_is_not_kept_and_the_next_run_fetches_anew() {
    use crate::loopback::Reply;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let not_weights: [(&str, Vec<u8>, &str); 5] = [
        ("page", b"<!doctype html><html>login".to_vec(), "w.pth is an HTML page"),
        ("empty", Vec::new(), "w.pth is an empty file"),
        ("json", br#"{"error":"quota exceeded"}"#.to_vec(), "w.pth is a JSON file"),
        ("picture", photograph("cat"), "w.pth is a picture"),
        ("cut", fixture("truncated.pth"), "w.pth: damaged"),
    ];
    for (what, bad, says) in not_weights {
        let asked = AtomicUsize::new(0);
        let server = Loopback::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::new(200, bad.clone()),
            _ => serve(request, &fixture("tiny_basic.pth"), "\"v1\""),
        });
        let place = Place::new();
        let words = format!("{EXPLAIN} --weights {}", server.url("/w.pth"));
        let run = place.say(&words).ends_with(4);
        assert!(run.err.contains(says) && run.err.contains("not kept"), "{what}: {}", run.err);
        assert!(!run.err.contains(".part"), "{what}: {}", run.err);
        place.say(&words).done();
        place.say(&words).done();
        assert_eq!(server.requests().len(), 2, "{what}");
    }
}
