use std::collections::BTreeMap;

use cam_explain::model;
use cam_models::checkpoint::Checkpoint;
use cam_models::{Breaches, Identified, LoadError, identify};
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
    prefix: String,
    names: String,
    head: Vec<String>,
    embedding_width: usize,
    classifier: Option<String>,
    classes: Option<usize>,
    others: Vec<Other>,
    left_out: Vec<LeftOut>,
    remarks: Vec<String>,
    usable: bool,
    missing: Vec<String>,
    unexpected: Vec<String>,
    misshaped: Vec<String>,
    invalid: Vec<String>,
    unsupported: Vec<String>,
    notes: Vec<String>,
}

/// Another network in the file.
#[derive(Serialize)]
struct Other {
    prefix: String,
    network: String,
    complete: bool,
}

/// Tensors that no inference uses.
#[derive(Serialize)]
struct LeftOut {
    name: String,
    tensors: usize,
    what: String,
}

pub fn run(arguments: &Inspect) -> Result<(), Failure> {
    let checkpoint = model::checkpoint(&arguments.file, arguments.prefix.as_deref())?;
    if arguments.tensors && !arguments.json {
        for (name, tensor) in checkpoint.tensors() {
            print::line(format_args!(
                "{:<8} {:<18} {name}",
                tensor.element().to_string(),
                format!("{:?}", tensor.shape())
            ))?;
        }
    }
    let identified = identify(checkpoint.clone())?;
    let breaches = identified.inspect();
    let report = report(arguments, &checkpoint, &identified, &breaches);
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
        network: identified.description().name.clone(),
        breaches: Box::new(breaches),
    }
    .into())
}

fn report(
    arguments: &Inspect,
    checkpoint: &Checkpoint,
    identified: &Identified,
    breaches: &Breaches,
) -> Report {
    let (description, source) = (identified.description(), identified.source());
    let mut elements = BTreeMap::new();
    for (_, tensor) in checkpoint.tensors() {
        *elements.entry(tensor.element().to_string()).or_default() += 1;
    }
    let misshaped = breaches.misshaped.iter();
    let reasons = |list: &[(String, String)]| {
        list.iter().map(|(name, reason)| format!("{name}: {reason}")).collect()
    };
    let others = source.others.iter().map(|other| Other {
        prefix: other.prefix.clone(),
        network: other.network.clone(),
        complete: other.is_complete,
    });
    let left_out = source.left_out.iter().map(|left_out| LeftOut {
        name: left_out.name.clone(),
        tensors: left_out.tensors,
        what: left_out.what.clone(),
    });
    Report {
        schema_version: 1,
        file: arguments.file.display().to_string(),
        container: checkpoint.container().to_string(),
        tensors: checkpoint.tensors().count(),
        elements,
        network: description.name.clone(),
        prefix: source.prefix.clone(),
        names: source.naming.to_string(),
        head: source.head.clone(),
        embedding_width: description.embedding_width(),
        classifier: source.classifier.clone(),
        classes: description.classifier.as_ref().map(|classifier| classifier.classes),
        others: others.collect(),
        left_out: left_out.collect(),
        remarks: source.remarks(),
        usable: breaches.is_empty(),
        missing: breaches.missing.clone(),
        unexpected: breaches.unexpected.clone(),
        misshaped: misshaped
            .map(|(name, found, needed)| format!("{name}: {found:?} instead of {needed:?}"))
            .collect(),
        invalid: reasons(&breaches.invalid),
        unsupported: reasons(&breaches.unsupported),
        notes: breaches.notes.clone(),
    }
}

fn print(report: &Report) -> Result<(), Failure> {
    let elements: Vec<String> =
        report.elements.iter().map(|(element, count)| format!("{count} {element}")).collect();
    let classifier = report.classifier.as_deref().zip(report.classes);
    let classifier = classifier
        .map_or("none".to_owned(), |(name, classes)| format!("{classes} classes ({name})"));
    let prefix = if report.prefix.is_empty() { "none" } else { &report.prefix };
    print::line(format_args!("file        {}", report.file))?;
    print::line(format_args!("container   {}", report.container))?;
    print::line(format_args!("tensors     {} ({})", report.tensors, elements.join(", ")))?;
    print::line(format_args!("network     {}", report.network))?;
    print::line(format_args!("prefix      {prefix}"))?;
    print::line(format_args!("names       {}", report.names))?;
    for step in &report.head {
        print::line(format_args!("head        {step}"))?;
    }
    print::line(format_args!("embedding   {} wide", report.embedding_width))?;
    print::line(format_args!("classifier  {classifier}"))?;
    for LeftOut { name, tensors, what } in &report.left_out {
        print::line(format_args!("left out    {name}: {what} (tensors: {tensors})"))?;
    }
    for remark in &report.remarks {
        print::line(format_args!("remark      {remark}"))?;
    }
    print::line(format_args!("usable      {}", if report.usable { "yes" } else { "no" }))
}
