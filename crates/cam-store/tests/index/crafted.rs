//! Files that somebody made up, or that a disk damaged: an error says what is wrong, and nothing is asked of the
//! machine that the files' lengths do not warrant.

use std::fs;
use std::path::Path;

use cam_store::index::{Index, Writer};
use cam_store::{Error, Fingerprint};
use serde_json::{Value, json};

use crate::support::{WIDTH, add, contents, header, indexed, numbers};

/// Everything that only reads an index's files.
fn read_all(folder: &Path) -> Result<(), Error> {
    let index = Index::open(folder)?;
    index.verify()?;
    index.search(&numbers(7, WIDTH), 3, 2)?;
    for entry in index.entries() {
        index.maps(entry)?;
    }
    Ok(())
}

/// And what writes them, which waits for the disk.
fn use_all(folder: &Path) -> Result<(), Error> {
    read_all(folder)?;
    let mut writer = Writer::open(folder, header())?;
    writer.compact(&|_| std::ops::ControlFlow::Continue(()))?;
    Ok(())
}

fn lay(folder: &Path, files: &[(String, Vec<u8>)]) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("written");
    }
}

fn of_three() -> (tempfile::TempDir, Vec<(String, Vec<u8>)>) {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 3);
    let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
    // A dead row, so that a compaction has something to do.
    add(&mut writer, 1);
    drop(writer);
    let files = contents(folder.path());
    (folder, files)
}

/// The second line of the log with a field changed, under a checksum that fits.
fn with_field(log: &[u8], field: &str, value: &Value) -> Vec<u8> {
    let text = std::str::from_utf8(log).expect("text");
    let lines = text.lines().enumerate().map(|(number, line)| {
        let (_, json) = line.split_once(' ').expect("a checksum");
        let mut json: Value = serde_json::from_str(json).expect("JSON");
        if number == 1 {
            json["added"][field] = value.clone();
        }
        let json = json.to_string();
        format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
    });
    lines.collect::<String>().into_bytes()
}

#[test]
fn a_line_that_speaks_of_more_than_the_files_hold_is_an_error_that_names_the_field() {
    let (folder, files) = of_three();
    let log = folder.path().join("entries.log");
    let kept = fs::read(&log).expect("readable");
    let huge = [json!(4), json!(100_000_000_u64), json!(1_u64 << 60), json!(u64::MAX)];
    let shapes = [
        json!([3, 2, 9]),
        json!([u32::MAX, u32::MAX, u32::MAX]),
        json!([1_000_000, 1_000, 1]),
        json!([0, 2, 2]),
    ];
    let rows = huge.iter().map(|value| ("row", value, "row is"));
    let places = huge[1..].iter().map(|value| ("maps_at", value, "maps_at is"));
    let shapes = shapes.iter().map(|value| ("shape", value, ""));
    for (field, value, says) in rows.chain(places).chain(shapes) {
        fs::write(&log, with_field(&kept, field, value)).expect("written");
        for error in [
            Index::open(folder.path()).err().expect("refused"),
            Writer::open(folder.path(), header()).err().expect("refused"),
        ] {
            let text = error.to_string();
            assert!(matches!(error, Error::Damaged { .. }), "{text}");
            assert!(text.contains("line 2 of entries.log says that"), "{field} {value}: {text}");
            assert!(text.contains(says), "{field} {value}: {text}");
        }
    }
    assert!(fs::read(&log).expect("readable") != kept);
    lay(folder.path(), &files);
    use_all(folder.path()).expect("nothing was cut off meanwhile");
}

#[test]
fn two_images_do_not_share_a_row() {
    let (folder, _) = of_three();
    let log = folder.path().join("entries.log");
    let kept = fs::read(&log).expect("readable");
    // The last line is the second image again, so that this one is alive.
    let lines: Vec<u8> =
        kept.split_inclusive(|&byte| byte == b'\n').take(3).flatten().copied().collect();
    fs::write(&log, with_field(&lines, "row", &json!(0))).expect("written");
    let error = Index::open(folder.path()).err().expect("refused").to_string();
    assert!(error.contains("the row of another image"), "{error}");
}

#[test]
fn a_header_of_impossible_sizes_is_an_error_that_names_the_field() {
    let (folder, _) = of_three();
    let path = folder.path().join("index.json");
    let kept: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
    for (pointer, value, says) in [
        ("/fingerprint/width", json!(0), "fingerprint.width is 0"),
        ("/fingerprint/width", json!(u64::MAX), "fingerprint.width is 18446744073709551615"),
        ("/fingerprint/width", json!(1_u64 << 40), "fingerprint.width is 1099511627776"),
        ("/fingerprint/width", json!(-1), "index.json: "),
        ("/input", json!([0, 224]), "input is 224x0"),
        ("/input", json!([1_u64 << 40, 3]), "input is 3x1099511627776"),
        ("/generation", json!(1_u64 << 40), "index.json: "),
        ("/version", json!(99), "version 99"),
        ("/version", json!(0), "version 0, and this program reads version 2"),
        ("/version", json!(null), "its version is missing"),
        ("/version", json!(1), "has_maps is null"),
        ("/maps", json!("heaps"), "index.json: "),
        ("/maps", json!({"token-contributions": {"blocks": 0}}), "contributions of 0 blocks"),
        ("/maps", json!({"token-contributions": {"blocks": -1}}), "index.json: "),
    ] {
        let mut header = kept.clone();
        match header.pointer_mut(pointer) {
            Some(field) => *field = value,
            None => header[pointer.trim_start_matches('/')] = value,
        }
        fs::write(&path, header.to_string()).expect("written");
        let error = Index::open(folder.path()).err().expect("refused").to_string();
        assert!(error.contains(says), "{pointer}: {error}");
    }
    // One that can be, but is not that of the rows, which are then fewer.
    let mut wide = kept;
    wide["fingerprint"]["width"] = json!(1000);
    fs::write(&path, wide.to_string()).expect("written");
    let error = Index::open(folder.path()).err().expect("refused").to_string();
    assert!(error.contains("row is 0, and there are 0 rows"), "{error}");
}

