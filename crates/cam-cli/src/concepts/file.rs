use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use cam_core::nearest;
use cam_files::{Lock, Sha256};
use cam_store::{Concept, ConceptSet, Example, Fingerprint};
use serde_json::json;

use super::fingerprint;
use crate::arguments::{AddConcept, ConceptCommand, ListConcepts, RemoveConcept, ShowConcept};
use crate::explain::{Prepared, Reading};
use crate::failure::Failure;
use crate::lanes::{self, Work};
use crate::model::Model;
use crate::print::printable;
use crate::source::Source;
use crate::{interrupt, output, print};

pub fn run(command: &ConceptCommand) -> Result<(), Failure> {
    match command {
        ConceptCommand::Add(arguments) => add(arguments),
        ConceptCommand::List(arguments) => list(arguments),
        ConceptCommand::Show(arguments) => show(arguments),
        ConceptCommand::Remove(arguments) => remove(arguments),
    }
}

/// The set in a file, or none where there is no file.
pub fn open(path: &Path) -> Result<Option<ConceptSet>, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(anyhow!(error).context(path.display().to_string()).into()),
    };
    Ok(Some(ConceptSet::from_bytes(&bytes).with_context(|| path.display().to_string())?))
}

/// The set in a file that must be there.
pub fn existing(path: &Path) -> Result<ConceptSet, Failure> {
    open(path)?.ok_or_else(|| {
        let path = path.display();
        anyhow!("{path}: there is no such file; `cam concept add {path} NAME IMAGE` makes it")
            .into()
    })
}

fn add(arguments: &AddConcept) -> Result<(), Failure> {
    let AddConcept { file, name, images, negatives, .. } = arguments;
    if images.is_empty() && negatives.is_empty() {
        return Err(Failure::usage(
            "name images of the concept, or of what it is not (--negative)",
        ));
    }
    output::check(file, &[])?;
    let kept = open(file)?;
    let reading = Reading::new(&arguments.reading)?;
    let model = Model::load(&arguments.model)?;
    let used = fingerprint(&model, &reading)?;
    // Found out before any image is run, and again when they are added.
    fitting(kept, file, &used)?;
    let sources: Vec<Source> = images.iter().chain(negatives).map(|i| Source::of(i)).collect();
    let mut examples = Vec::with_capacity(sources.len());
    let prepare = |source: &Source| {
        interrupt::check("the file is as it was")?;
        let (prepared, sha256) = Prepared::with_digest(source, &reading, &model.network)?;
        // Of proportions that are the input's own every fit makes the same.
        let fit =
            if prepared.placement.is_plain() { String::new() } else { prepared.condition.fit };
        Ok((prepared.pixels, Made { sha256, fit, damaged: prepared.condition.damaged }))
    };
    // A concept that lacks an image would be another concept: one that fails ends it.
    let size = reading.input_size(&model.network);
    let work = Work { size, prepare: &prepare, run: &lanes::embeddings };
    lanes::in_order(&model, &sources, work, |source, example| {
        examples.push(self::example(source, example?)?);
        Ok(())
    })?;
    let negatives = examples.split_off(images.len());
    let _lock = locked(file)?;
    let mut set = fitting(open(file)?, file, &used)?;
    let added = set.add(name, examples, negatives).map_err(|error| match error {
        cam_store::Error::Name => Failure::Usage(error.into()),
        error => Failure::Failed(error.into()),
    })?;
    let concept = set.get(name).map_err(anyhow::Error::from)?;
    if concept.examples.is_empty() {
        return Err(Failure::usage(format!(
            "`{name}` has no images yet: what it is must be shown first"
        )));
    }
    output::write(file, &set.to_bytes())?;
    print::line(format_args!("{}: {added} added, {}", printable(name), counted(concept)))
}

/// What a file held, if it was made by the same network, or an empty set.
fn fitting(
    kept: Option<ConceptSet>,
    file: &Path,
    used: &Fingerprint,
) -> Result<ConceptSet, Failure> {
    let Some(set) = kept else { return Ok(ConceptSet::new(used.clone())) };
    set.fingerprint().check(used).with_context(|| file.display().to_string())?;
    Ok(set)
}

/// Nobody else changes the file between its being read and its being written; whoever does so now is
/// waited for.
fn locked(file: &Path) -> Result<Lock, Failure> {
    let lock = Lock::beside(file, || !interrupt::asked()).map_err(anyhow::Error::from)?;
    lock.ok_or_else(|| Failure::Interrupted("the file is as it was".to_owned()))
}

/// What is kept of an image beside its embedding.
struct Made {
    sha256: Sha256,
    fit: String,
    damaged: bool,
}

fn example(source: &Source, (made, embedding): (Made, Vec<f32>)) -> Result<Example, Failure> {
    // Refused here, where the image can still be named.
    cam_targets::Concepts::new(embedding.len(), vec![embedding.clone()])
        .map_err(|error| anyhow!("{source} makes no concept: {error}"))?;
    let Made { sha256, fit, damaged } = made;
    Ok(Example { image: source.to_string(), sha256, damaged, fit, embedding })
}

fn counted(concept: &Concept) -> String {
    let images = |count: usize| format!("{count} image{}", if count == 1 { "" } else { "s" });
    let mut counted = images(concept.examples.len());
    for (count, what) in [(concept.negatives.len(), "negative"), (damaged(concept), "damaged")] {
        if count > 0 {
            counted += &format!(", {count} {what}");
        }
    }
    counted
}

/// How many of its images lack pixels.
fn damaged(concept: &Concept) -> usize {
    concept.examples.iter().chain(&concept.negatives).filter(|example| example.damaged).count()
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
                    "damaged": damaged(concept)
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
    let concept = set.get(&arguments.name).map_err(|error| named(&set, error))?;
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

/// How alike a concept's images are: the mean cosine of two of them.
fn agreement(concept: &Concept) -> Option<f64> {
    let count = concept.examples.len() as f64;
    let mut sum = vec![0.0_f64; concept.examples.first()?.embedding.len()];
    for example in &concept.examples {
        let values = example.embedding.iter().map(|&value| f64::from(value));
        let length = values.clone().map(|value| value * value).sum::<f64>().sqrt();
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / length);
    }
    // ‖Σ ê‖² is the sum of all cosines, of each with itself too.
    let all = sum.into_iter().map(|value| value * value).sum::<f64>();
    (count > 1.0).then(|| (all - count) / (count * (count - 1.0)))
}

fn remove(arguments: &RemoveConcept) -> Result<(), Failure> {
    output::check(&arguments.file, &[])?;
    let _lock = locked(&arguments.file)?;
    let mut set = existing(&arguments.file)?;
    let removed = set.remove(&arguments.name).map_err(|error| named(&set, error))?;
    output::write(&arguments.file, &set.to_bytes())?;
    print::line(format_args!("{} removed, {} left", printable(&removed.name), set.concepts().len()))
}

/// A concept that is not there, with those that are named nearly so.
fn named(set: &ConceptSet, error: cam_store::Error) -> Failure {
    let cam_store::Error::NoConcept { name } = &error else {
        return Failure::Failed(error.into());
    };
    let known = set.concepts().iter().map(|concept| concept.name.as_str());
    match nearest(name, known).as_slice() {
        [] => Failure::usage(format!("{error}; `cam concept list` names them")),
        names => Failure::usage(format!("{error}; did you mean {}?", names.join(", "))),
    }
}
