use std::path::{Path, PathBuf};
use std::time::Instant;

use cam_core::{Capture, Kept, Network as _};
use cam_models::{ConvNet, InputImage};
use cam_store::index::{Header, Image, Maps, Writer};
use serde::Serialize;

use super::same::Same;
use super::{moved, upkeep};
use crate::compare::Pairing;
use crate::concepts::fingerprint;
use crate::environment::Environment;
use crate::error::{Context as _, Error, Setting};
use crate::explain::PreparedImage;
use crate::folder::{self, Found};
use crate::lanes::{self, Work};
use crate::model::Model;
use crate::progress::Unit;
use crate::source::Source;
use crate::tensors::{images, read};
use crate::{Failed, notice, own_results};

/// What is left of the work when it is cancelled.
const KEPT: &str = "what was indexed is kept; the same command goes on from there";

/// How a folder is indexed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the index; it is made if it does not exist.
    pub index: PathBuf,
    /// Whether what explains a hit is kept too, at fifty times the space: feature maps, or of a transformer whose tokens
    /// are not pooled what each patch wrote to the embedding.
    pub keeps_maps: bool,
    /// Of such a transformer, through so many of the last blocks' attentions; 4 unless given.
    pub blocks: Option<usize>,
    /// The folder is the one that was indexed, moved, though less than half of its images are as they were.
    pub is_moved: bool,
}

/// What came of indexing a folder.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Summary {
    schema_version: u32,
    /// The folder of the index.
    pub index: String,
    /// Images that it holds now.
    pub images: usize,
    /// Images that came to it.
    pub added: usize,
    /// Images that changed since.
    pub changed: usize,
    /// Images that are gone.
    pub removed: usize,
    /// Images that are as they were.
    pub unchanged: usize,
    /// Where the folder was, if it was elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// Images in the index whose files lack pixels.
    pub damaged: Vec<String>,
    /// Images that could not be read.
    pub failures: Vec<Failed>,
    /// Of images that were run.
    pub images_per_second: Option<f64>,
    /// Images of the folder, those that failed among them.
    #[serde(skip)]
    pub all: usize,
}

/// What the network made of an image.
struct Seen {
    embedding: Vec<f32>,
    maps: Vec<f32>,
    shape: [u32; 3],
}

/// Indexes the images of a folder and of the folders below it. What was indexed before and did not change is not run
/// again.
///
/// # Errors
/// Where the index was made by another network or of another folder, and whatever ends the run. An image that fails
/// does not.
pub fn index(model: &Model, folder: &Path, settings: &Settings) -> Result<Summary, Error> {
    let environment = model.environment();
    let root = folder.canonicalize().with_context(|| folder.display())?;
    let pairing = pairing(model, settings)?;
    let mut images = folder::images(&root, &environment.cancel)?;
    own_results::leave_out(&mut images, &root, &settings.index)?;
    let mut writer = open(settings, &root, (model, pairing))?;
    let same = Same::among(&images, &root, &writer, environment)?;
    let followed = moved::follow(&mut writer, &root.to_string_lossy(), &same, settings.is_moved);
    let moved_from = followed.map_err(|error| error.of(settings.index.display()))?;
    same.note(&mut writer).map_err(not_written)?;
    let removed = remove_gone(&mut writer, &images)?;
    let all = images.len();
    // One list of images, and not another of those that are due: there may be millions.
    images.retain(|found| !is_known(&writer, found));
    let due = images;
    let mut summary = Summary {
        schema_version: 1,
        index: settings.index.display().to_string(),
        images: 0,
        added: 0,
        changed: 0,
        removed,
        unchanged: all - due.len(),
        moved_from,
        damaged: Vec::new(),
        failures: Vec::new(),
        images_per_second: None,
        all,
    };
    let bar = environment.bar(Unit::Images, due.len());
    let started = Instant::now();
    let prepare = |found: &Found| {
        environment.cancel.check(KEPT)?;
        looked_at(found, &root, model)
    };
    let size = model.reading().input_size(model.network());
    let run = |network: &ConvNet, pixels: &[InputImage]| see(network, pixels, pairing);
    let work = Work { size, prepare: &prepare, run: &run };
    let ended = lanes::in_order(model, &due, work, |found, seen| {
        bar.advance(1);
        match seen {
            Ok((image, seen)) => {
                let was_there = writer.get(&found.name).is_some();
                let maps = (seen.maps.as_slice(), seen.shape);
                match writer.add(image, &seen.embedding, maps) {
                    Ok(()) if was_there => summary.changed += 1,
                    Ok(()) => summary.added += 1,
                    Err(error @ cam_store::Error::File { .. }) => return Err(not_written(error)),
                    Err(error) => failed(&mut summary, found, &error.into()),
                }
                Ok(())
            }
            Err(error @ Error::Failed(_)) => {
                failed(&mut summary, found, &error);
                Ok(())
            }
            Err(error) => Err(error),
        }
    });
    drop(bar);
    writer.sync().map_err(not_written)?;
    ended?;
    let run = summary.added + summary.changed;
    summary.images = writer.len();
    summary.damaged = damaged(&writer);
    summary.images_per_second = (run > 0).then(|| run as f64 / started.elapsed().as_secs_f64());
    Ok(summary)
}

