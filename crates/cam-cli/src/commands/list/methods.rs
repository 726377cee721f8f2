use cam_core::Layer;
use cam_core::methods::{CATALOGUE, MethodInfo, equivalent_methods};
use cam_explain::model;
use cam_models::EMBEDDED;
use serde::Serialize;

use crate::arguments::{Methods, TargetName};
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Listing {
    schema_version: u32,
    model: String,
    layer: String,
    methods: Vec<Entry>,
    /// Groups whose maps are equal at that layer.
    coincide: Vec<Vec<&'static str>>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    cost: &'static str,
    source: &'static str,
    /// What it needs that not every network or question has.
    needs: Vec<&'static str>,
    summary: &'static str,
}

impl Entry {
    fn of(info: &MethodInfo) -> Self {
        let MethodInfo { name, source, summary, cost, needs, .. } = *info;
        let needs = needs.iter().map(|need| need.words()).collect();
        Self { name, cost: cost.words(), source, needs, summary }
    }
}

pub fn run(arguments: &Methods) -> Result<(), Failure> {
    let description = model::description(arguments.model.as_deref().unwrap_or(EMBEDDED))?;
    let layers = description.layers();
    let at = match &arguments.layer {
        None => description.last_layer().map_or(0, Layer::index),
        Some(name) => {
            let found = layers.iter().position(|layer| layer.is_called(name));
            found.ok_or_else(|| {
                let known = layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>();
                Failure::usage(format!(
                    "no layer is called `{name}`; there are {}",
                    known.join(", ")
                ))
            })?
        }
    };
    let listing = Listing {
        schema_version: 1,
        model: description.name.clone(),
        layer: layers[at].name.clone(),
        methods: CATALOGUE.iter().map(Entry::of).collect(),
        coincide: equivalent_methods(
            description.head_kind(Layer::new(at)),
            TargetName::along_embedding(arguments.target),
        ),
    };
    if arguments.json {
        return print::json(&listing);
    }
    for Entry { name, cost, summary, .. } in &listing.methods {
        print::line(format_args!("{name:<25} {cost:<24} {summary}"))?;
    }
    print::line("")?;
    let place = format!("at {} of {}", listing.layer, listing.model);
    if listing.coincide.is_empty() {
        return print::line(format_args!("{place} no two of them are the same"));
    }
    for group in &listing.coincide {
        print::line(format_args!("{place} one map: {}", group.join(", ")))?;
    }
    Ok(())
}
