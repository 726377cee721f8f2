//! What must hold of the index of neighbours: `cargo test -p cam-store --features approximate`.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use cam_store::gallery::{Gallery, Header, Hit, Image, Plan, Writer};
use cam_store::{Error, Fingerprint};
use safetensors::SafeTensors;

use crate::support::numbers;

const WIDTH: usize = 48;
const CLUSTERS: u64 = 40;
const PLAN: Plan = Plan { rows: 500 };
/// Four blocks, and a rest.
const COUNT: u64 = 2100;

fn header() -> Header {
    let fingerprint = Fingerprint {
        model: "clusters".into(),
        weights_sha256: "77".into(),
        preprocessing: "none".into(),
        width: WIDTH,
    };
    Header::new(fingerprint, "/images".into(), "head".into(), None, false)
}

/// A vector near the middle of one of the clusters: as far from it as the middles are long.
fn vector(number: u64) -> Vec<f32> {
    let middle = numbers(1_000_000 + 1000 * (number % CLUSTERS), WIDTH);
    middle.iter().zip(numbers(2_000_000 + 1000 * number, WIDTH)).map(|(m, n)| m + n).collect()
}

fn path(number: u64) -> Box<str> {
    format!("{number:05}.jpg").into()
}

fn add(writer: &mut Writer, number: u64) {
    let image = Image {
        path: path(number),
        bytes: 1,
        modified: 1,
        sha256: "00".repeat(32).parse().expect("a digest"),
        pixels: [1, 1],
        damaged: false,
    };
    writer.add(image, &vector(number), (&[], [0; 3])).expect("added");
}

fn gallery(folder: &Path, count: u64) -> Writer {
    let mut writer = Writer::open(folder, header()).expect("a new gallery");
    for number in 0..count {
        add(&mut writer, number);
    }
    writer
}

fn build(writer: &mut Writer, threads: usize) -> u64 {
    let built = writer.build_neighbours(PLAN, threads, &|_| ControlFlow::Continue(()));
    built.expect("it is built")
}

fn near(folder: &Path, query: &[f32], count: usize) -> Result<Vec<Hit>, Error> {
    Gallery::open(folder)?.neighbours(2)?.search(query, count, 2)
}

/// Every file of the index of neighbours.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder.join("neighbours"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn nearly_all_that_is_nearest_is_found_and_every_cosine_is_the_exact_one() {
    let folder = tempfile::tempdir().expect("a folder");
    build(&mut gallery(folder.path(), COUNT), 2);
    let gallery = Gallery::open(folder.path()).expect("it is there");
    let neighbours = gallery.neighbours(2).expect("it is there");
    assert_eq!(neighbours.rows(), [2000, 100]);
    neighbours.verify().expect("it is as written");
    let mut found = 0;
    for query in 0..100 {
        let query = vector(10_000 + query);
        let exact = gallery.search(&query, 10, 2).expect("found");
        let near = neighbours.search(&query, 10, 2).expect("found");
        assert_eq!(near.len(), 10);
        assert!(near.windows(2).all(|two| two[0].cosine >= two[1].cosine));
        let all = gallery.search(&query, COUNT as usize, 2).expect("found");
        for hit in &near {
            assert!(all.contains(hit), "{hit:?} has another cosine");
        }
        found += near.iter().filter(|hit| exact.contains(hit)).count();
        assert_eq!(
            near,
            neighbours.search(&query, 10, 1).expect("found"),
            "threads change nothing"
        );
    }
    println!("recall@10: {}", found as f64 / 1000.0);
    assert!(found >= 950, "{found} of 1000");
    let many = neighbours.search(&vector(7), 501, 2).expect("found");
    assert_eq!(many, gallery.search(&vector(7), 501, 2).expect("found"));
}

#[test]
fn what_went_is_not_found_and_what_came_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = gallery(folder.path(), COUNT);
    build(&mut writer, 2);
    let before = files(folder.path());
    for number in (0..COUNT).step_by(3) {
        writer.remove(&path(number)).expect("removed");
    }
    // Three of a block of their own, and the rest of none.
    for number in COUNT..COUNT + 403 {
        add(&mut writer, number);
    }
    let check = || {
        let gallery = Gallery::open(folder.path()).expect("it is there");
        let neighbours = gallery.neighbours(2).expect("it is there");
        let best = |number| {
            let hits = neighbours.search(&vector(number), 10, 2).expect("found");
            assert_eq!(hits.len(), 10);
            gallery.entries()[hits[0].entry].image.path.clone()
        };
        for number in [1, 500, 1999, 2050, COUNT, COUNT + 402] {
            assert_eq!(best(number), path(number));
        }
        assert_ne!(best(0), path(0));
    };
    check();
    // Blocks that are there are left as they are; the fifth is whole now.
    assert_eq!(build(&mut writer, 2), 500 - 33);
    check();
    assert!(before.iter().all(|file| files(folder.path()).contains(file)));
    assert_eq!(build(&mut writer, 2), 0);
    // Compaction moves rows, and there is no index until it is made again.
    writer.compact(&|_| ControlFlow::Continue(())).expect("compacted");
    let missing = near(folder.path(), &vector(1), 3).expect_err("there is none");
    assert!(matches!(missing, Error::NoNeighbours { .. }), "{missing}");
    assert!(missing.to_string().contains("cam index --approximate"), "{missing}");
    build(&mut writer, 2);
    check();
}

