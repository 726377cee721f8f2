use std::fmt;
use std::path::Path;

use super::{Foreign, protobuf};
use crate::LoadError;

/// What a weight file is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Container {
    /// PyTorch's zip archive (since 1.6).
    PytorchZip,
    /// PyTorch's earlier stream of pickles.
    PytorchLegacy,
    /// PyTorch's earliest TAR archive.
    PytorchTar,
    /// Safetensors.
    Safetensors,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PytorchZip => "PyTorch zip",
            Self::PytorchLegacy => "PyTorch legacy pickle",
            Self::PytorchTar => "PyTorch TAR",
            Self::Safetensors => "safetensors",
        })
    }
}

/// How many bytes of a file [`recognise`] looks at.
pub(super) const HEAD: usize = 512;

/// What the first bytes of a file say it is; an error where that is no weight file.
pub(super) fn recognise(origin: &Path, bytes: &[u8]) -> Result<Container, LoadError> {
    match content(&bytes[..bytes.len().min(HEAD)]) {
        Content::Weights(container) => Ok(container),
        Content::Other(found) => Err(LoadError::NotWeights { path: origin.to_owned(), found }),
    }
}

enum Content {
    Weights(Container),
    /// Something else that is often saved under a weight file's name.
    Other(Foreign),
}

/// Tells files apart by how they begin; names are no evidence.
fn content(head: &[u8]) -> Content {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    match head {
        [] => Content::Other(Foreign::Empty),
        // Before all others: the length in front may be one with which a pickle begins.
        [_, _, _, _, 0, 0, 0, 0, b'{', ..] => Content::Weights(Container::Safetensors),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Content::Weights(Container::PytorchZip),
        _ if head.get(257..262) == Some(b"ustar") => Content::Weights(Container::PytorchTar),
        [0x80, 0..=5, ..] => Content::Weights(Container::PytorchLegacy),
        _ if text.starts_with("<!doctype html") || text.starts_with("<html") => {
            Content::Other(Foreign::HtmlPage)
        }
        _ if text.starts_with("version https://git-lfs") => Content::Other(Foreign::LfsPointer),
        [_, _, _, _, _, _, _, _, b'{', ..] => Content::Weights(Container::Safetensors),
        [0x1f, 0x8b, ..] => Content::Other(Foreign::Gzip),
        [0x89, b'H', b'D', b'F', ..] => Content::Other(Foreign::Hdf5),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => Content::Other(Foreign::Picture),
        [b'G', b'G', b'U', b'F', ..] => Content::Other(Foreign::Gguf),
        [b'{', ..] if text.contains("\"weight_map\"") => Content::Other(Foreign::Shards),
        [b'{', ..] => Content::Other(Foreign::Json),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Content::Other(Foreign::Npy),
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => Content::Other(Foreign::TensorFlowLite),
        _ if text.starts_with("model_checkpoint_path") => {
            Content::Other(Foreign::TensorFlowCheckpoint)
        }
        _ => Content::Other(protobuf::content(head).unwrap_or(Foreign::Unknown)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_any_length_is_that_of_safetensors() {
        for length in [2u64, 128, 640, 1408, 0x0403_4b50, 100_000_000] {
            let head = [length.to_le_bytes().as_slice(), b"{}"].concat();
            let container = recognise(Path::new("f"), &head).expect("weights");
            assert_eq!(container, Container::Safetensors, "{length}");
        }
    }

    #[test]
    fn a_pickle_and_a_zip_are_what_they_were() {
        let legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
        let zip = b"PK\x03\x04\x00\x00\x08\x08\x00\x00";
        let container = |head: &[u8]| recognise(Path::new("f"), head).expect("weights");
        assert_eq!(container(legacy), Container::PytorchLegacy);
        assert_eq!(container(zip), Container::PytorchZip);
    }
}
