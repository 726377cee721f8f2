//! A small index.

use std::fs;
use std::path::Path;

use cam_store::Fingerprint;
use cam_store::index::{Header, Image, Maps, Writer};

pub const WIDTH: usize = 5;

pub fn header() -> Header {
    let fingerprint = Fingerprint {
        model: "resnet50".into(),
        weights_sha256: "0a3f".into(),
        preprocessing: "bilinear".into(),
        width: WIDTH,
    };
    Header::new(fingerprint, "/images".into(), "layer4".into(), Some([224, 224]), Maps::Activations)
}

/// SplitMix64, in −1..1.
pub fn numbers(seed: u64, count: usize) -> Vec<f32> {
    (1..=count as u64)
        .map(|i| {
            let z = seed.wrapping_add(i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 40) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

pub fn image(number: u64) -> Image {
    Image {
        path: format!("folder/{number:03}.jpg").into(),
        bytes: 1000 + number,
        modified: 77 * number,
        sha256: format!("{number:064x}").parse().expect("a digest"),
        pixels: [640, 480],
        damaged: false,
    }
}

pub fn add(writer: &mut Writer, number: u64) {
    let maps = numbers(1000 + number, 3 * 2 * 2);
    writer.add(image(number), &numbers(number, WIDTH), (&maps, [3, 2, 2])).expect("added");
}

/// As one would index a folder: what is missing is added, in order.
pub fn indexed(folder: &Path, count: u64) {
    let mut writer = Writer::open(folder, header()).expect("it can be opened");
    for number in 0..count {
        if writer.get(&image(number).path).is_none() {
            add(&mut writer, number);
        }
    }
    writer.sync().expect("synced");
}

/// Every file but the lock, with its bytes.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_none_or(|end| end != "lock"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}