#[test]
fn it_comes_to_the_same_bytes_by_any_number_of_threads_and_after_being_stopped_anywhere() {
    let [folder, other] = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
    build(&mut gallery(folder.path(), COUNT), 1);
    let expected = files(folder.path());
    let mut writer = gallery(other.path(), COUNT);
    for steps in [0, 1, 499, 501, 700, 1100] {
        let left = AtomicUsize::new(steps);
        let stopped = writer.build_neighbours(PLAN, 3, &|_| {
            let is_over =
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
            if is_over.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
        assert_eq!(near(other.path(), &vector(3), 1).expect("it is whole")[0].cosine, 1.0);
    }
    build(&mut writer, 3);
    assert!(files(other.path()) == expected);
}

#[test]
fn a_file_cut_off_anywhere_is_refused_or_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = gallery(folder.path(), 1000);
    build(&mut writer, 2);
    let expected = files(folder.path());
    for (name, bytes) in &expected {
        let path = folder.path().join("neighbours").join(name);
        for part in [0, 1, 7, 100, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..part.min(bytes.len() - 1)]).expect("written");
            let refused = near(folder.path(), &vector(3), 1).expect_err("it is cut off");
            assert!(matches!(refused, Error::Neighbours { .. }), "{refused}");
            assert!(refused.to_string().contains("cam index --approximate"), "{refused}");
            build(&mut writer, 2);
            assert!(files(folder.path()) == expected, "{name} cut at {part}");
        }
        fs::remove_file(&path).expect("removed");
        build(&mut writer, 2);
        assert!(files(folder.path()) == expected, "{name} was removed");
    }
}

#[test]
fn no_bit_of_a_graph_and_no_row_of_another_gallery_is_trusted() {
    let [folder, other] = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
    let mut writer = gallery(folder.path(), 500);
    build(&mut writer, 1);
    let path = folder.path().join("neighbours/00000.usearch");
    let bytes = fs::read(&path).expect("readable");
    let rows = 8..8 + 500 * WIDTH;
    for at in (0..bytes.len()).step_by(977).chain([0, 7, rows.end, rows.end + 63, bytes.len() - 1])
    {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        fs::write(&path, &changed).expect("written");
        let gallery = Gallery::open(folder.path()).expect("it is there");
        match gallery.neighbours(1) {
            // Rounded rows choose candidates and no more; that they are damaged, --verify says.
            Ok(neighbours) if rows.contains(&at) => {
                let hits = neighbours.search(&vector(9), 3, 1).expect("found");
                assert!(hits.iter().all(|hit| (-1.0..=1.0).contains(&hit.cosine)));
                neighbours.verify().expect_err("a bit was turned");
            }
            Ok(_) => panic!("byte {at} is part of the graph"),
            Err(error) => assert!(!rows.contains(&at) && matches!(error, Error::Neighbours { .. })),
        }
    }
    fs::write(&path, &bytes).expect("written");
    // As many images, the first of which is another.
    let mut writer = gallery(other.path(), 0);
    add(&mut writer, 600);
    (1..500).for_each(|number| add(&mut writer, number));
    let copy = other.path().join("neighbours");
    fs::create_dir(&copy).expect("made");
    for (name, bytes) in files(folder.path()) {
        fs::write(copy.join(name), bytes).expect("written");
    }
    let refused = near(other.path(), &vector(3), 1).expect_err("of another gallery");
    assert!(refused.to_string().contains("made of other rows"), "{refused}");
    assert_eq!(build(&mut writer, 1), 500);
    assert!(near(other.path(), &vector(600), 1).expect("found")[0].cosine > 0.999);
}

/// What is said of a graph, as if these bytes had been written.
fn vouched(rows: &[u8], graph: &[u8], at: usize) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(rows).expect("a header");
    let mut entries = metadata.metadata().clone().expect("entries");
    let entry = entries.get_mut("cam_neighbours").expect("ours");
    let mut said: serde_json::Value = serde_json::from_str(entry).expect("JSON");
    said["bytes"] = graph.len().into();
    said["crc"] = crc32fast::hash(graph).into();
    said["graph_crc"] = crc32fast::hash(&[&graph[..8], &graph[at..]].concat()).into();
    *entry = said.to_string();
    let file = SafeTensors::deserialize(rows).expect("a file");
    safetensors::tensor::serialize(file.tensors(), Some(entries)).expect("a file")
}

#[test]
fn a_graph_that_leads_anywhere_is_refused_whatever_its_checksums_say() {
    let folder = tempfile::tempdir().expect("a folder");
    build(&mut gallery(folder.path(), 500), 1);
    let [path, said] =
        ["usearch", "rows"].map(|end| folder.path().join(format!("neighbours/00000.{end}")));
    let (bytes, rows) = (fs::read(&path).expect("readable"), fs::read(&said).expect("readable"));
    let at = 8 + 500 * WIDTH;
    let attempt = |graph: &[u8]| {
        fs::write(&path, graph).expect("written");
        fs::write(&said, vouched(&rows, graph, at)).expect("written");
        near(folder.path(), &vector(9), 3)
    };
    attempt(&bytes).expect("it is as it was made");
    let mut refused = 0;
    let sizes = (at + 64..at + 104).step_by(8).chain([0, 4, at + 33]);
    let nodes = (at + 104 + 1000..bytes.len() - 4).step_by(331);
    for place in sizes.chain(nodes) {
        let mut changed = bytes.clone();
        changed[place..place + 4].copy_from_slice(&[0xFF; 4]);
        match attempt(&changed) {
            Err(error) => {
                assert!(matches!(error, Error::Neighbours { .. }), "{error}");
                refused += 1;
            }
            // Room for neighbours that are none.
            Ok(hits) => assert!(hits.len() == 3 && place > at + 1000),
        }
    }
    assert!(refused > 100, "{refused}");
    attempt(&bytes[..bytes.len() - 1]).expect_err("cut off");
    attempt(&[&bytes[..], &[0]].concat()).expect_err("too long");
}
