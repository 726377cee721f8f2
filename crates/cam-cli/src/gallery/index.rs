use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use cam_core::{Capture, Network as _};
use cam_models::{ConvNet, Rgb8};
use cam_store::index::{Header, Image, Writer};
use serde::Serialize;

use super::same::Same;
use super::{moved, upkeep};
use crate::arguments::Index;
use crate::concepts::fingerprint;
use crate::explain::{Failed, Prepared, Reading, read};
use crate::failure::{Failure, message};
use crate::folder::{self, Found};
use crate::lanes::{self, Work};
use crate::model::Model;
use crate::source::Source;
use crate::{interrupt, own_results, print, progress};

/// What is left of the work when it is interrupted.
const KEPT: &str = "what was indexed is kept; the same command goes on from there";

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    index: String,
    images: usize,
    added: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
    /// Where the folder was, if it was elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_from: Option<String>,
    /// Bytes that --compact gave back.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_back: Option<u64>,
    /// Images in the index whose files lack pixels.
    damaged: Vec<String>,
    failures: Vec<Failed>,
    /// Of images that were run.
    images_per_second: Option<f64>,
}

/// What the network made of an image.
struct Seen {
    embedding: Vec<f32>,
    activations: Vec<f32>,
    shape: [u32; 3],
}

pub fn run(arguments: &Index) -> Result<(), Failure> {
    if arguments.verify {
        return verify(&arguments.index, arguments.json);
    }
    let root = &arguments.folder;
    let root = root.canonicalize().with_context(|| root.display().to_string())?;
    let mut images = folder::images(&root)?;
    own_results::leave_out(&mut images, &root, &arguments.index, "--index")?;
    let reading = Reading::new(&arguments.reading)?;
    let model = Model::load(&arguments.model)?;
    let mut writer = open(arguments, &root, &model, &reading)?;
    let same = Same::among(&images, &root, &writer)?;
    let followed = moved::follow(&mut writer, &root.to_string_lossy(), &same, arguments.moved);
    let moved_from = followed.map_err(|failure| failure.of(arguments.index.display()))?;
    same.note(&mut writer).map_err(not_written)?;
    let removed = remove_gone(&mut writer, &images)?;
    let all = images.len();
    // One list of images, and not another of those that are due: there may be millions.
    images.retain(|found| !is_known(&writer, found));
    let due = images;
    let mut document = Document {
        schema_version: 1,
        index: arguments.index.display().to_string(),
        images: 0,
        added: 0,
        changed: 0,
        removed,
        unchanged: all - due.len(),
        moved_from,
        given_back: None,
        damaged: Vec::new(),
        failures: Vec::new(),
        images_per_second: None,
    };
    let bar = progress::images(due.len());
    let started = Instant::now();
    let prepare = |found: &Found| {
        interrupt::check(KEPT)?;
        looked_at(found, &root, &reading, &model.network)
    };
    let work = Work { size: reading.input_size(&model.network), prepare: &prepare, run: &see };
    let ended = lanes::in_order(&model, &due, work, |found, seen| {
        bar.inc(1);
        match seen {
            Ok((image, seen)) => {
                let was_there = writer.get(&found.name).is_some();
                let maps = (seen.activations.as_slice(), seen.shape);
                match writer.add(image, &seen.embedding, maps) {
                    Ok(()) if was_there => document.changed += 1,
                    Ok(()) => document.added += 1,
                    Err(error @ cam_store::Error::File { .. }) => return Err(not_written(error)),
                    Err(error) => failed(&mut document, found, anyhow!(error)),
                }
                Ok(())
            }
            Err(Failure::Failed(error)) => {
                failed(&mut document, found, error);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    });
    bar.finish_and_clear();
    writer.sync().map_err(not_written)?;
    ended?;
    let run = document.added + document.changed;
    document.images = writer.len();
    document.damaged = damaged(&writer);
    document.images_per_second = (run > 0).then(|| run as f64 / started.elapsed().as_secs_f64());
    if arguments.compact {
        document.given_back = Some(upkeep::compact(&mut writer)?.bytes);
    }
    if arguments.json {
        print::json(&document)?;
    } else {
        say(&document)?;
    }
    Failure::of_images(document.failures.len(), all, "indexed")
}

fn open(
    arguments: &Index,
    root: &Path,
    model: &Model,
    reading: &Reading,
) -> Result<Writer, Failure> {
    let network = &model.network;
    let layer = network.layers()[network.last_layer()?.index()].name.clone();
    let header = Header::new(
        fingerprint(model, reading)?,
        root.to_string_lossy().into_owned(),
        layer,
        reading.asked_size(network),
        !arguments.no_maps,
    );
    let header = header.with_fit(reading.fit().to_string());
    let writer = Writer::open(&arguments.index, header);
    Ok(writer.with_context(|| arguments.index.display().to_string())?)
}

/// Takes out what is no more among the images, which are in the order of their names; says how many.
fn remove_gone(writer: &mut Writer, images: &[Found]) -> Result<usize, Failure> {
    let closed: Vec<&Found> = images.iter().filter(|found| found.may_hold(&found.name)).collect();
    let is_gone = |path: &&str| {
        images.binary_search_by(|found| (*found.name).cmp(path)).is_err()
            && !closed.iter().any(|folder| folder.may_hold(path))
    };
    let gone: Vec<String> = writer.paths().filter(is_gone).map(str::to_owned).collect();
    gone.iter().try_for_each(|path| writer.remove(path).map_err(not_written))?;
    Ok(gone.len())
}

/// Paths of images whose files lack pixels.
fn damaged(writer: &Writer) -> Vec<String> {
    let is_damaged = |path: &&str| writer.get(path).is_some_and(|entry| entry.image.damaged);
    writer.paths().filter(is_damaged).map(str::to_owned).collect()
}

/// Whether an image was indexed as it is now.
fn is_known(writer: &Writer, found: &Found) -> bool {
    writer.get(&found.name).is_some_and(|entry| {
        (entry.image.bytes, entry.image.modified) == (found.bytes, found.modified)
    })
}

/// An image's pixels for the network, and what the index keeps of its file.
fn looked_at(
    found: &Found,
    root: &Path,
    reading: &Reading,
    network: &ConvNet,
) -> Result<(Rgb8, Image), Failure> {
    found.check(root)?;
    let source = Source::File(found.path(root));
    let (prepared, sha256) = Prepared::with_digest(&source, reading, network)?;
    let (width, height) = prepared.picture.pixels.dimensions();
    let image = Image {
        path: found.name.clone(),
        bytes: found.bytes,
        modified: found.modified,
        sha256,
        pixels: [width, height],
        damaged: prepared.condition.damaged,
    };
    Ok((prepared.pixels, image))
}

fn see(network: &ConvNet, pixels: &[Rgb8]) -> Result<Vec<Seen>, Failure> {
    let layer = network.last_layer()?;
    let capture = Capture::new(network, lanes::images(network, pixels)?, &[layer])?;
    let activations = capture.activations(layer).context("the layer was captured")?.clone();
    let [_, c, h, w] = activations.dims();
    let (embeddings, activations) = (read(capture.embeddings())?, read(activations)?);
    let embeddings = embeddings.chunks(network.embedding_width());
    let seen = embeddings.zip(activations.chunks(c * h * w)).map(|(embedding, activations)| Seen {
        embedding: embedding.to_vec(),
        activations: activations.to_vec(),
        shape: [c, h, w].map(|side| side as u32),
    });
    Ok(seen.collect())
}

fn failed(document: &mut Document, found: &Found, error: anyhow::Error) {
    let error = message(&error);
    print::error(&error);
    document.failures.push(Failed { image: found.name.to_string(), error });
}

fn not_written(error: cam_store::Error) -> Failure {
    Failure::Output(anyhow!(error).context(
        "the index could not be written; what was indexed before is kept, and the same command goes on",
    ))
}

fn say(document: &Document) -> Result<(), Failure> {
    let Document { index, images, added, changed, removed, unchanged, failures, .. } = document;
    let speed = document.images_per_second.map(|rate| format!(", {rate:.1} images/s"));
    let back =
        document.given_back.map(|bytes| format!("; {:.1} MB given back", bytes as f64 / 1e6));
    let damaged = document.damaged.len();
    let damaged = if damaged > 0 { format!(", {damaged} damaged") } else { String::new() };
    print::line(format_args!(
        "{index}: {images} images ({added} added, {changed} changed, {removed} removed, {unchanged} \
         unchanged, {} failed{damaged}{}){}",
        failures.len(),
        speed.unwrap_or_default(),
        back.unwrap_or_default()
    ))
}

fn verify(folder: &Path, json: bool) -> Result<(), Failure> {
    let index = cam_store::Index::open(folder).with_context(|| folder.display().to_string())?;
    index.verify().with_context(|| {
        format!("{}: make it again from its images, in another folder", folder.display())
    })?;
    if json {
        return print::json(&serde_json::json!({
            "schema_version": 1,
            "index": folder.display().to_string(),
            "images": index.entries().len(),
            "verified": true,
        }));
    }
    print::line(format_args!(
        "{}: {} images, all as written",
        folder.display(),
        index.entries().len()
    ))
}
