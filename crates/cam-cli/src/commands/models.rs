use cam_models::{EMBEDDED, architectures, published};
use serde::Serialize;

use crate::arguments::Json;
use crate::failure::Failure;
use crate::{print, weights};

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
    note: &'static str,
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
        note: "ImageNet-1k, part of this binary; the default",
    };
    let published_ones = published().iter().map(|published| Entry {
        name: published.name,
        architecture: published.architecture,
        weights: if weights::cached(published).is_ok_and(|file| file.exists()) {
            "fetched"
        } else {
            "to fetch"
        },
        note: published.note,
    });
    let has_weights = |name: &str| {
        name == EMBEDDED || published().iter().any(|published| published.architecture == name)
    };
    let files_only = architectures().filter(|name| !has_weights(name)).map(|name| Entry {
        name,
        architecture: name,
        weights: "from file",
        note: "give its .pth with --weights",
    });
    std::iter::once(embedded).chain(published_ones).chain(files_only).collect()
}
