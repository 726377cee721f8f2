use anyhow::anyhow;
use cam_core::Network as _;
use cam_viz::npy_bytes;
use serde::Serialize;

use crate::arguments::Embed;
use crate::explain::{Clock, Input, Size, read};
use crate::failure::Failure;
use crate::model::Model;
use crate::source::Source;
use crate::{interrupt, output, print};

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    model: String,
    weights_sha256: String,
    width: usize,
    rows: Vec<String>,
    failures: Vec<String>,
}

pub fn run(arguments: &Embed) -> Result<(), Failure> {
    if arguments.json && arguments.out.as_os_str() == output::STDOUT {
        return Err(Failure::usage("standard output can hold one thing: --json or --out -"));
    }
    let size = arguments.reading.size.as_deref().map_or(Ok(Size::Model), Size::parse)?;
    let model = Model::load(&arguments.model)?;
    let mut values = Vec::new();
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for image in &arguments.images {
        interrupt::check("nothing was written")?;
        let source = Source::of(image);
        match embed(&source, size, arguments.reading.strict, &model) {
            Ok(embedding) => {
                values.extend(embedding);
                rows.push(source.to_string());
            }
            Err(Failure::Failed(error)) if arguments.images.len() > 1 => {
                eprintln!("cam: {error:#}");
                failures.push(source.to_string());
            }
            Err(failure) => return Err(failure),
        }
    }
    let width = model.network.embedding_width();
    let array = npy_bytes(&[rows.len(), width], &values).map_err(anyhow::Error::from)?;
    output::write(&arguments.out, &array)?;
    let failed = failures.len();
    if arguments.json {
        let weights_sha256 = model.sha256()?;
        let model = model.network.description().name.clone();
        print::json(&Document { schema_version: 1, model, weights_sha256, width, rows, failures })?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::Partly { failed, of: arguments.images.len() }),
    }
}

fn embed(source: &Source, size: Size, strict: bool, model: &Model) -> Result<Vec<f32>, Failure> {
    let network = &model.network;
    let input = Input::read_with(source, size, strict, network.preprocessing(), network, &mut Clock::start())?;
    let embedding = read(network.embed(input.tensor))?;
    match embedding.iter().all(|value| value.is_finite()) {
        true => Ok(embedding),
        false => Err(Failure::Failed(anyhow!("{source}: the network's embedding is not finite"))),
    }
}
