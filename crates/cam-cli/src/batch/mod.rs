//! `cam batch`: a folder of images, or the frames of a film, against a file of concepts.

mod draw;
mod frames;
mod images;
mod names;
mod parquet;
mod results;
mod unchanged;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use burn::tensor::Tensor;
use cam_core::{Capture, Layer, Method, Network as _, Target};
use cam_models::ConvNet;
use cam_store::ConceptSet;
use serde::Serialize;

use crate::arguments::Batch;
use crate::explain::{Reading, arithmetic, check_use, layer_or_last, read, rule};
use crate::failure::Failure;
use crate::journal::{self, MethodSettings, NetworkSettings, ReadingSettings};
use crate::model::Model;
use crate::{concepts, folder, interrupt, own_results, print};
use draw::Scale;
use images::Folder;
use names::Names;
use results::{Found, Header, Line, Results};

/// What is left of the work when it is interrupted.
const KEPT: &str = "what was done is kept; the same command goes on from there";

/// What every image is asked.
struct Questions {
    set: ConceptSet,
    target: Box<dyn Target>,
    method: Box<dyn Method>,
    layer: Layer,
}

#[derive(Serialize)]
struct Summary {
    schema_version: u32,
    results: String,
    images: usize,
    failed: usize,
    /// Images whose files lack pixels.
    damaged: usize,
    /// Of images that were run now.
    images_per_second: Option<f64>,
    pictures: Option<usize>,
    table: Option<String>,
}

pub fn run(arguments: &Batch) -> Result<(), Failure> {
    check(arguments)?;
    let scale = Scale::parse(&arguments.scale)?;
    let shard = arguments.shard.as_deref().map(shard).transpose()?;
    let frames = arguments.frames.as_deref().map(frames::size).transpose()?;
    let reading = Reading::new(&arguments.reading)?;
    let set = concepts::existing(&arguments.concepts)?;
    if set.concepts().is_empty() {
        return Err(Failure::usage(format!("{} holds no concept", arguments.concepts.display())));
    }
    let target = concepts::target(&set, arguments.concepts_as)?;
    let method = rule(&arguments.method, &arguments.options, arithmetic(&arguments.reading))?;
    check_use(&arguments.options, std::slice::from_ref(&arguments.method))?;
    let model = Model::load(&arguments.model)?;
    let layer = layer_or_last(&model.network, arguments.layer.as_deref())?;
    let header = header(arguments, &model, &reading, (&set, layer), (frames, shard))?;
    // Which setting is another one says more than that the concepts do not fit it.
    journal::check(&results_path(&arguments.out, shard), &header)?;
    let made = set.fingerprint().check(&concepts::fingerprint(&model, &reading)?);
    made.with_context(|| arguments.concepts.display().to_string())?;
    concepts::other_fit(&set, &reading);
    let questions = Questions { set, target, method, layer };
    let (mut results, mut summary);
    match frames {
        Some(size) => {
            results = Results::open(&arguments.out, &header)?;
            summary = frames::run(arguments, size, &questions, &reading, &model, &mut results)?;
        }
        None => {
            let root = &arguments.images;
            let root = root.canonicalize().with_context(|| root.display().to_string())?;
            let mut images = folder::images(&root)?;
            own_results::leave_out(&mut images, &root, &arguments.out, "--out")?;
            images.retain(|found| shard.is_none_or(|shard| images::belongs(&found.name, shard)));
            let folder = arguments.out.join(pictures_name(shard));
            let names = Names::new(folder, header.concepts.iter().map(String::as_str));
            if arguments.pictures {
                let images: Vec<&str> = images.iter().map(|found| &*found.name).collect();
                names.check(&images)?;
            }
            results = Results::open(&arguments.out, &header)?;
            let (questions, reading) = (&questions, &reading);
            let folder = Folder { root: &root, names: &names, questions, reading };
            summary = folder.run(&model, images, &mut results)?;
            if arguments.pictures {
                let drawn = draw::pictures(&names, &root, &results, scale, reading.decoding())?;
                summary.pictures = Some(drawn);
            }
        }
    }
    if arguments.parquet {
        summary.table = Some(parquet::write(&results)?.display().to_string());
    } else {
        parquet::remark_if_stale(&results);
    }
    if arguments.json {
        print::json(&summary)?;
    } else {
        say(&summary)?;
    }
    Failure::of_images(summary.failed, summary.images, "explained")
}

