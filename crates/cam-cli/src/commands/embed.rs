use std::path::PathBuf;

use anyhow::anyhow;
use cam_core::Network as _;
use cam_viz::npy_bytes;
use serde::Serialize;

use crate::arguments::Embed;
use crate::explain::{Clock, Condition, Failed, Prepared, Reading};
use crate::failure::{Failure, message};
use crate::lanes::{self, Work};
use crate::model::{Model, Place};
use crate::source::Source;
use crate::{interrupt, output, print};

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    model: String,
    weights_prefix: String,
    weights_remarks: Vec<String>,
    weights_sha256: String,
    width: usize,
    rows: Vec<Row>,
    failures: Vec<Failed>,
}

/// The image of a row.
#[derive(Serialize)]
struct Row {
    image: String,
    #[serde(flatten)]
    condition: Condition,
}

pub fn run(arguments: &Embed) -> Result<(), Failure> {
    let reading = Reading::new(&arguments.reading)?;
    let sources: Vec<Source> = arguments.images.iter().map(|image| Source::of(image)).collect();
    check_streams(arguments, &sources)?;
    let model = Model::load(&arguments.model)?;
    let mut values = Vec::new();
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    let several = sources.len() > 1;
    let prepare = |source: &Source| {
        interrupt::check("nothing was written")?;
        let clock = &mut Clock::start();
        let prepared = Prepared::read(source, &reading, &model.network, clock)?;
        Ok((prepared.pixels, prepared.condition))
    };
    let size = reading.input_size(&model.network);
    let work = Work { size, prepare: &prepare, run: &lanes::embeddings };
    lanes::in_order(&model, &sources, work, |source, result| {
        match result.and_then(finite(source)) {
            Ok((condition, embedding)) => {
                values.extend(embedding);
                rows.push(Row { image: source.to_string(), condition });
                Ok(())
            }
            Err(Failure::Failed(error)) if several => {
                let error = message(&error);
                print::error(&error);
                failures.push(Failed { image: source.to_string(), error });
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    })?;
    let width = model.network.embedding_width();
    if !rows.is_empty() {
        let array = npy_bytes(&[rows.len(), width], &values).map_err(anyhow::Error::from)?;
        output::write(&arguments.out, &array)?;
    }
    let failed = failures.len();
    if arguments.json {
        let weights_sha256 = model.sha256()?;
        let Place { prefix: weights_prefix, remarks: weights_remarks, .. } = model.place.clone();
        let model = model.network.description().name.clone();
        let schema_version = 2;
        print::json(&Document {
            schema_version,
            model,
            weights_prefix,
            weights_remarks,
            weights_sha256,
            width,
            rows,
            failures,
        })?;
    }
    Failure::of_images(failed, arguments.images.len(), "embedded")
}

/// Standard input can be read once, standard output holds one thing, and no image is written over.
fn check_streams(arguments: &Embed, sources: &[Source]) -> Result<(), Failure> {
    if arguments.json && arguments.out.as_os_str() == output::STDOUT {
        return Err(Failure::usage("standard output can hold one thing: --json or --out -"));
    }
    if sources.iter().filter(|source| **source == Source::Stdin).count() > 1 {
        return Err(Failure::usage("standard input can be only one of the images"));
    }
    let weights = arguments.model.weights.as_deref().map(Source::of);
    let inputs: Vec<PathBuf> =
        sources.iter().chain(&weights).filter_map(Source::canonical).collect();
    output::check(&arguments.out, &inputs)
}

type Embedded = (Condition, Vec<f32>);

fn finite(source: &Source) -> impl FnOnce(Embedded) -> Result<Embedded, Failure> {
    move |(condition, embedding)| match embedding.iter().all(|value| value.is_finite()) {
        true => Ok((condition, embedding)),
        false => Err(Failure::Failed(anyhow!("{source}: the network's embedding is not finite"))),
    }
}
