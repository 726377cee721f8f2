//! `cam evaluate`: how good are methods, on collages in which the right place is known?

mod collage;
mod measure;
mod records;
mod seen;
mod summary;

use anyhow::{Context as _, anyhow};
use cam_core::{Layer, Network as _};
use cam_models::{ConvNet, Weights};

use crate::arguments::Evaluate;
use crate::explain::{MAX_PIXELS, layer_or_last};
use crate::failure::Failure;
use crate::journal::{MethodSettings, NetworkSettings};
use crate::model::{Model, runtime};
use crate::{interrupt, output, own_results, print, progress};
use collage::Collages;
use measure::{Contestant, contestants};
use records::{Header, Record, Records};
use seen::Seen;
use summary::Summary;

/// What is left of the work when it is interrupted.
const KEPT: &str = "what was measured is kept; the same command goes on from there";

pub fn run(arguments: &Evaluate) -> Result<(), Failure> {
    let contestants = contestants(arguments)?;
    let grid = grid(&arguments.grid)?;
    own_results::check(&output::place(&arguments.folder), &arguments.out, "--out")?;
    let model = Model::load(&arguments.model)?;
    let network = &model.network;
    let layer = layer_or_last(network, arguments.layer.as_deref())?;
    let random = random_network(network, arguments)?;
    let side = side(arguments, network, grid)?;
    let seed = arguments.options.seed.unwrap_or_default();
    let fit = (arguments.fit, network.preprocessing().mean_pixel());
    let collages = Collages::open(&arguments.folder, (grid, side), seed, fit)?;
    let header = header(arguments, &model, layer, &collages, (grid, side))?;
    let mut records = Records::open(&arguments.out, header)?;
    let count = arguments.collages as usize;
    let cells = grid[0] * grid[1];
    let progress = progress::bar(count * cells * contestants.len());
    let known = records.count();
    for index in 0..count {
        let names = contestants.iter().map(|contestant| contestant.name.as_str());
        if (0..cells).all(|cell| names.clone().all(|name| records.holds(index, cell, name))) {
            progress.inc((cells * contestants.len()) as u64);
            continue;
        }
        let collage = collages.make(index)?;
        for cell in 0..cells {
            let seen = Seen::new((network, &random), layer, &collage, cell)?;
            for contestant in &contestants {
                interrupt::check(KEPT)?;
                progress.set_message(format!("{}, {}", collage.names[cell], contestant.name));
                if !records.holds(index, cell, &contestant.name) {
                    let record = measure(&seen, contestant, (index, cell), arguments);
                    let record = record.map_err(|failure| failure.leaving(KEPT))?;
                    records.add(Record { damaged: collage.damaged, ..record })?;
                }
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    let measured = records.count() - known;
    print::remark(format_args!(
        "{measured} maps measured, {known} were known; all are in {}",
        records.path().display()
    ));
    let summary = Summary::new(&records, &contestants, count);
    summary.write(&arguments.out)?;
    if arguments.json {
        print::json(&summary)?
    } else {
        summary.print()?
    }
    collages.check()
}

/// Everything that can change a number; what cannot is named here, so that nothing is forgotten.
fn header(
    arguments: &Evaluate,
    model: &Model,
    layer: Layer,
    collages: &Collages,
    (grid, cell): ([usize; 2], u32),
) -> Result<Header, Failure> {
    let Evaluate {
        // Every image stands in the header with its digest.
        folder: _,
        out: _,
        // Each record is of one method and one collage; more of either may be measured later.
        methods: _,
        collages: _,
        grid: _,
        cell: _,
        fit,
        // They refuse images, and change none.
        limits: _,
        model: network,
        layer: _,
        options,
        json: _,
    } = arguments;
    Ok(Header {
        schema_version: 2,
        cam_version: env!("CARGO_PKG_VERSION"),
        network: NetworkSettings::new(network, model)?,
        layer: model.network.layers()[layer.index()].name.clone(),
        images: collages.names(),
        images_sha256: collages.sha256(),
        grid,
        cell,
        fit: fit.to_string(),
        options: MethodSettings::new(options),
    })
}

/// The side of a cell in pixels.
fn side(arguments: &Evaluate, network: &ConvNet, grid: [usize; 2]) -> Result<u32, Failure> {
    let side = arguments.cell.unwrap_or(network.preprocessing().size.0 as u32);
    let pixels = grid.iter().map(|&cells| cells * side as usize).product::<usize>();
    if pixels > MAX_PIXELS {
        return Err(Failure::usage(format!(
            "a collage of {}x{} cells of {side} pixels has {pixels} pixels, more than the {MAX_PIXELS} of a \
             network's input: choose a smaller --cell or --grid",
            grid[0], grid[1]
        )));
    }
    Ok(side)
}

fn measure(
    seen: &Seen<'_>,
    contestant: &Contestant,
    (collage, cell): (usize, usize),
    arguments: &Evaluate,
) -> Result<Record, Failure> {
    let measured = measure::measure(seen, contestant, arguments.options.seed.unwrap_or_default());
    let measures = measured.map_err(|failure| match failure {
        Failure::Failed(error) => {
            Failure::Failed(error.context(format!("{} of {}", contestant.name, seen.concept)))
        }
        failure => failure,
    })?;
    Ok(Record {
        collage,
        cell,
        concept: seen.concept.clone(),
        method: contestant.name.clone(),
        cosine: seen.score,
        damaged: false,
        measures,
    })
}

/// The same network with weights that know nothing.
fn random_network(network: &ConvNet, arguments: &Evaluate) -> Result<ConvNet, Failure> {
    let description = network.description().clone();
    let weights = Weights::made_up(&description);
    let random = ConvNet::new(description, weights, runtime(&arguments.model)?);
    Ok(random.context("a network with made-up weights")?)
}

fn grid(text: &str) -> Result<[usize; 2], Failure> {
    let sides = text.split_once(['x', 'X', '×']).and_then(|(rows, columns)| {
        Some([rows.trim().parse().ok()?, columns.trim().parse().ok()?])
    });
    match sides {
        Some([rows, columns])
            if (1..=8).contains(&rows) && (1..=8).contains(&columns) && rows * columns > 1 =>
        {
            Ok([rows, columns])
        }
        _ => Err(Failure::usage(format!(
            "`--grid {text}`: write rows and columns, as in 2x2; at least two cells, at most 8x8"
        ))),
    }
}

/// What a measure has no value for is no failure of the run.
fn no_value(error: &cam_metrics::Error) -> bool {
    matches!(error, cam_metrics::Error::Constant | cam_metrics::Error::NothingPositive)
}

impl From<cam_metrics::Error> for Failure {
    fn from(error: cam_metrics::Error) -> Self {
        Self::Failed(anyhow!(error))
    }
}
