//! Constants in other files.

use std::fs;
use std::path::{Path, PathBuf};

use cam_onnx::array::Data;
use cam_onnx::proto::ElementType;
use cam_onnx::{Error, ExternalFault, Source, TensorFault, numbers, read};
use tempfile::TempDir;

use crate::support::{model_of, outside};

/// A folder for a model, in a folder with something that is none of the model's business.
fn folders() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a folder");
    let inner = outer.path().join("model");
    fs::create_dir(&inner).expect("made");
    fs::write(outer.path().join("secret"), [7; 64]).expect("written");
    fs::write(inner.join("m.data"), (0..32).collect::<Vec<u8>>()).expect("written");
    (outer, inner)
}

/// Four bytes from a file that these entries name.
fn load(folder: &Path, entries: &[(&str, &str)]) -> Result<Data, Error> {
    let path = folder.join("m.onnx");
    fs::write(&path, model_of(&outside(ElementType::U8, &[4], entries))).expect("written");
    load_from(&path)
}

fn load_from(path: &Path) -> Result<Data, Error> {
    let source = Source::open(path)?;
    let model = read(&source)?;
    Ok(numbers(&model.graph.initializers[0], &source, source.folder())?.data)
}

fn fault(folder: &Path, entries: &[(&str, &str)]) -> ExternalFault {
    match load(folder, entries).expect_err("not to be read") {
        Error::External { tensor, what, .. } if tensor == "w" => what,
        error => panic!("{error}"),
    }
}

#[test]
fn bytes_come_from_the_file_beside_the_model() {
    let (_outer, folder) = folders();
    for (entries, first) in [
        (&[("location", "m.data")][..], 0),
        (&[("location", "./m.data"), ("offset", "28")], 28),
        (&[("location", "m.data"), ("offset", "8"), ("length", "4"), ("checksum", "ab")], 8),
    ] {
        let expected = Data::U8((first..first + 4).collect());
        assert_eq!(load(&folder, entries).expect("it is there"), expected);
    }
    fs::create_dir(folder.join("sub")).expect("made");
    fs::copy(folder.join("m.data"), folder.join("sub/m.data")).expect("copied");
    load(&folder, &[("location", "sub/m.data")]).expect("below the folder");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let (outer, folder) = folders();
    let absolute = outer.path().join("secret").display().to_string();
    let inside = folder.join("m.data").display().to_string();
    for location in ["../secret", "sub/../../secret", "./../secret", &absolute, &inside, "..", "."]
    {
        assert_eq!(fault(&folder, &[("location", location)]), ExternalFault::Path, "{location}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let (outer, folder) = folders();
    std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("file")).expect("a link");
    std::os::unix::fs::symlink(outer.path(), folder.join("sub")).expect("a link");
    std::os::unix::fs::symlink(folder.join("file"), folder.join("twice")).expect("a link");
    for location in ["file", "sub/secret", "twice"] {
        let found = fault(&folder, &[("location", location)]);
        assert!(matches!(found, ExternalFault::Link { .. }), "{location}: {found}");
    }
    std::os::unix::fs::symlink(folder.join("m.data"), folder.join("within")).expect("a link");
    load(&folder, &[("location", "within")]).expect("it stays in the folder");
}

#[cfg(unix)]
#[test]
fn links_of_a_cache_to_one_folder_are_followed() {
    let (outer, folder) = folders();
    let snapshot = outer.path().join("snapshot");
    fs::create_dir(&snapshot).expect("made");
    let model = model_of(&outside(ElementType::U8, &[4], &[("location", "x.data")]));
    fs::write(folder.join("blob"), model).expect("written");
    std::os::unix::fs::symlink("../model/blob", snapshot.join("x.onnx")).expect("a link");
    std::os::unix::fs::symlink("../model/m.data", snapshot.join("x.data")).expect("a link");
    let found = load_from(&snapshot.join("x.onnx")).expect("both are in one folder");
    assert_eq!(found, Data::U8(vec![0, 1, 2, 3]));
}

#[test]
fn a_missing_file_is_named_with_the_folder_it_belongs_in() {
    let (_outer, folder) = folders();
    let error = load(&folder, &[("location", "gone.onnx.data")]).expect_err("missing").to_string();
    assert!(error.contains("`gone.onnx.data`") && error.contains("beside the model"), "{error}");
    assert!(error.contains(&folder.display().to_string()), "{error}");
}

#[test]
fn a_file_that_is_too_short_is_an_error() {
    let (_outer, folder) = folders();
    for offset in ["29", "32", "4294967296", "18446744073709551615"] {
        let found = fault(&folder, &[("location", "m.data"), ("offset", offset)]);
        assert!(matches!(found, ExternalFault::Short { len: 32, needed: 4, .. }), "{found}");
    }
}

#[test]
fn a_length_other_than_the_sides_is_an_error() {
    let (_outer, folder) = folders();
    let error = load(&folder, &[("location", "m.data"), ("length", "5")]).expect_err("four needed");
    assert!(
        matches!(error, Error::Tensor { what: TensorFault::Bytes { found: 5, needed: 4, .. }, .. }),
        "{error}"
    );
}

#[test]
fn entries_that_say_nothing_are_errors() {
    let (_outer, folder) = folders();
    assert_eq!(fault(&folder, &[]), ExternalFault::Unnamed);
    assert_eq!(fault(&folder, &[("location", "")]), ExternalFault::Unnamed);
    for (key, value) in [("offset", "-1"), ("offset", "four"), ("length", "1e3"), ("length", "")] {
        let found = fault(&folder, &[("location", "m.data"), (key, value)]);
        assert_eq!(found, ExternalFault::Entry { key, value: value.to_owned() });
    }
}

#[test]
fn a_folder_is_no_file() {
    let (_outer, folder) = folders();
    fs::create_dir(folder.join("sub")).expect("made");
    assert_eq!(fault(&folder, &[("location", "sub")]), ExternalFault::NotAFile);
}

#[test]
fn a_model_in_memory_has_no_folder() {
    let message = outside(ElementType::U8, &[4], &[("location", "m.data")]);
    let source = Source::from(model_of(&message));
    let model = read(&source).expect("well-formed");
    let error = numbers(&model.graph.initializers[0], &source, source.folder());
    assert!(matches!(error, Err(Error::External { what: ExternalFault::NoFolder, .. })));
}
