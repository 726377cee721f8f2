//! How good are methods, on collages in which the right place is known?
//!
//! ```no_run
//! use cam_explain::evaluate::{Settings, evaluate};
//! use cam_explain::{MethodOptions, Model};
//!
//! let settings = Settings {
//!     methods: ["grad-cam", "layer-cam"].map(str::to_owned).to_vec(),
//!     options: MethodOptions::default(),
//!     collages: 4,
//!     grid: [2, 2],
//!     cell: None,
//!     fit: Default::default(),
//!     layer: None,
//!     out: "evaluation".into(),
//! };
//! let summary = evaluate(&Model::open("efficientnet-lite0")?, "photographs".as_ref(), &settings)?;
//! println!("{:?}", summary.methods);
//! # Ok::<(), cam_explain::Error>(())
//! ```

mod collage;
mod measure;
mod records;
mod seen;
mod summary;

use std::path::{Path, PathBuf};

use cam_core::Layer;
use cam_models::Fit;

use crate::error::{Error, Setting};
use crate::explain::{MAX_PIXELS, MethodOptions, usually_measured};
use crate::journal::{MethodSettings, NetworkSettings};
use crate::model::Model;
use crate::progress::Unit;
use crate::{notice, own_results, paths};
use collage::Collages;
use measure::{Contestant, contestants};
use records::{Header, Record, Records};
use seen::Seen;

pub use summary::{Row, Summary};

/// What is left of the work when it is cancelled.
const KEPT: &str = "what was measured is kept; the same command goes on from there";

/// How methods are measured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The methods, by name; [those usual for the network](usually_measured) where there are none. Baselines are measured
    /// beside them.
    pub methods: Vec<String>,
    /// What is set about them.
    pub options: MethodOptions,
    /// How many collages are made. Each is asked about each of its images.
    pub collages: usize,
    /// Rows and columns of a collage: at least two cells, at most 8 by 8.
    pub grid: [usize; 2],
    /// Side of a cell in pixels. Unless given the network's input, or where that is of one size alone, what makes the
    /// collage of that size.
    pub cell: Option<u32>,
    /// How images come to a cell.
    pub fit: Fit,
    /// Where to explain; the last layer unless given.
    pub layer: Option<String>,
    /// The folder for what is measured; it is made if it does not exist.
    pub out: PathBuf,
}

impl Settings {
    /// Finds out what is wrong with them, as far as that can be known without a network.
    ///
    /// # Errors
    /// Where there is no such method, or an option has no effect on any.
    pub fn check(&self) -> Result<(), Error> {
        match &self.methods[..] {
            [] => Ok(()),
            methods => contestants(methods, &self.options).map(|_| ()),
        }
    }
}

/// Measures methods on collages of the images directly in a folder, and writes records, tables and a chart. Maps that
/// were measured before are not measured again.
///
/// # Errors
/// Where the folder of results was begun with other settings, or the images do not fill a collage.
pub fn evaluate(model: &Model, folder: &Path, settings: &Settings) -> Result<Summary, Error> {
    let environment = model.environment();
    let usual = || usually_measured(model.network()).iter().map(|&name| name.to_owned());
    let methods = match &settings.methods[..] {
        [] => &usual().collect(),
        _ => &settings.methods,
    };
    let contestants = contestants(methods, &settings.options)?;
    let grid = settings.grid;
    own_results::check(&paths::place(folder), &settings.out)?;
    let network = model.network();
    let layer = model.layer_or_last(settings.layer.as_deref())?;
    let random = model.untrained()?;
    let side = side(settings, model)?;
    let seed = settings.options.seed.unwrap_or_default();
    let fit = (settings.fit, network.preprocessing().mean_pixel());
    let collages = Collages::open(folder, (grid, side), seed, fit, environment)?;
    let header = header(settings, model, layer, (&collages, side))?;
    let mut records = Records::open(&settings.out, header)?;
    let cells = grid[0] * grid[1];
    let bar = environment.bar(Unit::Steps, settings.collages * cells * contestants.len());
    let known = records.count();
    for index in 0..settings.collages {
        let names = contestants.iter().map(|contestant| contestant.name.as_str());
        if (0..cells).all(|cell| names.clone().all(|name| records.holds(index, cell, name))) {
            bar.advance((cells * contestants.len()) as u64);
            continue;
        }
        let collage = collages.make(index)?;
        for cell in 0..cells {
            let seen = Seen::new((network, &random), layer, &collage, cell)?;
            for contestant in &contestants {
                environment.cancel.check(KEPT)?;
                bar.at(&format!("{}, {}", collage.names[cell], contestant.name));
                if !records.holds(index, cell, &contestant.name) {
                    let record = measure(&seen, contestant, (index, cell), seed)?;
                    records.add(Record { damaged: collage.damaged, ..record })?;
                }
                bar.advance(1);
            }
        }
    }
    drop(bar);
    let measured = records.count() - known;
    notice::remark(format_args!(
        "{measured} maps measured, {known} were known; all are in {}",
        records.path().display()
    ));
    let summary = Summary::new(&records, &contestants, settings.collages, collages.failed());
    summary.write(&settings.out)?;
    Ok(summary)
}

