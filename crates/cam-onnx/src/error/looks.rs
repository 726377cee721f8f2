use std::fmt;

/// What is often saved under a model's name and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Looks {
    /// Nothing at all.
    Empty,
    /// A web page: a login, an error, a viewer.
    HtmlPage,
    /// What Git keeps in the place of a large file.
    LfsPointer,
    /// A zip archive, as PyTorch's checkpoints are.
    Zip,
    /// A gzip archive.
    Gzip,
    /// Python's pickle, as PyTorch's old checkpoints are.
    Pickle,
    /// A file of safetensors.
    Safetensors,
    /// An HDF5 file, as Keras writes it.
    Hdf5,
    /// A JSON file.
    Json,
    /// A model of TensorFlow Lite.
    TensorFlowLite,
    /// onnxruntime's own format (`.ort`).
    Ort,
    /// A message of protocol buffers without a network.
    NoGraph,
}

impl Looks {
    /// What a file is, by its first bytes.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let text = head.trim_ascii_start();
        Some(match head {
            [] => Self::Empty,
            [b'P', b'K', 3 | 5 | 7, ..] => Self::Zip,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x80, 2..=5, ..] => Self::Pickle,
            [0x89, b'H', b'D', b'F', ..] => Self::Hdf5,
            [_, _, _, _, b'T', b'F', b'L', b'3', ..] => Self::TensorFlowLite,
            [_, _, _, _, b'O', b'R', b'T', b'M', ..] => Self::Ort,
            // The length of the header in eight bytes, and the header.
            [_, _, _, _, 0, 0, 0, 0, b'{', ..] => Self::Safetensors,
            _ if head.starts_with(b"version https://git-lfs") => Self::LfsPointer,
            _ if text.starts_with(b"<") => Self::HtmlPage,
            _ if text.starts_with(b"{") => Self::Json,
            _ => return None,
        })
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Empty => "the download broke off; fetch it again",
            Self::HtmlPage => {
                "the download gave a web page, perhaps a login or error page; fetch the file itself"
            }
            Self::LfsPointer => "run `git lfs pull` where it was cloned, or fetch the file itself",
            Self::Gzip => "unpack it first",
            Self::Ort => "take the .onnx file that it was made from",
            Self::TensorFlowLite | Self::Hdf5 => "export the network with tf2onnx",
            Self::Zip | Self::Pickle | Self::Safetensors | Self::Json | Self::NoGraph => {
                "in Python, torch.onnx.export writes one"
            }
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Empty => "an empty file",
            Self::HtmlPage => "a web page",
            Self::LfsPointer => "a Git LFS pointer",
            Self::Zip => "a zip archive (PyTorch's checkpoints are such)",
            Self::Gzip => "a gzip archive",
            Self::Pickle => "a Python pickle (PyTorch's old checkpoints are such)",
            Self::Safetensors => "a safetensors file",
            Self::Hdf5 => "an HDF5 file (Keras writes such)",
            Self::Json => "a JSON file",
            Self::TensorFlowLite => "a TensorFlow Lite model",
            Self::Ort => "a model in onnxruntime's own format",
            Self::NoGraph => "a file without a network in it",
        })
    }
}
