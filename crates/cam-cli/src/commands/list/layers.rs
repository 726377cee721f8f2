use cam_core::LayerInfo;
use cam_explain::model;
use cam_models::{EMBEDDED, identify};
use serde::Serialize;

use crate::arguments::Layers;
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Listing {
    schema_version: u32,
    model: String,
    embedding_width: usize,
    layers: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    alias: Option<String>,
    channels: usize,
    stride: usize,
}

pub fn run(arguments: &Layers) -> Result<(), Failure> {
    let description = match &arguments.weights {
        Some(file) => {
            identify(model::checkpoint(file, arguments.prefix.as_deref())?)?.description().clone()
        }
        None => model::description(arguments.model.as_deref().unwrap_or(EMBEDDED))?,
    };
    let layers = description
        .layers()
        .into_iter()
        .map(|LayerInfo { name, aliases, channels, stride, .. }| Entry {
            name,
            alias: aliases.into_iter().next(),
            channels,
            stride,
        });
    let listing = Listing {
        schema_version: 1,
        model: description.name.clone(),
        embedding_width: description.embedding_width(),
        layers: layers.collect(),
    };
    if arguments.json {
        return print::json(&listing);
    }
    print::line(format_args!(
        "{:<12} {:<8} {:>8}  {}",
        "layer", "also", "channels", "pixels per position"
    ))?;
    for layer in listing.layers {
        let alias = layer.alias.unwrap_or_default();
        print::line(format_args!(
            "{:<12} {alias:<8} {:>8}  {}×{}",
            layer.name, layer.channels, layer.stride, layer.stride
        ))?;
    }
    Ok(())
}
