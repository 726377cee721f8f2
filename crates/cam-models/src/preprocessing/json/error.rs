use serde_json::Value;
use thiserror::Error;

/// Why a text says no preprocessing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PreprocessingError {
    /// It is no JSON, or no object.
    #[error("it is no JSON object: {reason}")]
    NotJson {
        /// What its reader found.
        reason: String,
    },
    /// The fields are those of something else.
    #[error(
        "its fields ({fields}) say no preprocessing: it takes transformers' preprocessor_config.json, timm's config.json \
         with its pretrained_cfg, open_clip_config.json, or `\"format\": \"cam-preprocessing-1\"`"
    )]
    UnknownForm {
        /// Some of them.
        fields: String,
    },
    /// A field that no default is known for.
    #[error("the field `{field}` is missing, and has no known default here: add it")]
    Missing {
        /// Its name.
        field: String,
    },
    /// A value that is none of what the field takes.
    #[error("the field `{field}` is {found}, and takes {expected}")]
    Invalid {
        /// Its name.
        field: String,
        /// What it is.
        found: String,
        /// What it would have to be.
        expected: &'static str,
    },
    /// Fields that cannot both be meant.
    #[error("{reason}")]
    Contradiction {
        /// Which, and why.
        reason: String,
    },
    /// A step that is not done here.
    #[error("the field `{field}` is {found}: {reason}")]
    Unsupported {
        /// Its name.
        field: String,
        /// What it is.
        found: String,
        /// Why not, and what would do.
        reason: String,
    },
}

impl PreprocessingError {
    pub(super) fn invalid(field: &str, found: &Value, expected: &'static str) -> Self {
        Self::Invalid { field: field.to_owned(), found: shown(found), expected }
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::Missing { field: field.to_owned() }
    }

    pub(super) fn contradiction(reason: impl Into<String>) -> Self {
        Self::Contradiction { reason: reason.into() }
    }

    pub(super) fn unsupported(field: &str, found: &Value, reason: impl Into<String>) -> Self {
        Self::Unsupported { field: field.to_owned(), found: shown(found), reason: reason.into() }
    }
}

/// A value on a line, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
