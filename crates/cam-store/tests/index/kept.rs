//! What is kept comes back, in the face of writers that are cut off.

use std::collections::BTreeSet;
use std::fs;

use cam_store::index::{Header, Index, Maps, Writer};
use cam_store::{Error, Fingerprint};
use proptest::prelude::*;

use crate::support::{WIDTH, contents, header, image, indexed, numbers};

#[test]
fn what_is_kept_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 7);
    let index = Index::open(folder.path()).expect("it is there");
    assert_eq!(index.entries().len(), 7);
    index.verify().expect("nothing is damaged");
    let entry = index.get("folder/003.jpg").expect("it was added");
    assert_eq!((&entry.image, entry.shape), (&image(3), [3, 2, 2]));
    let maps = index.maps(entry).expect("they are kept");
    for (kept, given) in maps.iter().zip(numbers(1003, 12)) {
        assert!((kept - given).abs() <= given.abs() / 2048.0 + 1e-7, "{kept} of {given}");
    }
    let length: f32 = index.vector(entry).expect("it is kept").iter().map(|v| v * v).sum();
    assert!((length - 1.0).abs() < 1e-6);
    assert!(index.get("folder/9.jpg").is_none());
}

#[test]
fn a_writer_that_was_cut_off_anywhere_is_taken_up_to_the_same_bytes() {
    let whole = tempfile::tempdir().expect("a folder");
    indexed(whole.path(), 4);
    let expected = contents(whole.path());
    for (name, bytes) in &expected {
        if name == "index.json" {
            continue;
        }
        // Lines of the log are cut at any byte; numbers can only be cut behind what lines speak of.
        let cuts: Vec<usize> =
            if name == "entries.log" { (0..=bytes.len()).collect() } else { vec![] };
        for cut in cuts {
            let folder = tempfile::tempdir().expect("a folder");
            for (name, bytes) in &expected {
                fs::write(folder.path().join(name), bytes).expect("written");
            }
            fs::write(folder.path().join(name), &bytes[..cut]).expect("written");
            let index = Index::open(folder.path()).expect("readers see whole lines");
            assert!(index.entries().len() <= 4);
            index.verify().expect("what lines speak of is there");
            indexed(folder.path(), 4);
            assert!(contents(folder.path()) == expected, "{name} cut at {cut}");
        }
    }
}

#[test]
fn numbers_without_a_line_are_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 3);
    let expected = contents(folder.path());
    for name in ["vectors.f32", "maps.f16"] {
        let path = folder.path().join(name);
        let more = [fs::read(&path).expect("readable"), vec![9; 11]].concat();
        fs::write(&path, more).expect("written");
    }
    indexed(folder.path(), 3);
    assert_eq!(contents(folder.path()), expected);
}

#[test]
fn numbers_that_are_missing_or_changed_are_known() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 3);
    let path = folder.path().join("maps.f16");
    let bytes = fs::read(&path).expect("readable");
    let mut changed = bytes.clone();
    changed[30] ^= 1;
    fs::write(&path, &changed).expect("written");
    let index = Index::open(folder.path()).expect("lines are whole");
    let error = index.verify().expect_err("a bit was turned").to_string();
    assert!(error.contains("folder/001.jpg"), "{error}");
    fs::write(&path, &bytes[..20]).expect("written");
    let refused = Writer::open(folder.path(), header()).err().expect("numbers are missing");
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    // A line in the middle that is not whole is no interrupted write.
    fs::write(&path, &bytes).expect("written");
    let log = folder.path().join("entries.log");
    let mut lines = fs::read(&log).expect("readable");
    lines[12] ^= 1;
    fs::write(&log, &lines).expect("written");
    let refused = Index::open(folder.path()).err().expect("a line is damaged");
    assert!(refused.to_string().contains("line 1 of entries.log"), "{refused}");
}

#[test]
fn what_changed_is_found_by_its_new_numbers_and_what_went_is_not_found() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 4);
    let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
    writer.add(image(1), &numbers(99, WIDTH), (&[0.0; 12], [3, 2, 2])).expect("changed");
    writer.remove(&image(2).path).expect("removed");
    writer.remove("nothing of that name").expect("nothing to do");
    drop(writer);
    let index = Index::open(folder.path()).expect("it is there");
    let paths: Vec<&str> = index.entries().iter().map(|e| &*e.image.path).collect();
    assert_eq!(paths, ["folder/000.jpg", "folder/001.jpg", "folder/003.jpg"]);
    let hits = index.search(&numbers(99, WIDTH), 9, 2).expect("found");
    assert_eq!(hits.len(), 3);
    assert_eq!(*index.entries()[hits[0].entry].image.path, *"folder/001.jpg");
    assert!((hits[0].cosine - 1.0).abs() < 1e-6);
}

#[test]
fn there_is_one_writer_at_a_time_and_only_for_what_made_the_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = Writer::open(folder.path(), header()).expect("it can be made");
    let second = Writer::open(folder.path(), header()).err().expect("locked");
    assert!(matches!(second, Error::Locked { .. }), "{second}");
    drop(writer);
    let other = Header::new(
        Fingerprint { weights_sha256: "other".into(), ..header().fingerprint },
        "/images".into(),
        "layer4".into(),
        Some([224, 224]),
        Maps::Activations,
    );
    let refused = Writer::open(folder.path(), other).err().expect("other weights");
    assert!(matches!(refused, Error::OtherModel { what: "weights", .. }), "{refused}");
    let missing = Index::open(&folder.path().join("nowhere")).err().expect("no index");
    assert!(matches!(missing, Error::NoIndex { .. }), "{missing}");
}

