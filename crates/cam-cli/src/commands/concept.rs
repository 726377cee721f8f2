use cam_explain::concepts::{add, agreement, existing, find, remove};
use cam_explain::{Environment, Source};
use cam_store::{Concept, Example};
use serde_json::json;

use crate::arguments::{AddConcept, ConceptCommand, ListConcepts, RemoveConcept, ShowConcept};
use crate::failure::Failure;
use crate::print::printable;
use crate::{output, print};

pub fn run(command: &ConceptCommand, environment: &Environment) -> Result<(), Failure> {
    match command {
        ConceptCommand::Add(arguments) => add_images(arguments, environment),
        ConceptCommand::List(arguments) => list(arguments),
        ConceptCommand::Show(arguments) => show(arguments),
        ConceptCommand::Remove(arguments) => take_out(arguments, environment),
    }
}

fn add_images(arguments: &AddConcept, environment: &Environment) -> Result<(), Failure> {
    let AddConcept { file, name, images, negatives, .. } = arguments;
    if images.is_empty() && negatives.is_empty() {
        return Err(Failure::usage(
            "name images of the concept, or of what it is not (--negative)",
        ));
    }
    output::check(file, &[])?;
    let [images, negatives] = [images, negatives]
        .map(|images| images.iter().map(|image| Source::of(image)).collect::<Vec<_>>());
    let model = arguments.setup.load(environment)?;
    let added = add(file, name, &images, &negatives, &model)?;
    let counted = counted(&added.concept);
    print::line(format_args!("{}: {} added, {counted}", printable(name), added.added))
}

fn counted(concept: &Concept) -> String {
    let images = |count: usize| format!("{count} image{}", if count == 1 { "" } else { "s" });
    let mut counted = images(concept.examples.len());
    for (count, what) in [(concept.negatives.len(), "negative"), (concept.damaged(), "damaged")] {
        if count > 0 {
            counted += &format!(", {count} {what}");
        }
    }
    counted
}

fn list(arguments: &ListConcepts) -> Result<(), Failure> {
    let set = existing(&arguments.file)?;
    let made = set.fingerprint();
    if arguments.json {
        let concepts: Vec<_> = set
            .concepts()
            .iter()
            .map(|concept| {
                let (images, negatives) = (concept.examples.len(), concept.negatives.len());
                json!({
                    "name": concept.name, "images": images, "negatives": negatives,
                    "damaged": concept.damaged()
                })
            })
            .collect();
        return print::json(&json!({
            "schema_version": 1, "fingerprint": made, "concepts": concepts
        }));
    }
    print::line(format_args!(
        "{}, {}, {} wide, weights {:.12}",
        made.model, made.preprocessing, made.width, made.weights_sha256
    ))?;
    for concept in set.concepts() {
        print::line(format_args!("{:<24} {}", printable(&concept.name), counted(concept)))?;
    }
    Ok(())
}

fn show(arguments: &ShowConcept) -> Result<(), Failure> {
    let set = existing(&arguments.file)?;
    let concept = find(&set, &arguments.name)?;
    let agreement = agreement(concept);
    let both = [("image", &concept.examples), ("negative", &concept.negatives)];
    if arguments.json {
        let images = |examples: &[Example]| -> Vec<_> {
            let image = |e: &Example| {
                json!({
                    "image": e.image, "sha256": e.sha256, "damaged": e.damaged, "fit": e.fit
                })
            };
            examples.iter().map(image).collect()
        };
        return print::json(&json!({
            "schema_version": 1,
            "name": concept.name,
            "images": images(&concept.examples),
            "negatives": images(&concept.negatives),
            "agreement": agreement,
        }));
    }
    print::line(format_args!("{}: {}", printable(&concept.name), counted(concept)))?;
    if let Some(agreement) = agreement {
        print::line(format_args!("mean cosine between two of its images {agreement:.3}"))?;
    }
    for (role, examples) in both {
        for example in examples {
            let damaged = if example.damaged { " (damaged file)" } else { "" };
            print::line(format_args!("{role:<9} {}{damaged}", printable(&example.image)))?;
        }
    }
    Ok(())
}

fn take_out(arguments: &RemoveConcept, environment: &Environment) -> Result<(), Failure> {
    output::check(&arguments.file, &[])?;
    let (removed, left) = remove(&arguments.file, &arguments.name, &environment.cancel)?;
    print::line(format_args!("{} removed, {left} left", printable(&removed.name)))
}
