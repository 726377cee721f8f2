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
    /// An HDF5 file, as Keras writes it (`.h5`).
    Hdf5,
    /// A Keras archive (`.keras`).
    Keras,
    /// A program of TorchScript (`torch.jit.save`).
    TorchScript,
    /// A program of `torch.export` (`.pt2`).
    TorchExport,
    /// NumPy's archive (`.npz`).
    Npz,
    /// One array of NumPy (`.npy`).
    Npy,
    /// A zip archive of other things.
    Zip,
    /// TensorFlow's SavedModel: the folder, or the file in it.
    SavedModel,
    /// A frozen graph of TensorFlow (`.pb`).
    TensorFlowGraph,
    /// A checkpoint of TensorFlow, which is several files.
    TensorFlowCheckpoint,
    /// A model of TensorFlow Lite.
    TensorFlowLite,
    /// A model of Core ML.
    CoreMl,
    /// The list of files over which a model's tensors are spread.
    Shards,
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
            Self::TorchScript => {
                "in Python, torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\")"
            }
            Self::TorchExport => {
                "in Python, torch.save(torch.export.load(FILE).state_dict, \"weights.pth\")"
            }
            Self::Npz | Self::Npy => {
                "in Python, save the arrays with torch.save or as .safetensors, under the names of \
                 torchvision and with its order of axes"
            }
            Self::Onnx => "save the state dict of the network it was exported from",
            Self::Hdf5
            | Self::Keras
            | Self::SavedModel
            | Self::TensorFlowGraph
            | Self::TensorFlowCheckpoint
            | Self::TensorFlowLite => {
                "networks of TensorFlow are not read; save the same network from PyTorch, its \
                 state dict as a .pth or .safetensors file"
            }
            Self::CoreMl | Self::Gguf => {
                "such models are not read; save the state dict of the network it was made from"
            }
            Self::Shards => {
                "put its tensors into one file, for example with save_model of safetensors"
            }
            Self::Gzip | Self::Zip => "unpack it, and give the .pth or .safetensors file in it",
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
            Self::Hdf5 => "an HDF5 file, such as Keras writes",
            Self::Keras => "a Keras archive",
            Self::TorchScript => "a TorchScript program",
            Self::TorchExport => "a program of torch.export",
            Self::Npz => "an archive of NumPy arrays (.npz)",
            Self::Npy => "a NumPy array (.npy)",
            Self::Zip => "a zip archive that PyTorch did not write",
            Self::SavedModel => "a TensorFlow SavedModel",
            Self::TensorFlowGraph => "a TensorFlow graph",
            Self::TensorFlowCheckpoint => "a TensorFlow checkpoint",
            Self::TensorFlowLite => "a TensorFlow Lite model",
            Self::CoreMl => "a Core ML model",
            Self::Shards => "a list of the files that hold a model's tensors",
            Self::Picture => "a picture",
            Self::Gguf => "a GGUF file",
            Self::Json => "a JSON file",
            Self::Onnx => "an ONNX model",
            Self::NoTensors => "a file without tensors",
            Self::Unknown => "no weight file",
        })
    }
}
