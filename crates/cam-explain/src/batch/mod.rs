//! A folder of images, or the frames of a film, against a file of concepts: results that an interrupted run goes on
//! with, pictures, and a table of columns.
//!
//! ```no_run
//! use cam_explain::batch::{Settings, images};
//! use cam_explain::{MethodOptions, Model};
//!
//! let settings = Settings {
//!     concepts: "things.safetensors".into(),
//!     concepts_as: Default::default(),
//!     method: None,
//!     options: MethodOptions::default(),
//!     layer: None,
//!     out: "results".into(),
//!     shard: None,
//!     parquet: true,
//!     pictures: None,
//! };
//! let summary = images(&Model::open("efficientnet-lite0")?, "photographs".as_ref(), &settings)?;
//! println!("{} images, {} failed", summary.images, summary.failed);
//! # Ok::<(), cam_explain::Error>(())
//! ```

mod draw;
mod frames;
mod images;
mod names;
mod parquet;
mod results;
mod unchanged;

use std::path::{Path, PathBuf};

use burn::tensor::Tensor;
use cam_core::{Arithmetic, Capture, Layer, Method, Target};
use cam_models::ConvNet;
use cam_store::ConceptSet;
use serde::Serialize;

use crate::concepts::{self, ConceptsAs};
use crate::error::{Context as _, Error};
use crate::explain::{
    MethodOptions, check_use, remarks_on_outliers, rule, say_what_it_shows, usual_sum,
};
use crate::journal::{self, MethodSettings, NetworkSettings, ReadingSettings};
use crate::model::Model;
use crate::tensors::read;
use crate::{folder, own_results};
use images::Folder;
use names::Names;
use results::{Found, Header, Line, Results};

pub use draw::Scale;
pub use frames::Film;

/// What is left of the work when it is cancelled.
const KEPT: &str = "what was done is kept; the same command goes on from there";

/// Parts at most; each is a process.
const MOST_PARTS: u64 = 100_000;

/// What is asked of many images, and where the results go.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file of concepts.
    pub concepts: PathBuf,
    /// What a concept of it is.
    pub concepts_as: ConceptsAs,
    /// The method's name. Unless given [contributions](usual_sum), a transformer's by token: they sum to the score, and
    /// can be compared from image to image.
    pub method: Option<String>,
    /// What is set about it.
    pub options: MethodOptions,
    /// Where to explain; the last layer unless given.
    pub layer: Option<String>,
    /// The folder for results; it is made if it does not exist.
    pub out: PathBuf,
    /// Only the part of the images with this number, from 1, of so many.
    pub shard: Option<[u64; 2]>,
    /// Whether the results are also written as a table of columns.
    pub parquet: bool,
    /// Whether every image is also drawn with every concept's map over it, and on which scale.
    pub pictures: Option<Scale>,
}

impl Settings {
    /// Finds out what is wrong with them, as far as that can be known without a network.
    ///
    /// # Errors
    /// Where the file of concepts cannot be used, there is no such method, or there is no such part.
    pub fn check(&self) -> Result<(), Error> {
        self.target()?;
        if let Some(name) = &self.method {
            self.rule(name, Arithmetic::Standard)?;
        }
        check_shard(self.shard)
    }

    fn target(&self) -> Result<(ConceptSet, Box<dyn Target>), Error> {
        let set = concepts::existing(&self.concepts)?;
        if set.concepts().is_empty() {
            return Err(Error::usage(format_args!(
                "{} contains no concepts",
                self.concepts.display()
            )));
        }
        let target = concepts::target(&set, self.concepts_as)?;
        Ok((set, target))
    }

    fn rule(&self, name: &str, arithmetic: Arithmetic) -> Result<Box<dyn Method>, Error> {
        let method = rule(name, &self.options, arithmetic)?;
        check_use(&self.options, &[name.to_owned()])?;
        Ok(method)
    }

    fn method_for(&self, model: &Model) -> String {
        self.method.clone().unwrap_or_else(|| usual_sum(model.network()).to_owned())
    }
}