#[test]
fn every_byte_turned_and_every_cut_is_an_error_or_the_same_index() {
    /// Of so many changes one is also written to.
    const WRITTEN: usize = 211;
    let (_, files) = of_three();
    let folder = tempfile::tempdir().expect("a folder");
    lay(folder.path(), &files);
    let (mut tried, mut refused) = (0, 0);
    let mut attempt = |name: &str, changed: &[u8]| {
        fs::write(folder.path().join(name), changed).expect("written");
        let is_written = tried % WRITTEN == 0;
        let used = if is_written { use_all(folder.path()) } else { read_all(folder.path()) };
        if is_written {
            lay(folder.path(), &files);
        }
        tried += 1;
        refused += usize::from(used.is_err());
    };
    for (name, bytes) in &files {
        for at in 0..bytes.len() {
            for bits in [0x01, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] ^= bits;
                attempt(name, &changed);
            }
            attempt(name, &bytes[..at]);
        }
        attempt(name, bytes);
    }
    assert!(refused > tried / 2, "{refused} of {tried}");
}

#[test]
fn numbers_that_are_none_are_no_hit() {
    let (folder, _) = of_three();
    let path = folder.path().join("vectors.f32");
    let mut bytes = fs::read(&path).expect("readable");
    for bad in [f32::NAN, f32::INFINITY] {
        bytes[0..4].copy_from_slice(&bad.to_le_bytes());
        fs::write(&path, &bytes).expect("written");
        let index = Index::open(folder.path()).expect("lines are whole");
        let error = index.search(&numbers(7, WIDTH), 9, 1).expect_err("no numbers").to_string();
        assert!(error.contains("folder/000.jpg"), "{error}");
    }
}

#[test]
fn a_bit_turned_in_what_is_found_is_an_error_and_no_other_cosine() {
    let (folder, _) = of_three();
    let path = folder.path().join("vectors.f32");
    let mut bytes = fs::read(&path).expect("readable");
    bytes[0] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let index = Index::open(folder.path()).expect("lines are whole");
    let error = index.search(&numbers(0, WIDTH), 1, 1).expect_err("a bit was turned").to_string();
    assert!(error.contains("folder/000.jpg are not those that were written"), "{error}");
}

#[test]
fn a_file_that_is_missing_is_an_error_and_no_empty_index() {
    for name in ["entries.log", "vectors.f32", "maps.f16"] {
        let (folder, _) = of_three();
        fs::remove_file(folder.path().join(name)).expect("removed");
        let error = Index::open(folder.path()).err().expect("refused");
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_compacted_index_without_its_files_is_an_error() {
    let (folder, _) = of_three();
    let path = folder.path().join("index.json");
    let mut header: Value =
        serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
    header["generation"] = json!(7);
    fs::write(&path, header.to_string()).expect("written");
    let error = Index::open(folder.path()).err().expect("refused").to_string();
    assert!(error.contains("entries.7.log is missing"), "{error}");
}

#[test]
fn concepts_with_any_byte_turned_or_cut_off_are_read_or_refused() {
    use cam_files::Sha256;
    use cam_store::{ConceptSet, Example};
    let fingerprint = Fingerprint { width: 2, ..header().fingerprint };
    let mut set = ConceptSet::new(fingerprint);
    let example = |name: &str| Example {
        image: name.to_owned(),
        sha256: Sha256::of(name.as_bytes()),
        damaged: false,
        fit: String::new(),
        embedding: vec![0.6, 0.8],
    };
    set.add("cat", vec![example("a"), example("b")], vec![example("c")]).expect("added");
    let bytes = set.to_bytes();
    for at in 0..bytes.len() {
        assert!(ConceptSet::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
        for bits in [0x01, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[at] ^= bits;
            if let Ok(set) = ConceptSet::from_bytes(&changed) {
                let read = set.concepts().iter().flat_map(|concept| &concept.examples);
                assert!(read.into_iter().all(|example| example.embedding.len() == 2));
            }
        }
    }
    for length in [u64::MAX, 1 << 62, 100_000_001, bytes.len() as u64] {
        let mut changed = bytes.clone();
        changed[..8].copy_from_slice(&length.to_le_bytes());
        ConceptSet::from_bytes(&changed).expect_err("a header beyond the file");
    }
}
