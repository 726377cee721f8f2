use std::path::{Path, PathBuf};

use cam_core::Network as _;
use cam_explain::lanes::{self, Work};
use cam_explain::vectors::{Kind, Table, Value};
use cam_explain::{
    Clock, Condition, Environment, Error, Failed, Model, PreparedImage, Source, tensors,
};
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
    let model = arguments.setup.load(environment)?;
    let mut sink = Sink::new(&arguments.out, &model)?;
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
                let image = source.to_string();
                sink.push(&image, &embedding, condition.damaged)?;
                if arguments.json {
                    rows.push(Row { image, condition });
                }
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
    let (width, failed) = (model.network().embedding_width(), failures.len());
    if failed < sources.len() {
        sink.finish(&arguments.out, [sources.len() - failed, width])?;
    }
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

/// Where embeddings go.
enum Sink {
    /// An array, which is written at the end.
    Array(Vec<f32>),
    /// A table, whose rows leave as they come.
    Table(Box<Table>),
}

impl Sink {
    fn new(out: &Path, model: &Model) -> Result<Self, Error> {
        if !output::is_table(out) {
            return Ok(Self::Array(Vec::new()));
        }
        let columns = [("image", Kind::Text), ("embedding", Kind::Vector), ("damaged", Kind::Flag)];
        let metadata = [
            ("model", model.name()),
            ("weights_sha256", &model.sha256()?),
            ("weights_prefix", &model.place.prefix),
        ];
        let table = Table::new(out, &columns, model.network().embedding_width(), &metadata)?;
        Ok(Self::Table(Box::new(table)))
    }

    fn push(&mut self, image: &str, embedding: &[f32], damaged: bool) -> Result<(), Error> {
        match self {
            Self::Array(values) => {
                values.extend(embedding);
                Ok(())
            }
            Self::Table(table) => {
                table.push(&[Value::Text(image), Value::Vector(embedding), Value::Flag(damaged)])
            }
        }
    }

    fn finish(self, out: &Path, shape: [usize; 2]) -> Result<(), Failure> {
        match self {
            Self::Array(values) => {
                output::write(out, &npy_bytes(&shape, &values).map_err(anyhow::Error::from)?)
            }
            Self::Table(table) => Ok(table.finish()?),
        }
    }
}

/// Standard input can be read once, standard output holds one thing, and no image is written over.
fn check_streams(arguments: &Embed, sources: &[Source]) -> Result<(), Failure> {
    if arguments.json && arguments.out.as_os_str() == output::STDOUT {
        return Err(Failure::usage("standard output can hold one thing: --json or --out -"));
    }
    output::check_stdin(sources)?;
    let weights = arguments.setup.model.weights.as_deref().map(Source::of);
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