/// What came of a run, whose failures were logged as they happened.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Summary {
    schema_version: u32,
    /// The file with a line for each image.
    pub results: String,
    /// How many images there are in it.
    pub images: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Images whose files lack pixels.
    pub damaged: usize,
    /// Of images that were run now.
    pub images_per_second: Option<f64>,
    /// How many pictures there are.
    pub pictures: Option<usize>,
    /// The table of columns.
    pub table: Option<String>,
}

impl Summary {
    fn new(results: &Results, images_per_second: Option<f64>) -> Self {
        Self {
            schema_version: 1,
            results: results.path().display().to_string(),
            images: results.count(),
            failed: results.failed(),
            damaged: results.damaged(),
            images_per_second,
            pictures: None,
            table: None,
        }
    }
}

/// What one image answers.
struct Answered {
    /// The score and the raw map of every concept.
    concepts: Vec<Found>,
    /// What is odd about what the network made of it.
    remark: Option<String>,
}

/// What every image is asked.
struct Questions {
    set: ConceptSet,
    target: Box<dyn Target>,
    method: Box<dyn Method>,
    layer: Layer,
}

/// Explains the images of a folder and of the folders below it. Images that are known already and did not change are
/// not run again; lines of those that are gone are removed.
///
/// # Errors
/// Where the folder of results was begun with other settings, and whatever ends the run. An image that fails does not:
/// its line says why.
pub fn images(model: &Model, root: &Path, settings: &Settings) -> Result<Summary, Error> {
    check_shard(settings.shard)?;
    let (questions, header) = prepared(model, settings, None)?;
    let root = root.canonicalize().with_context(|| root.display())?;
    let mut images = folder::images(&root, &model.environment().cancel)?;
    own_results::leave_out(&mut images, &root, &settings.out)?;
    images.retain(|found| settings.shard.is_none_or(|shard| images::belongs(&found.name, shard)));
    let folder = settings.out.join(pictures_name(settings.shard));
    let names = Names::new(folder, header.concepts.iter().map(String::as_str));
    if settings.pictures.is_some() {
        let images: Vec<&str> = images.iter().map(|found| &*found.name).collect();
        names.check(&images)?;
    }
    let mut results = Results::open(&settings.out, &header)?;
    let folder = Folder { root: &root, names: &names, questions: &questions };
    let mut summary = folder.run(model, images, &mut results)?;
    if let Some(scale) = settings.pictures {
        summary.pictures = Some(draw::pictures(&names, &root, &results, scale, model)?);
    }
    table(model, settings, &results, summary)
}

/// Explains the frames of a film. Frames that are known already are read and left out, so that a film can be piped in
/// again; that it is the same film is seen to.
///
/// # Errors
/// As [`images`], and where the film is another one than before.
pub fn frames(model: &Model, film: Film<'_>, settings: &Settings) -> Result<Summary, Error> {
    if settings.pictures.is_some() || settings.shard.is_some() {
        return Err(Error::usage("pictures and shards are for folders, not for frames"));
    }
    if model.reading().decoding != Default::default() {
        return Err(Error::usage(
            "strict and stretched decoding are for files, not for frames, which are whole and of 8 bits",
        ));
    }
    let (questions, header) = prepared(model, settings, Some((film.size, film.smoothing)))?;
    let mut results = Results::open(&settings.out, &header)?;
    let summary = frames::run(film, &questions, model, &mut results)?;
    table(model, settings, &results, summary)
}

/// What is asked, and the header of its results, which may be there already if it is the same.
fn prepared(
    model: &Model,
    settings: &Settings,
    film: Option<([usize; 2], f32)>,
) -> Result<(Questions, Header), Error> {
    let (set, target) = settings.target()?;
    let name = settings.method_for(model);
    let method = settings.rule(&name, model.arithmetic())?;
    say_what_it_shows(&name, &*method);
    let layer = model.layer_or_last(settings.layer.as_deref())?;
    let header = header(settings, model, (&set, layer), film)?;
    // Which setting is another one says more than that the concepts do not fit it.
    journal::check(&results_path(&settings.out, settings.shard), &header)?;
    concepts::check(&set, model, settings.concepts.display())?;
    concepts::other_fit(&set, model);
    Ok((Questions { set, target, method, layer }, header))
}

