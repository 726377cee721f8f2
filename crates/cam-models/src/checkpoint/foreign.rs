use std::fmt;

/// What is often saved under a weight file's name and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// Nothing at all.
    Empty,
    /// A folder.
    Directory,
    /// A pipe, a socket or a device.
    NoRegularFile,
    /// A web page: a login, an error, a viewer.
    HtmlPage,
    /// What Git keeps in the place of a large file.
    LfsPointer,
    /// A gzip archive.
    Gzip,
    /// An HDF5 file, as Keras writes it.
    Hdf5,
    /// A PNG or JPEG.
    Picture,
    /// A GGUF file.
    Gguf,
    /// A JSON file.
    Json,
    /// An ONNX model.
    Onnx,
    /// A weight file's form, but settings only.
    NoTensors,
    /// None of these.
    Unknown,
}

impl Foreign {
    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::HtmlPage => {
                "the download gave a web page, perhaps a login or error page; get the file itself"
            }
            Self::LfsPointer => {
                "run `git lfs pull` where it was cloned, or download the file itself"
            }
            Self::Empty => "the download broke off; get it again",
            Self::NoTensors => "save the network's state dict, not only its settings",
            _ => "give a .pth or .safetensors file",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty file",
            Self::Directory => "a directory",
            Self::NoRegularFile => "no regular file",
            Self::HtmlPage => "an HTML page",
            Self::LfsPointer => "a Git LFS pointer",
            Self::Gzip => "a gzip archive",
            Self::Hdf5 => "an HDF5 file",
            Self::Picture => "a picture",
            Self::Gguf => "a GGUF file",
            Self::Json => "a JSON file",
            Self::Onnx => "an ONNX model",
            Self::NoTensors => "a file without tensors",
            Self::Unknown => "no weight file",
        })
    }
}
