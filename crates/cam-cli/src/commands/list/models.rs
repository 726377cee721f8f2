use std::borrow::Cow;

use cam_explain::weights;
use cam_models::{EMBEDDED, Published, architectures, published};
use serde::Serialize;

use crate::arguments::Json;
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Listing {
    schema_version: u32,
    models: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    architecture: &'static str,
    weights: &'static str,
    note: Cow<'static, str>,
}

pub fn run(arguments: &Json) -> Result<(), Failure> {
    let models = entries();
    if arguments.json {
        return print::json(&Listing { schema_version: 1, models });
    }
    for entry in models {
        print::line(format_args!("{:<21} {:<10} {}", entry.name, entry.weights, entry.note))?;
    }
    Ok(())
}

fn entries() -> Vec<Entry> {
    let embedded = Entry {
        name: EMBEDDED,
        architecture: EMBEDDED,
        weights: "embedded",
        note: "ImageNet-1k, part of this binary; the default".into(),
    };
    let published_ones = published().iter().map(|published| {
        let (weights, note) = whereabouts(published);
        Entry { name: published.name, architecture: published.architecture, weights, note }
    });
    let has_weights = |name: &str| {
        name == EMBEDDED || published().iter().any(|published| published.architecture == name)
    };
    let files_only = architectures().filter(|name| !has_weights(name)).map(|name| Entry {
        name,
        architecture: name,
        weights: "from file",
        note: "give its .pth with --weights".into(),
    });
    std::iter::once(embedded).chain(published_ones).chain(files_only).collect()
}

/// Whether published weights are here, and what is: a file is what its name says if it has the digest.
fn whereabouts(published: &Published) -> (&'static str, Cow<'static, str>) {
    let Some(file) = weights::cached(published).ok().filter(|file| file.exists()) else {
        return ("to fetch", published.note.into());
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    match weights::mismatch(&file) {
        Ok(None) => ("fetched", published.note.into()),
        Ok(Some(mismatch)) => ("wrong file", format!("{name} {mismatch}").into()),
        Err(error) => ("unreadable", error.reason().into()),
    }
}
