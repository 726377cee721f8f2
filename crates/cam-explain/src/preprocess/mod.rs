//! How a model's images are prepared, where its file does not say it: by a preset, a file, or the file beside the weights.

mod model;

use std::ffi::OsStr;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use cam_models::{PRESETS, Preprocessing, ReadPreprocessing};
use serde_json::Value;

use crate::error::{Context as _, Error, Setting};

/// No file that says a preprocessing is longer.
const MAX_BYTES: u64 = 1 << 20;

/// What a model's preprocessing follows from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PreprocessingOrigin {
    /// The network, whose weights were trained with it.
    #[default]
    Network,
    /// The program that asked, by [`Model::with_preprocessing`](crate::Model::with_preprocessing).
    Given,
    /// The preset of that name.
    Preset(String),
    /// A file.
    File(PathBuf),
    /// Nothing: nobody said it, and it is a guess.
    Assumed,
}

impl PreprocessingOrigin {
    /// `network`, `given`, `preset`, `file` or `assumed`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Given => "given",
            Self::Preset(_) => "preset",
            Self::File(_) => "file",
            Self::Assumed => "assumed",
        }
    }
}

impl fmt::Display for PreprocessingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network | Self::Given | Self::Assumed => f.write_str(self.name()),
            Self::Preset(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A preprocessing that was found, with what is to be said of it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub preprocessing: Preprocessing,
    pub origin: PreprocessingOrigin,
    pub remarks: Vec<String>,
}

/// A model's preprocessing beside the network's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    pub origin: PreprocessingOrigin,
    /// The network's own, where another one is used.
    pub instead_of: Option<Preprocessing>,
}

impl Found {
    /// The size that it is of; none of a preset, which is of any.
    pub fn size(&self) -> Option<(usize, usize)> {
        matches!(self.origin, PreprocessingOrigin::File(_)).then_some(self.preprocessing.size)
    }

    /// The same for a network: what says no size of its own takes the network's.
    pub fn at(self, own: &Preprocessing) -> Self {
        let preprocessing = match self.size() {
            Some(_) => self.preprocessing,
            None => Preprocessing { layout: own.layout, ..self.preprocessing.with_size(own.size) },
        };
        Self { preprocessing, ..self }
    }
}

impl Used {
    /// What to call the normalisation where embeddings have to be the same again; nothing where it is the network's.
    pub fn normalization(&self, used: &Preprocessing) -> Option<String> {
        let own = self.instead_of.as_ref()?;
        let numbers = |it: &Preprocessing| (it.mean, it.deviation, it.channels);
        let list = |numbers: [f64; 3]| numbers.map(|number| number.to_string()).join(" ");
        (numbers(own) != numbers(used)).then(|| {
            let channels = used.channels.name();
            format!("{channels}, mean {}, deviation {}", list(used.mean), list(used.deviation))
        })
    }

    /// All of it as JSON; nothing where it is the network's.
    pub fn settings(&self, used: &Preprocessing) -> Option<Value> {
        let own = self.instead_of.as_ref()?;
        (own != used).then(|| json(used))
    }
}

/// A preprocessing as JSON, in our own form.
pub(crate) fn json(preprocessing: &Preprocessing) -> Value {
    serde_json::from_str(&preprocessing.to_json()).unwrap_or_default()
}

/// What an argument means: a preset's name, or a file.
fn asked(argument: &OsStr) -> Result<Found, Error> {
    let preset = argument.to_str().and_then(|name| Some((name, Preprocessing::named(name)?)));
    if let Some((name, preprocessing)) = preset {
        let origin = PreprocessingOrigin::Preset(name.to_owned());
        return Ok(Found { preprocessing, origin, remarks: Vec::new() });
    }
    let path = Path::new(argument);
    let is_name = path.extension().is_none() && path.components().count() == 1;
    if is_name && !path.exists() {
        let names = PRESETS.map(|preset| preset.name);
        let name = argument.to_string_lossy();
        return Err(Error::usage(format_args!(
            "no preprocessing is called `{name}`; there are {}, and files of JSON",
            names.join(", ")
        ))
        .see(Setting::Preprocessing));
    }
    read(path)
}

/// The file that says how images are prepared for a weight file beside it: `NAME.preprocess.json` for `NAME.onnx`.
/// transformers' `preprocessor_config.json` in its folder counts too, but only for a network of which nothing is known.
pub(crate) fn beside(weights: &Path, is_known: bool) -> Option<PathBuf> {
    let own = weights.with_extension("preprocess.json");
    let of_transformers = weights.with_file_name("preprocessor_config.json");
    let files = [Some(own), (!is_known).then_some(of_transformers)];
    files.into_iter().flatten().find(|file| file.is_file())
}