/// What makes pairs of images explainable, if that is to be kept.
fn pairing<'m>(model: &'m Model, settings: &Settings) -> Result<Option<Pairing<'m>>, Error> {
    if !settings.keeps_maps {
        return Ok(None);
    }
    let pairing = Pairing::of(model.network(), settings.blocks).map_err(|reason| {
        let words = "so that nothing could be kept of an image that explains why it is found: keep embeddings only";
        Error::usage(format_args!("the embedding of {} {reason}, {words}", model.name()))
            .see(Setting::NoMaps)
    })?;
    match pairing {
        Pairing::Positions(..) if settings.blocks.is_some() => Err(Error::usage(format_args!(
            "the embedding of {} is pooled from positions, and no blocks are explained: leave their number out",
            model.name()
        ))),
        pairing => Ok(Some(pairing)),
    }
}

fn open(
    settings: &Settings,
    root: &Path,
    (model, pairing): (&Model, Option<Pairing<'_>>),
) -> Result<Writer, Error> {
    let (network, reading) = (model.network(), model.reading());
    let header = Header::new(
        fingerprint(model)?,
        root.to_string_lossy().into_owned(),
        model.layer_name(network.last_layer()?),
        reading.asked_size(network),
        pairing.map_or(Maps::None, Pairing::maps),
    );
    let header = header.with_fit(reading.fit_for(network).to_string());
    Writer::open(&settings.index, header).with_context(|| settings.index.display())
}

/// Takes out what is no more among the images, which are in the order of their names; says how many.
fn remove_gone(writer: &mut Writer, images: &[Found]) -> Result<usize, Error> {
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
fn looked_at(found: &Found, root: &Path, model: &Model) -> Result<(InputImage, Image), Error> {
    found.check(root)?;
    let source = Source::File(found.path(root));
    let (prepared, sha256) = PreparedImage::with_digest(&source, model)?;
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

/// What the network makes of images, for the index to keep.
fn see(
    network: &ConvNet,
    pixels: &[InputImage],
    pairing: Option<Pairing<'_>>,
) -> Result<Vec<Seen>, Error> {
    let kept = pairing.map_or_else(Kept::default, Pairing::kept);
    let layers = [network.last_layer()?];
    let capture = Capture::keeping(kept, network, images(network, pixels)?, &layers)?;
    let parts = pairing.map(|pairing| pairing.parts(&capture)).transpose()?;
    let (maps, shape) = match parts.map(|parts| parts.to_maps()) {
        None => (Vec::new(), [0; 3]),
        Some(maps) => {
            let [_, c, h, w] = maps.dims();
            (read(maps)?, [c, h, w])
        }
    };
    let each = shape.iter().product::<usize>();
    let embeddings = read(capture.embeddings())?;
    let embeddings = embeddings.chunks(network.embedding_width()).enumerate();
    let seen = embeddings.map(|(image, embedding)| Seen {
        embedding: embedding.to_vec(),
        maps: maps[image * each..][..each].to_vec(),
        shape: shape.map(|side| side as u32),
    });
    Ok(seen.collect())
}

fn failed(summary: &mut Summary, found: &Found, error: &Error) {
    let error = error.reason();
    notice::error(&error);
    summary.failures.push(Failed { image: found.name.to_string(), error });
}

fn not_written(error: cam_store::Error) -> Error {
    let what = "the index could not be written; what was indexed before is kept, and the same command goes on";
    Error::from(error).of(what).output()
}

/// Compares everything that an index keeps with its checksums; how many images it holds.
///
/// # Errors
/// Names what is not as it was written.
pub fn verify(folder: &Path) -> Result<usize, Error> {
    let gallery = cam_store::Index::open(folder).with_context(|| folder.display())?;
    gallery.verify().with_context(|| {
        format!("{}: make it again from its images, in another folder", folder.display())
    })?;
    Ok(gallery.entries().len())
}

/// Reclaims the space of images that changed or went; how many bytes that were. As much is needed while it is done.
///
/// # Errors
/// Where there is no index, or it cannot be written; it is then as it was.
pub fn compact(folder: &Path, environment: &Environment) -> Result<u64, Error> {
    let header = cam_store::Index::open(folder).with_context(|| folder.display())?.header().clone();
    let mut writer = Writer::open(folder, header).with_context(|| folder.display())?;
    Ok(upkeep::compact(&mut writer, environment)?.bytes)
}