/// What frames and folders each have no use for.
fn check(arguments: &Batch) -> Result<(), Failure> {
    let is_film = arguments.images.as_os_str() == "-";
    if is_film != arguments.frames.is_some() {
        return Err(Failure::usage(
            "frames come from standard input and need their size: `cam batch - --frames 640x360`",
        ));
    }
    if is_film && (arguments.pictures || arguments.shard.is_some()) {
        return Err(Failure::usage("--pictures and --shard are for folders, not for frames"));
    }
    if is_film && (arguments.reading.strict || arguments.reading.stretch) {
        return Err(Failure::usage(
            "--strict and --stretch are for files, not for frames, which are whole and of 8 bits",
        ));
    }
    if is_film && arguments.reading.stretch {
        return Err(Failure::usage(
            "--stretch is for files, not for frames: these are 8 bits as they come",
        ));
    }
    Ok(())
}

/// Everything that can change a number; what cannot is named here, so that nothing is forgotten.
fn header(
    arguments: &Batch,
    model: &Model,
    reading: &Reading,
    (set, layer): (&ConceptSet, Layer),
    (frames, shard): (Option<[usize; 2]>, Option<[u64; 2]>),
) -> Result<Header, Failure> {
    let Batch {
        // Each line has its image's digest.
        images: _,
        concepts: _,
        out: _,
        concepts_as,
        method,
        options,
        layer: _,
        shard: _,
        // Made from the lines, each time anew.
        parquet: _,
        pictures: _,
        scale: _,
        frames: _,
        smooth,
        // That there are fewer than before is refused.
        most_frames: _,
        model: network,
        reading: images,
        json: _,
    } = arguments;
    Ok(Header {
        schema_version: 2,
        cam_version: env!("CARGO_PKG_VERSION"),
        network: NetworkSettings::new(network, model)?,
        layer: model.network.layers()[layer.index()].name.clone(),
        method: method.clone(),
        options: MethodSettings::new(options),
        concepts_as: format!("{concepts_as:?}").to_lowercase(),
        concepts: set.concepts().iter().map(|concept| concept.name.clone()).collect(),
        concepts_sha256: cam_fetch::sha256_of_bytes(&set.to_bytes()).to_string(),
        reading: ReadingSettings::new(images, reading, &model.network),
        frames,
        smooth: *smooth,
        shard,
    })
}

fn say(summary: &Summary) -> Result<(), Failure> {
    let Summary { results, images, failed, damaged, images_per_second, pictures, .. } = summary;
    let speed = images_per_second.map(|rate| format!(", {rate:.1} images/s"));
    let drawn = pictures.map(|count| format!(", {count} pictures"));
    print::line(format_args!(
        "{results}: {images} images, {failed} failed{}{}{}",
        if *damaged > 0 { format!(", {damaged} damaged") } else { String::new() },
        speed.unwrap_or_default(),
        drawn.unwrap_or_default()
    ))?;
    summary.table.as_ref().map_or(Ok(()), print::line)
}

/// Parts at most; each is a process.
const MOST_PARTS: u64 = 100_000;

/// Reads `I/N`.
fn shard(text: &str) -> Result<[u64; 2], Failure> {
    let parts = text.split_once('/').and_then(|(i, n)| Some([i.parse().ok()?, n.parse().ok()?]));
    match parts {
        Some([i, n]) if n <= MOST_PARTS && (1..=n).contains(&i) => Ok([i, n]),
        _ => Err(Failure::usage(format!(
            "`--shard {text}`: write the part and how many there are, as in 2/8; at most {MOST_PARTS}"
        ))),
    }
}

impl Questions {
    /// The score and the raw map of every concept, for each image of `[n, 3, h, w]`.
    fn ask(&self, network: &ConvNet, images: Tensor<4>) -> Result<Vec<Vec<Found>>, Failure> {
        let capture = Capture::new(network, images, &[self.layer])?;
        let capture = capture.with_progress(&interrupt::stop);
        let explanation = capture.explain(&*self.method, &*self.target);
        let explanation = explanation.map_err(|error| Failure::from(error).leaving(KEPT))?;
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
            found.collect()
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