#[test]
fn an_index_that_keeps_something_else_of_images_is_not_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 1);
    let before = contents(folder.path());
    let tokens = |blocks| {
        let mut header = header();
        header.maps = Maps::TokenContributions { blocks };
        header
    };
    let refused = Writer::open(folder.path(), tokens(4)).err().expect("other maps").to_string();
    assert!(
        refused.contains("activations of a layer, and not token contributions of the last 4"),
        "{refused}"
    );
    assert!(refused.contains("make it again"), "{refused}");
    assert_eq!(contents(folder.path()), before);
    let folder = tempfile::tempdir().expect("a folder");
    drop(Writer::open(folder.path(), tokens(4)).expect("it can be made"));
    let index = Index::open(folder.path()).expect("it is there");
    assert_eq!(index.header().maps, Maps::TokenContributions { blocks: 4 });
    let refused = Writer::open(folder.path(), tokens(3)).err().expect("other blocks").to_string();
    assert!(refused.contains("of the last 4 blocks, and not"), "{refused}");
}

#[test]
fn an_index_of_version_1_is_read_and_gone_on_with() {
    let [folder, anew] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    indexed(folder.path(), 3);
    indexed(anew.path(), 5);
    let path = folder.path().join("index.json");
    let text = fs::read_to_string(&path).expect("readable");
    let text = text.replace("\"version\": 2", "\"version\": 1");
    let text = text.replace("\"maps\": \"activations\"", "\"has_maps\": true");
    assert!(text.contains("has_maps") && text.contains("\"version\": 1"), "{text}");
    fs::write(&path, &text).expect("written");
    let index = Index::open(folder.path()).expect("it is read");
    assert_eq!(index.header(), &header());
    index.verify().expect("its maps are there");
    indexed(folder.path(), 5);
    let numbers = |folder: &std::path::Path| {
        contents(folder).into_iter().filter(|(name, _)| name != "index.json").collect::<Vec<_>>()
    };
    assert_eq!(numbers(folder.path()), numbers(anew.path()));
    assert_eq!(fs::read_to_string(&path).expect("readable"), text, "it need not be written");
    fs::write(&path, text.replace("true", "false")).expect("written");
    let error = Index::open(folder.path()).err().expect("its lines speak of maps").to_string();
    assert!(error.contains("does not keep feature maps"), "{error}");
}

#[test]
fn readers_see_whole_indexes_while_a_writer_adds() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 1);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| indexed(folder.path(), 300));
        let mut last = 0;
        loop {
            let is_last = writing.is_finished();
            let index = Index::open(folder.path()).expect("it is there");
            index.verify().expect("every line's numbers are there");
            let hits = index.search(&numbers(0, WIDTH), 1, 2).expect("found");
            assert_eq!(*index.entries()[hits[0].entry].image.path, *"folder/000.jpg");
            assert!(index.entries().len() >= last, "nothing goes");
            last = index.entries().len();
            if is_last {
                break;
            }
        }
        assert_eq!(last, 300);
    });
}

#[test]
fn what_cannot_be_compared_is_refused_and_leaves_the_index_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 2);
    let before = contents(folder.path());
    let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
    let maps = ([0.0; 12], [3, 2, 2]);
    let mut refused = |embedding: &[f32], maps: (&[f32], [u32; 3])| {
        writer.add(image(9), embedding, maps).expect_err("refused")
    };
    assert!(matches!(refused(&[0.0; WIDTH], (&maps.0, maps.1)), Error::Zero));
    assert!(matches!(refused(&[1.0; 3], (&maps.0, maps.1)), Error::Width { .. }));
    assert!(matches!(refused(&[f32::NAN; WIDTH], (&maps.0, maps.1)), Error::NonFinite { .. }));
    assert!(matches!(refused(&[1.0; WIDTH], (&maps.0, [3, 2, 5])), Error::Width { .. }));
    let large = refused(&[1.0; WIDTH], (&[0.0, -65_520.0], [1, 1, 2]));
    assert!(matches!(large, Error::TooLarge { position: 1, value: -65_520.0 }), "{large}");
    drop(writer);
    assert_eq!(contents(folder.path()), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_search_finds_what_comparing_all_finds(
        count in 0u64..60, wanted in 0usize..12, threads in 1usize..5, seed in 0u64..1000,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        indexed(folder.path(), count);
        let index = Index::open(folder.path()).expect("it is there");
        let query = numbers(10_000 + seed, WIDTH);
        let found = index.search(&query, wanted, threads).expect("found");
        let cosine = |number: u64| {
            let v = numbers(number, WIDTH);
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            dot(&v, &query) / (dot(&v, &v) * dot(&query, &query)).sqrt()
        };
        let mut all: Vec<u64> = (0..count).collect();
        all.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)));
        prop_assert_eq!(found.len(), wanted.min(count as usize));
        let number_of = |indexed| (0..count).find(|&number| &image(number) == indexed);
        let mut seen = BTreeSet::new();
        for (hit, number) in found.iter().zip(all) {
            // Two that are equally similar but for rounding may change places.
            let hit_number = number_of(&index.entries()[hit.entry].image).expect("indexed");
            prop_assert!(seen.insert(hit_number), "{} twice", hit_number);
            prop_assert!((cosine(hit_number) - cosine(number)).abs() < 1e-6);
            prop_assert!((f64::from(hit.cosine) - cosine(number)).abs() < 1e-5);
        }
    }
}