/// Everything that can change a number; what cannot is named here, so that nothing is forgotten.
fn header(
    settings: &Settings,
    model: &Model,
    layer: Layer,
    (collages, cell): (&Collages, u32),
) -> Result<Header, Error> {
    let Settings {
        // Each record is of one method and one collage; more of either may be measured later.
        methods: _,
        collages: _,
        options,
        grid,
        cell: _,
        fit,
        layer: _,
        out: _,
    } = settings;
    Ok(Header {
        schema_version: 2,
        cam_version: env!("CARGO_PKG_VERSION"),
        network: NetworkSettings::new(model)?,
        layer: model.layer_name(layer),
        // Every image stands in the header with its digest.
        images: collages.names(),
        images_sha256: collages.sha256(),
        grid: *grid,
        cell,
        fit: fit.to_string(),
        options: MethodSettings::new(options),
    })
}

/// The side of a cell in pixels.
fn side(settings: &Settings, model: &Model) -> Result<u32, Error> {
    let grid = settings.grid;
    let [rows, columns] = grid;
    if !((1..=8).contains(&rows) && (1..=8).contains(&columns) && rows * columns > 1) {
        return Err(Error::usage(format_args!(
            "a grid of {rows}x{columns}: it has at least two cells, and at most 8x8"
        )));
    }
    let network = model.network();
    let (width, height) = network.preprocessing().size;
    let fits = |side: usize| network.check_size([rows * side, columns * side]).is_ok();
    // A network of one size takes a collage of that size.
    let usual = if fits(width) { width } else { width / columns };
    let side = settings.cell.unwrap_or(usual as u32);
    if !fits(side as usize) {
        return Err(Error::usage(format_args!(
            "{} does not take a collage of {rows}x{columns} cells of {side} pixels, but images of {width}×{height}: choose a \
             cell and a grid that make that, or export it for images of any size",
            model.name()
        ))
        .see(Setting::Cells));
    }
    let pixels = grid.iter().map(|&cells| cells * side as usize).product::<usize>();
    if pixels > MAX_PIXELS {
        return Err(Error::usage(format_args!(
            "a collage of {}x{} cells of {side} pixels has {pixels} pixels, more than the {MAX_PIXELS} of a \
             network's input: choose a smaller cell or grid",
            grid[0], grid[1]
        )).see(Setting::Cells));
    }
    Ok(side)
}

fn measure(
    seen: &Seen<'_>,
    contestant: &Contestant,
    (collage, cell): (usize, usize),
    seed: u64,
) -> Result<Record, Error> {
    let measures = measure::measure(seen, contestant, seed)
        .map_err(|error| error.of(format_args!("{} of {}", contestant.name, seen.concept)))?;
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

/// What a measure has no value for is no failure of the run.
fn no_value(error: &cam_metrics::Error) -> bool {
    matches!(error, cam_metrics::Error::Constant | cam_metrics::Error::NothingPositive)
}