/// The preprocessing for a weight file: what was asked for, else what the file beside it says, else nothing where the
/// network's own is known, and a guess where it is not.
pub(crate) fn chosen(
    argument: Option<&OsStr>,
    weights: Option<&Path>,
    is_known: bool,
) -> Result<Option<Found>, Error> {
    // An empty environment variable counts as unset.
    if let Some(argument) = argument.filter(|argument| !argument.is_empty()) {
        return asked(argument).map(Some);
    }
    if let Some(file) = weights.and_then(|weights| beside(weights, is_known)) {
        let mut found = read(&file)?;
        found.remarks.insert(0, format!("images are prepared as {} says", file.display()));
        return Ok(Some(found));
    }
    let preprocessing = Preprocessing::imagenet();
    let origin = PreprocessingOrigin::Assumed;
    let remark = "the weight file does not say how images are prepared: ImageNet's mean and deviation are assumed; name a \
                  preprocessing, or lay NAME.preprocess.json beside NAME.onnx";
    let remarks = vec![remark.to_owned()];
    Ok((!is_known).then_some(Found { preprocessing, origin, remarks }))
}

/// Reads a file that says a preprocessing.
fn read(path: &Path) -> Result<Found, Error> {
    let text = text(path).with_context(|| path.display().to_string());
    let text = text.map_err(|error| error.see(Setting::Preprocessing))?;
    let read = Preprocessing::from_json(&text).map_err(|error| {
        Error::usage(format_args!("{}: {error}", path.display())).see(Setting::Preprocessing)
    })?;
    let ReadPreprocessing { preprocessing, remarks, .. } = read;
    let remarks = remarks.iter().map(|remark| format!("{}: {remark}", path.display())).collect();
    Ok(Found { preprocessing, origin: PreprocessingOrigin::File(path.to_owned()), remarks })
}

fn text(path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 {
        ..=MAX_BYTES => Ok(text),
        _ => Err(Error::failed(format_args!(
            "holds more than {} MiB, too much for a preprocessing",
            MAX_BYTES >> 20
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    const OTHER: &str = r#"{"image_processor_type": "CLIPImageProcessor"}"#;

    #[test]
    fn the_file_beside_weights_is_found_by_their_name() {
        let own = Preprocessing::half().with_size((112, 112)).to_json();
        let folder = folder(&[("a.preprocess.json", &own), ("preprocessor_config.json", OTHER)]);
        let weights = |name: &str| folder.path().join(name);
        let plain = Preprocessing::imagenet();
        let found = |name: &str, is_known| {
            let found = chosen(None, Some(&weights(name)), is_known).expect("sound");
            found
                .map(|found| found.at(&plain))
                .map(|found| (found.preprocessing, found.origin.name(), found.remarks.len()))
        };
        let half = Preprocessing::half().with_size((112, 112));
        assert_eq!(found("a.onnx", false), Some((half.clone(), "file", 1)));
        assert_eq!(found("a.pth", true), Some((half, "file", 1)));
        // The other file is of a folder, and no reason to change what is known.
        let clip = found("b.onnx", false).expect("found");
        assert_eq!((clip.0.size, clip.0.mean), ((224, 224), Preprocessing::clip().mean));
        assert_eq!(found("b.pth", true), None);
    }

    #[test]
    fn what_nobody_says_is_assumed_and_said_at_the_network_s_size() {
        let folder = folder(&[]);
        let own = Preprocessing::raw().with_size((96, 64));
        let found = chosen(None, Some(&folder.path().join("a.onnx")), false);
        let found = found.expect("no error").expect("a guess").at(&own);
        assert_eq!(found.preprocessing, Preprocessing::imagenet().with_size((96, 64)));
        assert_eq!(found.origin, PreprocessingOrigin::Assumed);
        assert!(found.remarks[0].contains("are assumed"));
        assert!(chosen(None, None, true).expect("no error").is_none());
    }

    #[test]
    fn a_name_is_a_preset_and_anything_else_a_file() {
        let own = Preprocessing::imagenet().with_size((260, 260));
        let asked = |what: &str| chosen(Some(OsStr::new(what)), None, true);
        let found = asked("torchvision").expect("a preset").expect("found").at(&own);
        assert_eq!(
            (found.preprocessing.size, found.preprocessing.frame),
            ((260, 260), Some((297, 297)))
        );
        assert!(asked("").expect("unset").is_none());
        let error = asked("resnet").expect_err("no preset").reason();
        assert!(error.contains("there are imagenet, torchvision, clip"), "{error}");
        assert!(asked("no/such.json").expect_err("no file").reason().starts_with("no/such.json: "));
        let folder =
            folder(&[("bad.json", "{\"image_processor_type\": \"Siglip2ImageProcessor\"}")]);
        let error = asked(&folder.path().join("bad.json").display().to_string());
        let error = error.expect_err("refused");
        assert!(
            error.reason().contains("bad.json: the field `image_processor_type`"),
            "{}",
            error.reason()
        );
        assert_eq!(error.remedy(), Some(Setting::Preprocessing));
    }
}
