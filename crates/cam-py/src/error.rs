//! One tree of exceptions, with the facade's messages.

use cam_explain::{NotFetched, Setting};
use pyo3::import_exception;
use pyo3::prelude::*;

// Python alone can say that a class has two bases.
import_exception!(cam_explain._errors, Error);
import_exception!(cam_explain._errors, UsageError);
import_exception!(cam_explain._errors, FileError);
import_exception!(cam_explain._errors, ModelError);
import_exception!(cam_explain._errors, Cancelled);

/// The facade's error as an exception.
pub fn raised(error: cam_explain::Error) -> PyErr {
    let words = words(&error);
    match error {
        cam_explain::Error::Usage(_) => UsageError::new_err(words),
        cam_explain::Error::BadModel(_) => ModelError::new_err(words),
        cam_explain::Error::Cancelled(_) => Cancelled::new_err(words),
        error if error.find::<std::io::Error>().is_some() => FileError::new_err(words),
        _ => Error::new_err(words),
    }
}

/// What was asked wrongly, in words.
pub fn usage(words: impl std::fmt::Display) -> PyErr {
    UsageError::new_err(words.to_string())
}

fn words(error: &cam_explain::Error) -> String {
    let reason = error.reason();
    if let Some(NotFetched { name, .. }) = error.find() {
        return format!("{reason}: run `cam fetch {name}`, or give a file to `load`");
    }
    match error.remedy().and_then(keyword) {
        Some(keyword) => format!("{reason} ({keyword})"),
        None => reason,
    }
}

/// The keyword that mends it, which the facade does not know.
fn keyword(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::Size => "size=",
        Setting::Results => "out=",
        Setting::Moved => "moved=True",
        Setting::Images => "images=",
        Setting::NoMaps => "maps=False",
        Setting::Weights => "the first argument of `load`",
        Setting::Cells => "cell=, grid=",
        Setting::Device => "device=",
        Setting::Preprocessing => "preprocessing=",
        Setting::Layers => "layer=[\"layer3\", \"layer4\"]",
        Setting::Class => "classes=",
        Setting::Concepts => "`Concepts.add` makes one",
        _ => return None,
    })
}
