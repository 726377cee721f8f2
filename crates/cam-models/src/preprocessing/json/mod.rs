//! Preprocessing as files say it: transformers', timm's, `open_clip`'s, and our own.

mod error;
mod fields;
mod hugging_face;
mod open_clip;
mod own;
mod processors;
#[cfg(test)]
mod tests;
mod timm;

use std::fmt;

use serde_json::{Map, Value};

use super::Preprocessing;
use fields::{Fields, checked};

pub use error::PreprocessingError;

/// Whose file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// What [`Preprocessing::to_json`] writes.
    Own,
    /// transformers' `preprocessor_config.json` or `processor_config.json`.
    Transformers,
    /// timm's `config.json`, or the `pretrained_cfg` in it.
    Timm,
    /// `open_clip_config.json`, or the `preprocess_cfg` in it.
    OpenClip,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "cam's own form",
            Self::Transformers => "transformers' form",
            Self::Timm => "timm's form",
            Self::OpenClip => "open_clip's form",
        })
    }
}

/// A preprocessing that was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadPreprocessing {
    /// What is done.
    pub preprocessing: Preprocessing,
    /// Whose form it was in.
    pub form: Form,
    /// What the user ought to know: defaults that were taken, fields without an effect, what differs.
    pub remarks: Vec<String>,
}

impl Preprocessing {
    /// Reads it from the text of a file: transformers' `preprocessor_config.json`, timm's `config.json`,
    /// `open_clip_config.json`, or what [`to_json`](Self::to_json) writes.
    ///
    /// Fields that are missing have the defaults of their class or library. A field that would change pixels and is
    /// not known here is an error; one without an effect is a remark.
    ///
    /// # Errors
    /// [`PreprocessingError`] names the field and what is wrong with it.
    ///
    /// # Examples
    /// ```
    /// use cam_models::{Fit, Preprocessing};
    ///
    /// let file = r#"{"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256},
    ///                "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}"#;
    /// let read = Preprocessing::from_json(file)?.preprocessing;
    /// assert_eq!((read.size, read.frame, read.fit), ((224, 224), Some((256, 256)), Fit::Crop));
    /// assert_eq!(Preprocessing::from_json(&read.to_json())?.preprocessing, read);
    /// # Ok::<(), cam_models::PreprocessingError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<ReadPreprocessing, PreprocessingError> {
        // Some editors begin a file with it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value = serde_json::from_str(text)
            .map_err(|error| PreprocessingError::NotJson { reason: error.to_string() })?;
        let Value::Object(object) = value else {
            let reason = "it holds a list or a single value".to_owned();
            return Err(PreprocessingError::NotJson { reason });
        };
        let (form, (preprocessing, remarks)) = read(object)?;
        checked(&preprocessing)?;
        Ok(ReadPreprocessing { preprocessing, form, remarks })
    }
}

/// What is done, and what is to be said of it.
type Read = Result<(Preprocessing, Vec<String>), PreprocessingError>;

/// By the fields that only one of the forms has.
fn read(
    mut object: Map<String, Value>,
) -> Result<(Form, (Preprocessing, Vec<String>)), PreprocessingError> {
    let has = |object: &Map<String, Value>, names: &[&str]| {
        names.iter().any(|name| object.contains_key(*name))
    };
    if has(&object, &["format"]) {
        return Ok((Form::Own, own::read(object)?));
    }
    for (name, form) in [
        ("pretrained_cfg", Form::Timm),
        ("preprocess_cfg", Form::OpenClip),
        ("image_processor", Form::Transformers),
    ] {
        let Some(inner) = object.remove(name) else { continue };
        let Value::Object(inner) = inner else {
            return Err(PreprocessingError::invalid(name, &inner, "an object"));
        };
        let inner = Fields::new(inner);
        let read = match form {
            Form::Timm => timm::read(inner),
            Form::OpenClip => open_clip::read(inner, open_clip::size_of_model(&object)),
            _ => hugging_face::read(inner),
        };
        return Ok((form, read?));
    }
    const OF_TRANSFORMERS: [&str; 8] = [
        "image_processor_type",
        "feature_extractor_type",
        "image_mean",
        "do_normalize",
        "do_resize",
        "do_rescale",
        "crop_size",
        "resample",
    ];
    if has(&object, &OF_TRANSFORMERS) {
        return Ok((Form::Transformers, hugging_face::read(Fields::new(object))?));
    }
    if has(&object, &["input_size", "crop_pct", "crop_mode"]) {
        return Ok((Form::Timm, timm::read(Fields::new(object))?));
    }
    if has(&object, &["mean", "std", "resize_mode"]) {
        return Ok((Form::OpenClip, open_clip::read(Fields::new(object), None)?));
    }
    let fields: Vec<&str> = object.keys().take(6).map(String::as_str).collect();
    Err(PreprocessingError::UnknownForm { fields: fields.join(", ") })
}
