//! A packed network's header. What follows it are numbers, of which any bits are some.

use std::fs::File;
use std::io::Write as _;

use burn::tensor::Device;
use cam_engine::Options;
use cam_files::Sha256;
use cam_models::{ConvNet, PackedError, PackedFile, Runtime, describe, write_packed};

use crate::scratch::with_folder;

const STAMP: &str = "the weights of this test";

/// Bytes of input that say how long the file is.
const LENGTH: usize = size_of::<u64>();

/// So that a length is at most 2⁴⁰, which every file system has.
const LENGTH_SHIFT: u32 = 24;

/// A file that is taken is exactly as long as its network's numbers, and only then. The first bytes of the input say how
/// long the file becomes, as a hole behind the others: no numbers have to be in the input. What follows is the header,
/// without its digest, which a changed one would not have.
pub fn run(bytes: &[u8]) {
    let Some((length, header)) = bytes.split_first_chunk::<LENGTH>() else { return };
    let length = u64::from_le_bytes(*length) >> LENGTH_SHIFT;
    let bytes = file_of(header);
    with_folder(|folder| {
        let path = folder.join("packed");
        let mut file = File::create(&path).expect("the folder can be written");
        file.write_all(&bytes).expect("it can be written");
        file.set_len(length.max(bytes.len() as u64)).expect("a file may be long");
        let Ok(packed) = PackedFile::open(&path, STAMP) else { return };
        assert_eq!(packed.bytes(), length.max(bytes.len() as u64));
        let graph = &packed.description().graph;
        assert!(graph.shapes(&graph.input).is_ok(), "a network whose steps do not fit each other");
    });
}

/// A header with what stands in front of it.
fn file_of(header: &[u8]) -> Vec<u8> {
    let mut file = b"CAMPACK4".to_vec();
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(Sha256::of(header).to_string().as_bytes());
    file.extend(header);
    file
}

pub fn seeds() -> Vec<Vec<u8>> {
    ["resnet18", "efficientnet-lite0"].into_iter().flat_map(sound).collect()
}

/// A header as it is written, in files of the right length and of one byte more.
fn sound(name: &str) -> Vec<Vec<u8>> {
    let description = describe(name).expect("it is in the catalogue");
    let runtime = Runtime::engine(&Device::default(), Options { threads: 1, ..Options::default() });
    let network = ConvNet::placeholder(description, runtime).expect("the engine runs it");
    let mut whole = Vec::new();
    write_packed(&network, STAMP, &mut whole).expect("memory takes everything");
    let (front, rest) = whole.split_at(file_of(&[]).len());
    let length: [u8; LENGTH] = front[8..16].try_into().expect("eight bytes");
    let header = &rest[..u64::from_le_bytes(length) as usize];
    let right = length_of(&file_of(header));
    let of_length = |length: u64| [&(length << LENGTH_SHIFT).to_le_bytes()[..], header].concat();
    vec![of_length(right), of_length(right + 1)]
}

/// How long the file has to be, as the refusal of one that is not tells.
fn length_of(file: &[u8]) -> u64 {
    with_folder(|folder| {
        let path = folder.join("seed");
        std::fs::write(&path, file).expect("the folder can be written");
        match PackedFile::open(&path, STAMP) {
            Err(PackedError::Length { expected, .. }) => expected,
            other => panic!("a header without numbers is too short: {other:?}"),
        }
    })
}