fn table(
    model: &Model,
    settings: &Settings,
    results: &Results,
    mut summary: Summary,
) -> Result<Summary, Error> {
    if settings.parquet {
        let path = parquet::write(results, &model.environment().cancel)?;
        summary.table = Some(path.display().to_string());
    } else {
        parquet::remark_if_stale(results);
    }
    Ok(summary)
}

/// Everything that can change a number; what cannot is named here, so that nothing is forgotten.
fn header(
    settings: &Settings,
    model: &Model,
    (set, layer): (&ConceptSet, Layer),
    film: Option<([usize; 2], f32)>,
) -> Result<Header, Error> {
    let Settings {
        concepts: _,
        concepts_as,
        method: _,
        options,
        layer: _,
        out: _,
        shard,
        // Made from the lines, each time anew.
        parquet: _,
        // Likewise; on which scale they are, and how upsampled, stands beside them.
        pictures: _,
    } = settings;
    Ok(Header {
        schema_version: 2,
        cam_version: env!("CARGO_PKG_VERSION"),
        network: NetworkSettings::new(model)?,
        layer: model.layer_name(layer),
        method: settings.method_for(model),
        options: MethodSettings::new(options),
        concepts_as: concepts_as.to_string(),
        concepts: set.concepts().iter().map(|concept| concept.name.clone()).collect(),
        concepts_sha256: cam_files::Sha256::of(&set.to_bytes()).to_string(),
        reading: ReadingSettings::new(model),
        frames: film.map(|(size, _)| size),
        smooth: film.map_or(1.0, |(_, smoothing)| smoothing),
        shard: *shard,
    })
}

fn check_shard(shard: Option<[u64; 2]>) -> Result<(), Error> {
    match shard {
        Some([part, parts]) if parts > MOST_PARTS || !(1..=parts).contains(&part) => {
            Err(Error::usage(format_args!(
                "there is no part {part} of {parts}: parts count from 1, and are {MOST_PARTS} at most"
            )))
        }
        _ => Ok(()),
    }
}

impl Questions {
    /// What each image of `[n, 3, h, w]` answers.
    fn ask(&self, network: &ConvNet, images: Tensor<4>) -> Result<Vec<Answered>, Error> {
        let capture = Capture::keeping(self.method.keeps(), network, images, &[self.layer])?;
        let explanation = capture.explain(&*self.method, &*self.target)?;
        let mut remarks = remarks_on_outliers(&capture)?.into_iter();
        let scores = read(explanation.scores.clone())?;
        let maps = explanation.layers.first().context("a layer was captured")?.maps.clone();
        let [_, concepts, height, width] = maps.dims();
        let maps = read(maps)?;
        let images = scores.chunks(concepts).zip(maps.chunks(concepts * height * width));
        let found = images.map(|(scores, maps)| {
            let answers = scores.iter().zip(maps.chunks(height * width));
            let found =
                self.set.concepts().iter().zip(answers).map(|(concept, (score, map))| Found {
                    concept: concept.name.clone(),
                    score: *score,
                    size: [height, width],
                    map: map.to_vec(),
                });
            Answered { concepts: found.collect(), remark: remarks.next().flatten() }
        });
        Ok(found.collect())
    }
}

/// How the results' file is called.
fn results_path(folder: &Path, shard: Option<[u64; 2]>) -> PathBuf {
    folder.join(match shard {
        None => "results.jsonl".to_owned(),
        Some([i, n]) => format!("results-{i}-of-{n}.jsonl"),
    })
}

/// How the pictures' folder is called. Parts have scales of their own, and so folders of their own.
fn pictures_name(shard: Option<[u64; 2]>) -> String {
    shard.map_or_else(|| "pictures".to_owned(), |[i, n]| format!("pictures-{i}-of-{n}"))
}
