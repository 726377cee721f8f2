use std::borrow::Cow;

use cam_models::{EMBEDDED, Published, architectures, published};
use serde::Serialize;

use super::{cached, mismatch};

/// A network that is known by name, and where its weights are.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Known {
    /// What it is called.
    pub name: &'static str,
    /// The network behind the name.
    pub architecture: &'static str,
    /// `embedded`, `fetched`, `to fetch`, `from file`, `wrong file` or `unreadable`.
    pub weights: &'static str,
    /// What is to be known of them.
    pub note: Cow<'static, str>,
}

/// Every network that is known by name: the embedded one, those with published weights, and the rest.
pub fn known() -> Vec<Known> {
    let embedded = Known {
        name: EMBEDDED,
        architecture: EMBEDDED,
        weights: "embedded",
        note: "ImageNet-1k, part of this library; the default".into(),
    };
    let published_ones = published().iter().map(|published| {
        let (weights, note) = whereabouts(published);
        Known { name: published.name, architecture: published.architecture, weights, note }
    });
    let has_weights = |name: &str| {
        name == EMBEDDED || published().iter().any(|published| published.architecture == name)
    };
    let files_only = architectures().filter(|name| !has_weights(name)).map(|name| Known {
        name,
        architecture: name,
        weights: "from file",
        note: "give its .pth with --weights".into(),
    });
    std::iter::once(embedded).chain(published_ones).chain(files_only).collect()
}

/// Whether published weights are here, and what is: a file is what its name says if it has the digest.
fn whereabouts(published: &Published) -> (&'static str, Cow<'static, str>) {
    let Some(file) = cached(published).ok().filter(|file| file.exists()) else {
        return ("to fetch", published.note.into());
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    match mismatch(&file) {
        Ok(None) => ("fetched", published.note.into()),
        Ok(Some(mismatch)) => ("wrong file", format!("{name} {mismatch}").into()),
        Err(error) => ("unreadable", error.reason().into()),
    }
}
