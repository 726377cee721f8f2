//! One query over an index: `cargo bench -p cam-benches --bench search`.
//!
//! A hundred thousand vectors unless `CAM_BENCH_ROWS` says otherwise: they are written to a temporary
//! folder first, 5 KB each.

use std::hint::black_box;
use std::num::NonZero;
use std::time::Duration;

use cam_benches::noise;
use cam_store::Fingerprint;
use cam_store::index::{Header, Image, Index, Maps, Writer};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

const WIDTH: usize = 1280;

fn rows() -> usize {
    let rows = std::env::var("CAM_BENCH_ROWS").ok();
    rows.map_or(100_000, |rows| rows.parse().expect("CAM_BENCH_ROWS is a number"))
}

fn search(c: &mut Criterion) {
    let fingerprint = Fingerprint {
        model: "noise".into(),
        weights_sha256: String::new(),
        preprocessing: String::new(),
        width: WIDTH,
    };
    let header = Header::new(fingerprint, "/".into(), "head".into(), None, Maps::None);
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = Writer::open(folder.path(), header).expect("a new index");
    // Windows of one row of noise: all differ, and none costs more than its writing.
    let numbers = noise(2 * WIDTH + 7919);
    let count = rows();
    for row in 0..count {
        let vector = &numbers[row % 7919..][..WIDTH];
        let image = Image {
            path: format!("folder/{row:08}.jpg").into(),
            bytes: 100_000,
            modified: 1_700_000_000_000_000_000,
            sha256: format!("{row:064x}").parse().expect("a digest"),
            pixels: [800, 600],
            damaged: false,
        };
        writer.add(image, vector, (&[], [0; 3])).expect("written");
    }
    drop(writer);
    let mut group = c.benchmark_group(format!("search {count}"));
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_secs(5));
    group.bench_function("open", |b| {
        b.iter(|| Index::open(folder.path()).expect("it was written").entries().len());
    });
    let index = Index::open(folder.path()).expect("it was written");
    let query = noise(WIDTH);
    let all = std::thread::available_parallelism().map_or(1, NonZero::get);
    for threads in [1, all] {
        group.bench_function(format!("query, {threads} threads"), |b| {
            b.iter(|| black_box(index.search(&query, 10, threads).expect("found")));
        });
    }
    group.finish();
}

criterion_group!(benches, search);
criterion_main!(benches);
