//! What must hold of an index that is compacted, whoever reads it and whatever happens meanwhile.

use std::fs;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use cam_store::Error;
use cam_store::index::{Compacted, Index, Writer};

use crate::support::{WIDTH, add, contents, header, image, indexed, numbers};

/// Nine images: the second changed, the fourth and the last went.
fn worn(folder: &std::path::Path) {
    indexed(folder, 9);
    let mut writer = Writer::open(folder, header()).expect("it can be opened");
    writer.add(image(1), &numbers(99, WIDTH), (&[0.5; 12], [3, 2, 2])).expect("changed");
    writer.remove(&image(3).path).expect("removed");
    writer.remove(&image(8).path).expect("removed");
}

/// What of [`worn`] is alive, added to an index of its own in the order in which it came.
fn alive(folder: &std::path::Path) {
    let mut writer = Writer::open(folder, header()).expect("a new index");
    for number in [0, 2, 4, 5, 6, 7] {
        add(&mut writer, number);
    }
    writer.add(image(1), &numbers(99, WIDTH), (&[0.5; 12], [3, 2, 2])).expect("added");
}

fn found(index: &Index) -> Vec<(String, f32)> {
    let hits = index.search(&numbers(99, WIDTH), 20, 2).expect("found");
    let path = |entry: usize| index.entries()[entry].image.path.to_string();
    hits.into_iter().map(|hit| (path(hit.entry), hit.cosine)).collect()
}

#[test]
fn a_compacted_index_is_that_of_what_is_alive() {
    let (folder, anew) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
    worn(folder.path());
    alive(anew.path());
    let before: usize = contents(folder.path()).iter().map(|(_, bytes)| bytes.len()).sum();
    let expected = found(&Index::open(folder.path()).expect("it is there"));
    for generation in 1..4 {
        let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
        let compacted = writer.compact(&|_| ControlFlow::Continue(())).expect("compacted");
        if generation == 1 {
            let after: usize = contents(folder.path()).iter().map(|(_, bytes)| bytes.len()).sum();
            assert_eq!(compacted.rows, 3);
            assert!((compacted.bytes as usize).abs_diff(before - after) < 40, "{compacted:?}");
        }
        assert_eq!(
            writer.compact(&|_| ControlFlow::Continue(())).expect("nothing to do"),
            Compacted { rows: 0, bytes: 0 }
        );
        drop(writer);
        let index = Index::open(folder.path()).expect("it is there");
        index.verify().expect("whole");
        assert_eq!(found(&index), expected);
        if generation == 1 {
            let numbers = |folder| {
                let files = contents(folder);
                files.into_iter().filter(|(name, _)| name != "index.json").map(|(_, bytes)| bytes)
            };
            assert!(numbers(folder.path()).eq(numbers(anew.path())));
        }
        // It goes on as any other.
        let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
        add(&mut writer, 50);
        writer.remove(&image(50).path).expect("removed");
    }
}

#[test]
fn a_reader_goes_on_with_the_index_that_it_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    worn(folder.path());
    let reader = Index::open(folder.path()).expect("it is there");
    let expected = found(&reader);
    let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
    writer.compact(&|_| ControlFlow::Continue(())).expect("compacted");
    add(&mut writer, 70);
    reader.verify().expect("as it was");
    assert_eq!(found(&reader), expected);
    assert_eq!(found(&Index::open(folder.path()).expect("it is there")).len(), 8);
}

#[test]
fn readers_see_whole_indexes_while_one_is_compacted_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    indexed(folder.path(), 40);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
            for round in 0..100 {
                writer.remove(&image(round % 40).path).expect("removed");
                add(&mut writer, round % 40);
                writer.compact(&|_| ControlFlow::Continue(())).expect("compacted");
            }
        });
        while !writing.is_finished() {
            let index = Index::open(folder.path()).expect("it is there");
            assert!((39..=40).contains(&index.entries().len()), "{}", index.entries().len());
            index.verify().expect("whole");
            assert_eq!(found(&index).len(), 20);
        }
    });
}

#[test]
fn what_is_stopped_or_finds_damage_leaves_the_index_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    worn(folder.path());
    let before = contents(folder.path());
    for steps in 0..7 {
        let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
        let left = AtomicUsize::new(steps);
        let stopped = writer.compact(&|_| match left.fetch_sub(1, Ordering::Relaxed) {
            0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
        assert!(contents(folder.path()) == before, "stopped after {steps}");
    }
    let path = folder.path().join("maps.f16");
    let mut bytes = fs::read(&path).expect("readable");
    bytes[2 * 24] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let before = contents(folder.path());
    let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
    let refused =
        writer.compact(&|_| ControlFlow::Continue(())).expect_err("a bit was turned").to_string();
    assert!(refused.contains("folder/002.jpg"), "{refused}");
    assert!(contents(folder.path()) == before);
}

#[test]
fn cut_off_anywhere_it_is_the_index_of_before_or_the_one_of_after() {
    let (folder, after) =
        (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
    for place in [&folder, &after] {
        worn(place.path());
    }
    let before = contents(folder.path());
    let mut writer = Writer::open(after.path(), header()).expect("it can be opened");
    writer.compact(&|_| ControlFlow::Continue(())).expect("compacted");
    drop(writer);
    let after = contents(after.path());
    let expected = found(&Index::open(folder.path()).expect("it is there"));
    let part = |count: usize| {
        let files = after.iter().filter(|(name, _)| name != "index.json");
        files.map(move |(name, bytes)| (name.clone(), bytes[..bytes.len().min(count)].to_vec()))
    };
    // The new files grow beside the old ones; the header is renamed; the old ones go, in any order.
    let mut moments: Vec<Vec<(String, Vec<u8>)>> = (0..2000)
        .step_by(97)
        .map(|count| before.iter().cloned().chain(part(count)).collect())
        .collect();
    let old = before.iter().filter(|(name, _)| name != "index.json");
    for left in 0..8 {
        let old =
            old.clone().enumerate().filter(|(at, _)| left >> at & 1 == 1).map(|(_, file)| file);
        moments.push(after.iter().chain(old).cloned().collect());
    }
    for (number, files) in moments.into_iter().enumerate() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).expect("written");
        }
        let index = Index::open(folder.path()).expect("it is there");
        index.verify().expect("whole");
        assert_eq!(found(&index), expected, "moment {number}");
        let mut writer = Writer::open(folder.path(), header()).expect("it can be opened");
        writer.compact(&|_| ControlFlow::Continue(())).expect("compacted");
        assert!(contents(folder.path()) == after, "moment {number}");
    }
}
