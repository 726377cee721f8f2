use cam_core::methods::{CATALOGUE, Cost, equivalent_methods};
use cam_core::{AlongEmbedding, Layer};
use cam_explain::model;
use cam_models::EMBEDDED;
use cam_targets::{
    ClassLogit, ClassReST, ClassSoftmax, CosineSimilarity, Dot, Finer, NegativeDistance,
};
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
    summary: &'static str,
}

pub fn run(arguments: &Methods) -> Result<(), Failure> {
    let description = model::description(arguments.model.as_deref().unwrap_or(EMBEDDED))?;
    let layers = description.layers();
    let at = match &arguments.layer {
        None => layers.len() - 1,
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
        methods: entries(),
        coincide: equivalent_methods(
            description.head_kind(Layer::new(at)),
            along_embedding(arguments.target),
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

fn entries() -> Vec<Entry> {
    let entries = CATALOGUE.iter().map(|info| Entry {
        name: info.name,
        cost: cost(info.cost),
        source: info.source,
        summary: info.summary,
    });
    entries.collect()
}

fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Nothing => "nothing more",
        Cost::Gradient => "a gradient",
        Cost::Gradients => "gradients to the pixels",
        Cost::TailPerChannel => "tail per channel",
        Cost::ForwardPerChannel => "forward per channel",
        Cost::Forwards => "many forwards",
    }
}

fn along_embedding(target: Option<TargetName>) -> AlongEmbedding {
    match target {
        None | Some(TargetName::Cosine) => CosineSimilarity::ALONG_EMBEDDING,
        Some(TargetName::Dot) => Dot::ALONG_EMBEDDING,
        Some(TargetName::NegL2) => NegativeDistance::ALONG_EMBEDDING,
        Some(TargetName::Logit) => ClassLogit::ALONG_EMBEDDING,
        Some(TargetName::Softmax) => ClassSoftmax::ALONG_EMBEDDING,
        Some(TargetName::Rest) => ClassReST::ALONG_EMBEDDING,
        Some(TargetName::Finer) => Finer::ALONG_EMBEDDING,
    }
}
