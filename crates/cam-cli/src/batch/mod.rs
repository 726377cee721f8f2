//! `cam batch`: a folder of images, or the frames of a film, against a file of concepts.

mod draw;
mod frames;
mod images;
mod parquet;
mod results;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use burn::tensor::Tensor;
use cam_core::methods::{self, method};
use cam_core::{Capture, Layer, Method, Network as _, Target};
use cam_models::ConvNet;
use cam_store::ConceptSet;
use serde::Serialize;

use crate::arguments::Batch;
use crate::explain::{Reading, layer_or_last, read, unknown_method};
use crate::failure::Failure;
use crate::model::Model;
use crate::{concepts, print};
use draw::Scale;
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
    let is_film = arguments.images.as_os_str() == "-";
    if is_film != arguments.frames.is_some() {
        return Err(Failure::usage(
            "frames come from standard input and need their size: `cam batch - --frames 640x360`",
        ));
    }
    if is_film && (arguments.pictures || arguments.shard.is_some()) {
        return Err(Failure::usage("--pictures and --shard are for folders, not for frames"));
    }
    let scale = Scale::parse(&arguments.scale)?;
    let shard = arguments.shard.as_deref().map(shard).transpose()?;
    let reading = Reading::new(&arguments.reading)?;
    let set = concepts::existing(&arguments.concepts)?;
    if set.concepts().is_empty() {
        return Err(Failure::usage(format!("{} holds no concept", arguments.concepts.display())));
    }
    let target = concepts::target(&set, arguments.concepts_as)?;
    let method = method(&arguments.method, methods::Settings::default());
    let method = method.ok_or_else(|| unknown_method(&arguments.method))?;
    let model = Model::load(&arguments.model)?;
    let made = set.fingerprint().check(&concepts::fingerprint(&model, &reading)?);
    made.with_context(|| arguments.concepts.display().to_string())?;
    concepts::other_fit(&set, &reading);
    let network = &model.network;
    let layer = layer_or_last(network, arguments.layer.as_deref())?;
    let root = match is_film {
        true => PathBuf::from("-"),
        false => {
            let root = &arguments.images;
            root.canonicalize().with_context(|| root.display().to_string())?
        }
    };
    let bytes = set.to_bytes();
    let header = Header {
        schema_version: 2,
        model: network.description().name.clone(),
        weights_sha256: set.fingerprint().weights_sha256.clone(),
        layer: network.layers()[layer.index()].name.clone(),
        method: arguments.method.clone(),
        concepts_as: format!("{:?}", arguments.concepts_as).to_lowercase(),
        concepts: set.concepts().iter().map(|concept| concept.name.clone()).collect(),
        concepts_sha256: cam_fetch::sha256_of_bytes(&bytes).to_string(),
        images: root.to_string_lossy().into_owned(),
        input: reading.asked_size(network),
        fit: reading.fit().to_string(),
        shard,
        smooth: arguments.smooth,
    };
    let questions = Questions { set, target, method, layer };
    let mut results = Results::open(&arguments.out, header)?;
    let mut summary = match &arguments.frames {
        Some(size) => frames::run(arguments, size, &questions, &reading, &model, &mut results)?,
        None => {
            let folder = images::Folder { root: &root, questions: &questions, reading: &reading };
            let mut summary = folder.run(&model, shard, &mut results)?;
            if arguments.pictures {
                summary.pictures = Some(draw::pictures(&arguments.out, &root, &results, scale)?);
            }
            summary
        }
    };
    if arguments.parquet {
        summary.table = Some(parquet::write(&results)?.display().to_string());
    }
    if arguments.json {
        print::json(&summary)?;
    } else {
        say(&summary)?;
    }
    Failure::of_images(summary.failed, summary.images, "explained")
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

/// Reads `I/N`.
fn shard(text: &str) -> Result<[u64; 2], Failure> {
    let parts = text.split_once('/').and_then(|(i, n)| Some([i.parse().ok()?, n.parse().ok()?]));
    match parts {
        Some([i, n]) if (1..=n).contains(&i) => Ok([i, n]),
        _ => Err(Failure::usage(format!(
            "`--shard {text}`: write the part and how many there are, as in 2/8"
        ))),
    }
}

impl Questions {
    /// The score and the raw map of every concept, for each image of `[n, 3, h, w]`.
    fn ask(&self, network: &ConvNet, images: Tensor<4>) -> Result<Vec<Vec<Found>>, Failure> {
        let capture = Capture::new(network, images, &[self.layer])?;
        let explanation = capture.explain(&*self.method, &*self.target)?;
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
