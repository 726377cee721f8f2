use cam_explain::weights::hub;
use cam_explain::{
    Environment, FolderInspection, Inspection, OnnxInspection, is_network_folder, model, onnx,
};

use crate::arguments::Inspect;
use crate::failure::Failure;
use crate::print;

pub fn run(arguments: &Inspect) -> Result<(), Failure> {
    let reference = arguments.file.to_str().filter(|text| hub::is_reference(text));
    let folder = match reference {
        Some(reference) => Some(hub::locate(reference, &Environment::default())?),
        None => is_network_folder(&arguments.file).then(|| arguments.file.clone()),
    };
    if let Some(folder) = folder {
        let inspection = FolderInspection::of(&folder)?;
        return match arguments.json {
            true => print::json(&inspection),
            false => print_folder(&inspection),
        };
    }
    if onnx::is_onnx(&arguments.file) {
        let inspection = OnnxInspection::of(&arguments.file, arguments.embedding.as_deref())?;
        match arguments.json {
            true => print::json(&inspection)?,
            false => print_onnx(&inspection)?,
        }
        return Ok(inspection.check()?);
    }
    if arguments.tensors && !arguments.json {
        for (name, tensor) in
            model::checkpoint(&arguments.file, arguments.prefix.as_deref())?.tensors()
        {
            print::line(format_args!(
                "{:<8} {:<18} {name}",
                tensor.element().to_string(),
                format!("{:?}", tensor.shape())
            ))?;
        }
    }
    let inspection = Inspection::of(&arguments.file, arguments.prefix.as_deref())?;
    if arguments.json {
        print::json(&inspection)?;
    } else {
        print(&inspection)?;
    }
    Ok(inspection.check()?)
}

fn print(report: &Inspection) -> Result<(), Failure> {
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
    for left_out in &report.left_out {
        let (name, what, tensors) = (&left_out.name, &left_out.what, left_out.tensors);
        print::line(format_args!("left out    {name}: {what} (tensors: {tensors})"))?;
    }
    for remark in &report.remarks {
        print::line(format_args!("remark      {remark}"))?;
    }
    print::line(format_args!("usable      {}", if report.usable { "yes" } else { "no" }))
}

fn print_folder(report: &FolderInspection) -> Result<(), Failure> {
    let line = |name: &str, what: &str| print::line(format_args!("{name:<11} {what}"));
    line("folder", &report.folder)?;
    line("network", &report.family)?;
    line("weights", &report.weights)?;
    let [parameters, numbers] = report.parameters;
    line("parameters", &format!("{parameters} of {numbers} numbers"))?;
    let [height, width] = report.size;
    let prepared = match &report.preprocessor {
        Some(file) => format!("as {file} says"),
        None => format!("as is usual for {}", report.family),
    };
    line("images", &format!("{width}×{height}, prepared {prepared}"))?;
    line("embedding", &format!("{} wide: {}", report.embedding_width, report.embedding))?;
    let classes = report.classes.map_or("none".to_owned(), |classes| format!("{classes} classes"));
    line("classifier", &classes)?;
    line("layer", &report.layer)?;
    for remark in &report.remarks {
        line("remark", remark)?;
    }
    line("usable", "yes")
}

fn print_onnx(report: &OnnxInspection) -> Result<(), Failure> {
    let line = |name: &str, what: &str| print::line(format_args!("{name:<11} {what}"));
    let list = |names: Vec<String>| names.join(", ");
    line("file", &report.file)?;
    line("container", &format!("{}, written by {}", report.container, report.producer))?;
    let opsets = report.opsets.iter().map(|(domain, version)| match domain.as_str() {
        "" => version.to_string(),
        domain => format!("{domain} {version}"),
    });
    line("operators", &format!("set {}", list(opsets.collect())))?;
    let [constants, numbers] = report.parameters;
    line("constants", &format!("{constants} of {numbers} numbers"))?;
    for (name, values) in [("input", &report.inputs), ("output", &report.outputs)] {
        for value in values {
            line(name, &format!("{} [{}]", value.name, value.sides.join(", ")))?;
        }
    }
    let mut counts: Vec<(&String, &usize)> = report.operations.iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    let counts = counts.into_iter().map(|(name, count)| format!("{name} {count}"));
    line("operations", &list(counts.collect()))?;
    if let Some([height, width]) = report.size {
        line("images", &format!("{width}×{height}"))?;
    }
    if let (Some(embedding), Some(width)) = (&report.embedding, report.embedding_width) {
        line("embedding", &format!("{width} wide: {embedding}"))?;
    }
    let classes = report.classes.map_or("none".to_owned(), |classes| format!("{classes} classes"));
    line("classifier", &classes)?;
    if let Some(layer) = &report.layer {
        line("layer", layer)?;
    }
    line("usable", if report.usable { "yes" } else { "no" })
}
