use std::path::PathBuf;

use cam_core::Network as _;
use cam_explain::lanes::{self, Work};
use cam_explain::{Clock, Condition, Environment, Error, Failed, PreparedImage, Source, tensors};
use cam_viz::npy_bytes;
use serde::Serialize;

use crate::arguments::Embed;
use crate::failure::Failure;
use crate::{output, print};

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

pub fn run(arguments: &Embed, environment: &Environment) -> Result<(), Failure> {
    let sources = arguments.images.sources(&environment.cancel)?;
    check_streams(arguments, &sources)?;
    let model = arguments.model.load_for(&arguments.reading, environment)?;
    let mut values = Vec::new();
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    let several = sources.len() > 1;
    let prepare = |source: &Source| {
        environment.cancel.check("nothing was written")?;
        let prepared = PreparedImage::read(source, &model, &mut Clock::start())?;
        Ok((prepared.pixels, prepared.condition))
    };
    let size = model.reading().input_size(model.network());
    let work = Work { size, prepare: &prepare, run: &tensors::embeddings };
    lanes::in_order(&model, &sources, work, |source, result| {
        match result.and_then(finite(source)) {
            Ok((condition, embedding)) => {
                values.extend(embedding);
                rows.push(Row { image: source.to_string(), condition });
                Ok(())
            }
            Err(error @ Error::Failed(_)) if several => {
                let error = error.reason();
                print::error(&error);
                failures.push(Failed { image: source.to_string(), error });
                Ok(())
            }
            Err(error) => Err(error),
        }
    })?;
    let width = model.network().embedding_width();
    if !rows.is_empty() {
        let array = npy_bytes(&[rows.len(), width], &values).map_err(anyhow::Error::from)?;
        output::write(&arguments.out, &array)?;
    }
    let failed = failures.len();
    if arguments.json {
        let weights_sha256 = model.sha256()?;
        let (weights_prefix, weights_remarks) =
            (model.place.prefix.clone(), model.place.remarks.clone());
        let model = model.name().to_owned();
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
    Failure::of_images(failed, sources.len(), "embedded")
}

/// Standard input can be read once, standard output holds one thing, and no image is written over.
fn check_streams(arguments: &Embed, sources: &[Source]) -> Result<(), Failure> {
    if arguments.json && arguments.out.as_os_str() == output::STDOUT {
        return Err(Failure::usage("standard output can hold one thing: --json or --out -"));
    }
    output::check_stdin(sources)?;
    let weights = arguments.model.weights.as_deref().map(Source::of);
    let inputs: Vec<PathBuf> =
        sources.iter().chain(&weights).filter_map(Source::canonical).collect();
    output::check(&arguments.out, &inputs)
}

type Embedded = (Condition, Vec<f32>);

fn finite(source: &Source) -> impl FnOnce(Embedded) -> Result<Embedded, Error> {
    move |(condition, embedding)| match embedding.iter().all(|value| value.is_finite()) {
        true => Ok((condition, embedding)),
        false => {
            Err(Error::failed(format_args!("{source}: the network's embedding is not finite")))
        }
    }
}
