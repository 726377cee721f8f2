use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    path: String,
}

fn record(path: &str) -> Record {
    Record { path: path.to_owned() }
}

type Opened = (Journal<Record>, Vec<String>, Vec<Span>);

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("o/lines.jsonl")
    }

    fn open(&self, header: &Value) -> Result<Opened, Error> {
        let (mut paths, mut spans) = (Vec::new(), Vec::new());
        let journal = Journal::open(&self.path(), header, |record: Record, span| {
            paths.push(record.path);
            spans.push(span);
            Ok(())
        })?;
        Ok((journal, paths, spans))
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("a file")
    }

    fn write(&self, text: &str) {
        fs::create_dir_all(self.path().parent().expect("one")).expect("a folder");
        fs::write(self.path(), text).expect("written");
    }
}

fn header() -> Value {
    json!({ "schema_version": 1, "precision": "f32", "concepts": ["cat", "cup"] })
}

const HEADER: &str = r#"{"schema_version":1}"#;

fn short() -> Value {
    json!({ "schema_version": 1 })
}

fn refused(opened: Result<Opened, Error>) -> String {
    match opened {
        Err(Error::Usage(error)) => error.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[test]
fn records_are_there_again_and_a_line_that_was_cut_off_is_not() {
    let place = Place::new();
    let (mut journal, paths, _) = place.open(&short()).expect("a new one");
    assert!(paths.is_empty());
    journal.add(&record("a")).expect("written");
    journal.add(&record("b")).expect("written");
    drop(journal);
    let whole = format!("{HEADER}\n{{\"path\":\"a\"}}\n{{\"path\":\"b\"}}\n");
    assert_eq!(place.text(), whole);
    // Wherever it is cut, what is whole is kept, and what comes next stands on a line of its own.
    for cut in 0..=whole.len() {
        place.write(&whole[..cut]);
        let (mut journal, paths, _) = place.open(&short()).expect("it is ours");
        journal.add(&record("c")).expect("written");
        drop(journal);
        let kept = whole[..cut].matches('\n').count().saturating_sub(1);
        assert_eq!(paths, ["a", "b"][..kept], "{cut}");
        let (_, again, _) = place.open(&short()).expect("it is ours");
        assert_eq!(again.len(), kept + 1, "{cut}");
    }
}

#[test]
fn other_settings_are_refused_by_name_and_value_and_nothing_is_written() {
    let place = Place::new();
    drop(place.open(&header()).expect("a new one"));
    let before = place.text();
    let mut other = header();
    other["precision"] = "f16".into();
    let error = refused(place.open(&other));
    assert!(error.contains("other settings: precision f32 → f16;"), "{error}");
    other = header();
    other["concepts"] = json!(["cat", "mug", "cup"]);
    other["seed"] = 3.into();
    let error = refused(place.open(&other));
    assert!(error.contains(r#"concepts [] → ["mug"], seed none → 3;"#), "{error}");
    let error = refused(place.open(&short()));
    assert!(error.contains("precision f32 → none"), "{error}");
    assert_eq!(place.text(), before);
}

#[test]
fn a_file_of_somebody_else_is_left_as_it_is() {
    let place = Place::new();
    for text in ["notes", "{\"path\":\"x\"}\n", "[1]\n2\n", "{\"schema_version\":1", "\u{feff}\n"] {
        place.write(text);
        let is_ours = BEGINS.starts_with(&text[..text.len().min(BEGINS.len())]);
        match place.open(&short()) {
            Ok(_) => assert!(is_ours, "{text}"),
            opened => {
                assert!(refused(opened).contains("not written by this command"), "{text}");
                assert_eq!(place.text(), text);
            }
        }
    }
}

#[test]
fn a_line_that_is_damaged_is_named() {
    let place = Place::new();
    place.write(&format!("{HEADER}\n{{\"path\":\"a\"}}\nrubbish\n{{\"path\":\"b\"}}\n"));
    let Err(Error::Failed(error)) = place.open(&short()) else { panic!("it is damaged") };
    assert!(format!("{error:#}").contains("the line at byte 34 is damaged"), "{error:#}");
}

#[test]
fn there_is_one_writer_at_a_time() {
    let place = Place::new();
    let (journal, ..) = place.open(&short()).expect("a new one");
    let Err(Error::Failed(error)) = place.open(&short()) else { panic!("it is taken") };
    assert!(error.to_string().contains("being written by another process"), "{error}");
    drop(journal);
    place.open(&short()).expect("it is free again");
}

#[test]
fn records_can_be_put_into_another_order_and_added_to() {
    let place = Place::new();
    let (mut journal, ..) = place.open(&short()).expect("a new one");
    let spans = ["b", "x", "a"].map(|path| journal.add(&record(path)).expect("written"));
    let moved = journal.keep(&[spans[2], spans[0]]).expect("kept");
    let added = journal.add(&record("c")).expect("written");
    let lines = format!("{HEADER}\n{{\"path\":\"a\"}}\n{{\"path\":\"b\"}}\n{{\"path\":\"c\"}}\n");
    assert_eq!(place.text(), lines);
    drop(journal);
    let (mut journal, paths, spans) = place.open(&short()).expect("it is there");
    assert_eq!(paths, ["a", "b", "c"]);
    assert_eq!(spans, [&moved[..], &[added]].concat());
    assert!(journal.keep(&[]).expect("emptied").is_empty());
    journal.add(&record("d")).expect("written");
    assert_eq!(place.text(), format!("{HEADER}\n{{\"path\":\"d\"}}\n"));
}
