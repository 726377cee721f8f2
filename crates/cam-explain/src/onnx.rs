//! Networks from ONNX files.

use std::io::Read as _;
use std::path::Path;

use cam_models::{Classifier, ConvNet, Description, InputLayout, Preprocessing, Runtime};
use cam_onnx::{Network, Role, Source, Wish};

use crate::error::{Context as _, Error, Setting};
use crate::notice;

/// Whether a file is taken for ONNX: by its name, and where that says nothing by its first bytes.
///
/// An ONNX file has no magic number. Its first field is the format's version, a small number.
pub fn is_onnx(file: &Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    match ending.as_deref() {
        Some("onnx") => true,
        Some("pth" | "pt" | "bin" | "safetensors" | "tar" | "ckpt") => false,
        _ => {
            let mut first = [0; 2];
            let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut first));
            read.is_ok() && first[0] == 0x08 && (3..=20).contains(&first[1])
        }
    }
}

/// Reads a file's network, without deciding where it runs.
///
/// # Errors
/// Where it cannot be read, or has anything that cannot be run.
pub fn import(file: &Path, wish: &Wish) -> Result<Network, Error> {
    let source = Source::open(file).map_err(|error| at(file, &error))?;
    let model = cam_onnx::read(&source).map_err(|error| at(file, &error))?;
    cam_onnx::import(&model, &source, source.folder(), wish).map_err(|error| at(file, &error))
}

/// A file's network, ready to run.
///
/// # Errors
/// As [`import`], and where the device cannot run it.
pub fn open(file: &Path, wish: &Wish, runtime: Runtime) -> Result<ConvNet, Error> {
    let network = import(file, wish)?;
    say(file, &network);
    let [height, width] = network.input.size;
    let layout = match network.input.is_channels_last {
        true => InputLayout::Nhwc,
        false => InputLayout::Nchw,
    };
    let preprocessing =
        Preprocessing { size: (width, height), layout, ..Preprocessing::imagenet() };
    let description = Description {
        name: name(file),
        graph: network.graph,
        classifier: network.classifier.map(|head| Classifier {
            weight: head.weight,
            bias: head.bias,
            classes: head.classes,
        }),
        preprocessing,
    };
    ConvNet::new(description, network.parameters, runtime).context(file.display().to_string())
}

/// What is wrong where a file cannot be read for the size that its preprocessing says, but for its own.
pub fn other_size(file: &Path, (width, height): (usize, usize)) -> Option<Error> {
    let [h, w] = import(file, &Wish::default()).ok()?.input.size;
    let error = Error::usage(format_args!(
        "{}: the preprocessing is for {width}×{height} pixels, and the network takes {w}×{h}",
        file.display()
    ));
    Some(error.see(Setting::Preprocessing))
}

/// What the network is called: the file's name without its ending.
pub fn name(file: &Path) -> String {
    file.file_stem().map_or_else(|| "onnx".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Which value is taken as the embedding, in words.
pub fn embedding(role: &Role) -> String {
    match role {
        Role::Asked(name) => format!("value {name:?}, as asked for"),
        Role::Output(name) => format!("output {name:?}"),
        Role::BeforeClassifier(name) => {
            format!("what the fully connected layer behind output {name:?} reads")
        }
        Role::FirstToken(name) => format!("the first token of output {name:?}"),
        Role::Mean(name) => format!("the mean over the positions of output {name:?}"),
    }
}

fn say(file: &Path, network: &Network) {
    notice::detail(format_args!(
        "{}: the embedding is {}",
        file.display(),
        embedding(&network.embedding)
    ));
}

pub(crate) fn at(file: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::bad_model(format_args!("{}: {error}", file.display()))
}
