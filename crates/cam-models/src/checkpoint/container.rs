use std::fmt;

use super::Foreign;

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

/// What the first bytes of a file say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Weights(Container),
    /// Something else that is often saved under a weight file's name.
    Other(Foreign),
}

/// How many bytes of a file [`content`] wants to see.
pub(super) const HEAD: usize = 512;

/// Tells files apart by how they begin; names are no evidence.
pub(super) fn content(head: &[u8]) -> Content {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    match head {
        [] => Content::Other(Foreign::Empty),
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
        [b'{', ..] => Content::Other(Foreign::Json),
        [0x08, 1..=12, ..] => Content::Other(Foreign::Onnx),
        _ => Content::Other(Foreign::Unknown),
    }
}
