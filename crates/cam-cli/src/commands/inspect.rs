use cam_explain::{Inspection, model};

use crate::arguments::Inspect;
use crate::failure::Failure;
use crate::print;

pub fn run(arguments: &Inspect) -> Result<(), Failure> {
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
