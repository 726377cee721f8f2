use std::collections::BTreeMap;

use cam_models::checkpoint::Checkpoint;
use cam_models::{Breaches, Description, LoadError, identify, inspect};
use serde::Serialize;

use crate::arguments::Inspect;
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Report {
    schema_version: u32,
    file: String,
    container: String,
    tensors: usize,
    elements: BTreeMap<String, usize>,
    network: String,
    embedding_width: usize,
    classes: Option<usize>,
    usable: bool,
    missing: Vec<String>,
    unexpected: Vec<String>,
    misshaped: Vec<String>,
    invalid: Vec<String>,
}

pub fn run(arguments: &Inspect) -> Result<(), Failure> {
    let checkpoint = Checkpoint::open(&arguments.file)?;
    if arguments.tensors && !arguments.json {
        for (name, tensor) in checkpoint.tensors() {
            print::line(format_args!(
                "{:<8} {:<18} {name}",
                tensor.element().to_string(),
                format!("{:?}", tensor.shape())
            ))?;
        }
    }
    let container = checkpoint.container().to_string();
    let (checkpoint, description) = identify(checkpoint)?;
    let breaches = inspect(&checkpoint, &description);
    let report = report(arguments, container, &checkpoint, &description, &breaches);
    if arguments.json {
        print::json(&report)?;
    } else {
        print(&report)?;
    }
    if breaches.is_empty() {
        return Ok(());
    }
    Err(LoadError::Contract {
        path: arguments.file.clone(),
        network: description.name,
        breaches: Box::new(breaches),
    }
    .into())
}

fn report(
    arguments: &Inspect,
    container: String,
    checkpoint: &Checkpoint,
    description: &Description,
    breaches: &Breaches,
) -> Report {
    let mut elements = BTreeMap::new();
    for (_, tensor) in checkpoint.tensors() {
        *elements.entry(tensor.element().to_string()).or_default() += 1;
    }
    let misshaped = breaches.misshaped.iter();
    let invalid = breaches.invalid.iter();
    Report {
        schema_version: 1,
        file: arguments.file.display().to_string(),
        container,
        tensors: checkpoint.tensors().count(),
        elements,
        network: description.name.clone(),
        embedding_width: description.embedding_width(),
        classes: description.classifier.as_ref().map(|classifier| classifier.classes),
        usable: breaches.is_empty(),
        missing: breaches.missing.clone(),
        unexpected: breaches.unexpected.clone(),
        misshaped: misshaped
            .map(|(name, found, needed)| format!("{name}: {found:?} instead of {needed:?}"))
            .collect(),
        invalid: invalid.map(|(name, reason)| format!("{name}: {reason}")).collect(),
    }
}

fn print(report: &Report) -> Result<(), Failure> {
    let elements: Vec<String> =
        report.elements.iter().map(|(element, count)| format!("{count} {element}")).collect();
    let classes = report.classes.map_or("none".to_owned(), |classes| format!("{classes} classes"));
    print::line(format_args!("file        {}", report.file))?;
    print::line(format_args!("container   {}", report.container))?;
    print::line(format_args!("tensors     {} ({})", report.tensors, elements.join(", ")))?;
    print::line(format_args!("network     {}", report.network))?;
    print::line(format_args!("embedding   {} wide", report.embedding_width))?;
    print::line(format_args!("classifier  {classes}"))?;
    print::line(format_args!("usable      {}", if report.usable { "yes" } else { "no" }))
}
