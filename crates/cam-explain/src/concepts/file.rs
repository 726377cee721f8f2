use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use cam_core::nearest;
use cam_files::{Lock, Sha256, write_atomically};
use cam_store::{Concept, ConceptSet, Example, Fingerprint};

use super::fingerprint;
use crate::cancel::Cancel;
use crate::error::{Context as _, Error, Setting, failed};
use crate::explain::{PreparedImage, check_concept};
use crate::lanes::{self, Work};
use crate::model::Model;
use crate::source::Source;
use crate::tensors::embeddings;

/// What is left of the work when it is cancelled.
const KEPT: &str = "the file is as it was";

/// A concept that images were added to.
#[derive(Debug, Clone)]
pub struct Added {
    /// How many were new.
    pub added: usize,
    /// The concept as it is now.
    pub concept: Concept,
}

/// The set in a file, or none where there is no file.
///
/// # Errors
/// Where the file cannot be read, or is not one of concepts.
pub fn open(path: &Path) -> Result<Option<ConceptSet>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| path.display()),
    };
    Ok(Some(ConceptSet::from_bytes(&bytes).with_context(|| path.display())?))
}

/// The set in a file that must be there.
///
/// # Errors
/// As [`open`], and where there is no file.
pub fn existing(path: &Path) -> Result<ConceptSet, Error> {
    open(path)?.ok_or_else(|| {
        let path = path.display();
        failed!("{path}: there is no such file of concepts").see(Setting::Concepts)
    })
}

/// A concept of a set by its name.
///
/// # Errors
/// Where there is none; the error lists those with similar names.
pub fn find<'a>(set: &'a ConceptSet, name: &str) -> Result<&'a Concept, Error> {
    set.get(name).map_err(|error| {
        let known = set.concepts().iter().map(|concept| concept.name.as_str());
        match nearest(name, known.clone()).as_slice() {
            [] => Error::usage(format_args!(
                "{error}; the file has {}",
                known.collect::<Vec<_>>().join(", ")
            )),
            names => Error::usage(format_args!("{error}; did you mean {}?", names.join(", "))),
        }
    })
}

/// Adds images to a concept of a file, and images of what it is not; the file is made if it does not exist. An image
/// that is there already is not added again, and one that fails ends it: a concept that lacks an image would be another
/// concept.
///
/// # Errors
/// Where an image cannot be read, the file was made by another network, or cannot be written.
pub fn add(
    file: &Path,
    name: &str,
    images: &[Source],
    negatives: &[Source],
    model: &Model,
) -> Result<Added, Error> {
    if images.is_empty() && negatives.is_empty() {
        return Err(Error::usage("name images of the concept, or of what it is not"));
    }
    let kept = open(file)?;
    let used = fingerprint(model)?;
    // Found out before any image is run, and again when they are added.
    fitting(kept, file, &used)?;
    let sources = [images, negatives].concat();
    let mut examples = Vec::with_capacity(sources.len());
    let prepare = |source: &Source| {
        model.environment().cancel.check(KEPT)?;
        let (prepared, sha256) = PreparedImage::with_digest(source, model)?;
        // Of proportions that are the input's own every fit makes the same.
        let fit =
            if prepared.placement.is_plain() { String::new() } else { prepared.condition.fit };
        let damaged = prepared.condition.damaged;
        Ok((prepared.pixels, Made { sha256, fit, damaged }))
    };
    let size = model.reading().input_size(model.network());
    let work = Work { size, prepare: &prepare, run: &embeddings };
    lanes::in_order(model, &sources, work, |source, example| {
        examples.push(self::example(source, example?)?);
        Ok(())
    })?;
    let negatives = examples.split_off(images.len());
    let _lock = locked(file, &model.environment().cancel)?;
    let mut set = fitting(open(file)?, file, &used)?;
    let added = set.add(name, examples, negatives).map_err(|error| match error {
        cam_store::Error::Name => Error::usage_by(error),
        error => error.into(),
    })?;
    let concept = set.get(name)?.clone();
    if concept.examples.is_empty() {
        return Err(Error::usage(format_args!(
            "`{name}` has no images yet: what it is must be shown first"
        )));
    }
    write_atomically(file, &set.to_bytes()).map_err(|error| Error::from(error).output())?;
    Ok(Added { added, concept })
}

/// Takes a concept out of a file; gives it, and how many are left.
///
/// # Errors
/// Where there is no such concept, or the file cannot be written.
pub fn remove(file: &Path, name: &str, cancel: &Cancel) -> Result<(Concept, usize), Error> {
    let _lock = locked(file, cancel)?;
    let mut set = existing(file)?;
    find(&set, name)?;
    let removed = set.remove(name)?;
    write_atomically(file, &set.to_bytes()).map_err(|error| Error::from(error).output())?;
    Ok((removed, set.concepts().len()))
}

/// What a file held, if it was made by the same network, or an empty set.
fn fitting(kept: Option<ConceptSet>, file: &Path, used: &Fingerprint) -> Result<ConceptSet, Error> {
    let Some(set) = kept else { return Ok(ConceptSet::new(used.clone())) };
    set.fingerprint().check(used).with_context(|| file.display())?;
    Ok(set)
}

/// Nobody else changes the file between its being read and its being written; whoever does so now is
/// waited for.
fn locked(file: &Path, cancel: &Cancel) -> Result<Lock, Error> {
    let lock = Lock::beside(file, || !cancel.is_cancelled())?;
    lock.ok_or_else(|| Error::Cancelled(KEPT.to_owned()))
}

/// What is kept of an image beside its embedding.
struct Made {
    sha256: Sha256,
    fit: String,
    damaged: bool,
}

fn example(source: &Source, (made, embedding): (Made, Vec<f32>)) -> Result<Example, Error> {
    // Refused here, where the image can still be named.
    check_concept(&source.to_string(), &embedding)?;
    let Made { sha256, fit, damaged } = made;
    Ok(Example { image: source.to_string(), sha256, damaged, fit, embedding })
}

/// How alike a concept's images are: the mean cosine of two of them; none of a single image.
pub fn agreement(concept: &Concept) -> Option<f64> {
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
