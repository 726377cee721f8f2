//! The index of neighbours against the exact search:
//! `cargo run --release -p cam-store --features approximate-simd --example neighbours -- ROWS [FOLDER]`.
//!
//! Writes vectors of 1280 numbers, 5 KB each, to a temporary folder (or to the one that is given, which is
//! kept), and says how long graphs take to be made and to be searched, and what they miss. The vectors lie
//! in clusters of a hundred, as far from the middle of theirs as this is from zero: among vectors that are
//! random in all dimensions every one is about as far from a query as any other, and no graph leads
//! anywhere.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cam_store::Fingerprint;
use cam_store::gallery::{Gallery, Header, Image, Plan, Writer};

const WIDTH: usize = 1280;
const CLUSTER: usize = 100;
const QUERIES: usize = 50;
const COUNT: usize = 10;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let rows = arguments.next().and_then(|rows| rows.to_str()?.parse().ok());
    let rows = rows.expect("how many rows, and perhaps a folder");
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = arguments.next().map(PathBuf::from);
    let folder = folder.as_deref().unwrap_or(temporary.path());
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);

    let (mut writer, written) = timed(|| filled(folder, rows));
    println!("writing {rows} rows: {written:.1?}");
    let go_on = |_| ControlFlow::Continue(());
    let (made, took) = timed(|| writer.build_neighbours(Plan::default(), threads, &go_on));
    let made = made.expect("it is made");
    println!("graphs of {made} rows by {threads} threads: {took:.1?}");
    drop(writer);
    let files = std::fs::read_dir(folder.join("neighbours")).expect("a folder");
    let bytes: u64 = files.flatten().filter_map(|file| file.metadata().ok()).map(|m| m.len()).sum();
    println!("{:.0} bytes for each row", bytes as f64 / made.max(1) as f64);

    let (gallery, opened) = timed(|| Gallery::open(folder).expect("it is there"));
    println!("opening the gallery: {opened:.1?}");
    let (near, opened) = timed(|| gallery.neighbours(threads).expect("it is there"));
    println!("opening the graphs: {opened:.1?}");
    let [mut exactly, mut nearly] = [Duration::ZERO; 2];
    let mut found = 0;
    for query in 0..QUERIES {
        let query = vector(query * 7919, rows, 1);
        let (near, took) = timed(|| near.search(&query, COUNT, threads).expect("found"));
        nearly += took;
        let (exact, took) = timed(|| gallery.search(&query, COUNT, threads).expect("found"));
        exactly += took;
        found += near.iter().filter(|hit| exact.contains(hit)).count();
    }
    let [exactly, nearly] = [exactly, nearly].map(|time| time / QUERIES as u32);
    println!("a query: {nearly:.1?}, exactly {exactly:.1?}");
    println!("recall@{COUNT}: {:.3}", found as f64 / (QUERIES * COUNT) as f64);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// A gallery of so many rows, of which those that are there already are kept.
fn filled(folder: &Path, rows: usize) -> Writer {
    let fingerprint = Fingerprint {
        model: "clusters".into(),
        weights_sha256: String::new(),
        preprocessing: String::new(),
        width: WIDTH,
    };
    let header = Header::new(fingerprint, "/".into(), "head".into(), None, false);
    let mut writer = Writer::open(folder, header).expect("a gallery");
    for row in writer.len()..rows {
        let image = Image {
            path: format!("folder/{row:08}.jpg").into(),
            bytes: 100_000,
            modified: 1_700_000_000_000_000_000,
            sha256: format!("{row:064x}").parse().expect("a digest"),
            pixels: [800, 600],
            damaged: false,
        };
        writer.add(image, &vector(row, rows, 0), (&[], [0; 3])).expect("written");
    }
    writer.sync().expect("written");
    writer
}

/// A vector of the cluster that a row belongs to; another one for every `salt`.
fn vector(row: usize, rows: usize, salt: u64) -> Vec<f32> {
    // Members of a cluster are not next to each other.
    let middle = noise((row % (rows / CLUSTER).max(1)) as u64);
    let own = noise((row as u64 + 1) << 24 | salt << 56 | 1 << 60);
    middle.zip(own).map(|(middle, own)| middle + own).collect()
}

/// SplitMix64, two numbers of 24 bits in −1..1 from each.
fn noise(seed: u64) -> impl Iterator<Item = f32> {
    let seed = seed.wrapping_mul(0xD134_2543_DE82_EF95);
    (1..=WIDTH as u64 / 2).flat_map(move |i| {
        let z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let z = z ^ (z >> 31);
        [z & 0xFF_FFFF, z >> 40].map(|bits| bits as f32 / 8_388_608.0 - 1.0)
    })
}
