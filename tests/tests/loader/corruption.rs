use super::*;

const CONTAINERS: [&str; 5] = [
    "tiny_basic-legacy.pth",
    "tiny_basic-tar.pth",
    "tiny_basic-deflated.pth",
    "tiny_basic-f16.pth",
    "tiny_basic-f16.safetensors",
];

/// Loads what is left of a file; a panic names the change that caused it.
fn attempt(path: &Path, content: &[u8], what: &str) -> Option<ConvNet> {
    std::fs::write(path, content).expect("written");
    let network = std::panic::catch_unwind(|| {
        load(path, Strictness::Exact, &device()).ok().map(|loaded| loaded.network)
    });
    network.unwrap_or_else(|_| panic!("panicked: {what}"))
}

#[test]
fn a_file_cut_anywhere_is_refused_or_still_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in CONTAINERS {
        let (whole, expected) = (bytes(name), embedding(&open(name).network));
        let path = folder.path().join(name);
        // A prime step meets all alignments; the ends are where the containers keep their indices.
        let ends = (0..200).chain(whole.len() - 200..whole.len());
        for length in ends.chain((0..whole.len()).step_by(149)) {
            let what = format!("{name} cut to {length} bytes");
            if let Some(network) = attempt(&path, &whole[..length], &what) {
                assert_eq!(embedding(&network), expected, "{what}");
            }
        }
    }
}

#[test]
fn a_changed_byte_anywhere_never_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in CONTAINERS {
        let mut content = bytes(name);
        let path = folder.path().join(name);
        for at in (0..content.len()).step_by(53) {
            for change in [0x01, 0x80, 0xff] {
                content[at] ^= change;
                attempt(&path, &content, &format!("{name} with byte {at} changed by {change:#x}"));
                content[at] ^= change;
            }
        }
    }
}
