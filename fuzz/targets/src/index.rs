//! An index's folder: its header, its lines with their checksums, its embeddings.

use std::fs;
use std::path::Path;

use cam_store::Index;
use cam_store::index::{Header, Image, Maps, Writer};

use crate::concepts::fingerprint;
use crate::scratch::with_folder;

/// Stands between the parts of the input: header, lines without checksums, embeddings. It is no byte of UTF-8.
const SEPARATOR: u8 = 0xff;

const NAMES: [&str; 4] = ["index.json", "entries.log", "vectors.f32", "maps.f16"];

/// What opens is whole enough to be asked everything: embeddings are as wide as the header says, a search finds no more
/// than it is asked for, in order, with cosines.
pub fn run(bytes: &[u8]) {
    with_folder(|folder| {
        write(folder, bytes);
        let Ok(index) = Index::open(folder) else { return };
        let width = index.header().fingerprint.width;
        for entry in index.entries() {
            if let Ok(vector) = index.vector(entry) {
                assert_eq!(vector.len(), width, "{}", entry.image.path);
            }
            if let Ok(maps) = index.maps(entry) {
                let expected: u64 = entry.shape.iter().map(|&side| u64::from(side)).product();
                assert_eq!(maps.len() as u64, expected, "{}", entry.image.path);
            }
        }
        if index.verify().is_ok() {
            assert!(index.entries().iter().all(|entry| index.vector(entry).is_ok()));
        }
        // A width that no file has asks for a query as wide.
        if width <= 1 << 10
            && let Ok(hits) = index.search(&vec![1.0; width], 2, 1)
        {
            assert!(hits.len() <= 2 && hits.iter().all(|hit| hit.cosine.abs() <= 1.0));
            assert!(hits.windows(2).all(|pair| pair[0].cosine >= pair[1].cosine));
        }
    });
}

/// Writes the input's parts as files. Lines get their checksums here, for no change of bytes would hit one.
fn write(folder: &Path, bytes: &[u8]) {
    let mut parts = bytes.splitn(NAMES.len(), |&byte| byte == SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let header = part();
    let lines = part().split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines.flat_map(|line| {
        let crc = format!("{:08x} ", crc32fast::hash(line));
        [crc.as_bytes(), line, b"\n"].concat()
    });
    let files = [header.to_vec(), lines.collect(), part().to_vec(), part().to_vec()];
    for (name, bytes) in NAMES.iter().zip(files) {
        fs::write(folder.join(name), bytes).expect("the folder can be written");
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let tokens = Maps::TokenContributions { blocks: 4 };
    let some = [(0, Maps::Activations), (1, Maps::Activations), (3, tokens), (2, Maps::None)];
    some.into_iter().map(|(count, maps)| of_images(count, maps)).collect()
}

fn of_images(count: u64, kept: Maps) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let header = Header::new(fingerprint(), "/images".into(), "layer4".into(), None, kept);
    let mut writer = Writer::open(folder.path(), header).expect("it can be made");
    for number in 0..count {
        let image = Image {
            path: format!("{number}.png").into(),
            bytes: 10 + number,
            modified: number,
            sha256: format!("{number:064x}").parse().expect("a digest"),
            pixels: [4, 3],
            damaged: false,
        };
        let maps = match kept {
            Maps::None => (&[][..], [0; 3]),
            _ => (&[0.5; 4][..], [2, 1, 2]),
        };
        writer.add(image, &[1.0, number as f32, -0.5], maps).expect("it is added");
    }
    writer.sync().expect("it is written");
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it is there");
    let lines = read(NAMES[1]);
    let lines = lines.split(|&byte| byte == b'\n').map(|line| line.get(9..).unwrap_or_default());
    let lines = lines.collect::<Vec<_>>().join(&b'\n');
    // In half precision and in embeddings the separator would be part of a NaN.
    [read(NAMES[0]), lines, read(NAMES[2]), read(NAMES[3])].join(&SEPARATOR)
}
