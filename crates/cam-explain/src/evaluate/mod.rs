//! How good are methods, on pictures in which the right place is known?
//!
//! ```no_run
//! use cam_explain::evaluate::{Negatives, Places, Settings, evaluate};
//! use cam_explain::{MethodOptions, Model};
//!
//! let settings = Settings {
//!     methods: ["grad-cam", "layer-cam"].map(str::to_owned).to_vec(),
//!     options: MethodOptions::default(),
//!     places: Places::Collages { count: 4, grid: [2, 2], cell: None, fit: Default::default() },
//!     negatives: Negatives::None,
//!     measures: Vec::new(),
//!     layer: None,
//!     out: "evaluation".into(),
//! };
//! let summary = evaluate(&Model::open("efficientnet-lite0")?, "photographs".as_ref(), &settings)?;
//! println!("{:?}", summary.methods);
//! # Ok::<(), cam_explain::Error>(())
//! ```

mod collage;
mod labelme;
mod measure;
mod negatives;
mod objects;
mod records;
mod run;
mod scene;
mod scenes;
mod seen;
mod summary;
mod wanted;

use std::path::{Path, PathBuf};

use cam_models::Fit;

use crate::error::{Error, Setting};
use crate::explain::{MAX_PIXELS, MethodOptions, usually_measured};
use crate::journal::{MethodSettings, NetworkSettings};
use crate::model::Model;
use crate::progress::Unit;
use crate::{notice, own_results, paths};
use collage::Collages;
use measure::contestants;
use objects::Objects;
use records::{Header, PlacesSettings, Records};
use run::Run;
use scenes::Scenes;
use seen::{Embedded, Networks};
use wanted::Wanted;

pub use negatives::Negatives;
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
    /// In which pictures the right place is known.
    pub places: Places,
    /// What each concept is set against.
    pub negatives: Negatives,
    /// What is measured, by name; everything where there is none.
    pub measures: Vec<String>,
    /// Where to explain; the last layer unless given.
    pub layer: Option<String>,
    /// The folder for what is measured; it is made if it does not exist.
    pub out: PathBuf,
}

/// Pictures in which the right place is known.
#[derive(Debug, Clone)]
pub enum Places {
    /// Collages of the images directly in the folder. Each is asked about each of its images.
    Collages {
        /// How many are made.
        count: usize,
        /// Rows and columns: at least two cells, at most 8 by 8.
        grid: [usize; 2],
        /// Side of a cell in pixels. Unless given the network's input, or where that is of one size alone, what makes
        /// the collage of that size.
        cell: Option<u32>,
        /// How images come to a cell.
        fit: Fit,
    },
    /// Photographs in which labelme's files beside them outline objects. Each is squashed to the network's input, and
    /// asked about each of its objects, cut out.
    Objects,
}

impl Settings {
    /// Finds out what is wrong with them, as far as that can be known without a network.
    ///
    /// # Errors
    /// Where there is no such method, or an option has no effect on any.
    pub fn check(&self) -> Result<(), Error> {
        Wanted::new(&self.measures)?;
        match &self.methods[..] {
            [] => Ok(()),
            methods => contestants(methods, &self.options).map(|_| ()),
        }
    }
}

/// Measures methods on the images directly in a folder, and writes records, tables and a chart. Maps that were measured
/// before are not measured again.
///
/// # Errors
/// Where the folder of results was begun with other settings, the images do not fill a collage, or none has outlines.
pub fn evaluate(model: &Model, folder: &Path, settings: &Settings) -> Result<Summary, Error> {
    let environment = model.environment();
    let usual = || usually_measured(model.network()).iter().map(|&name| name.to_owned());
    let methods = match &settings.methods[..] {
        [] => &usual().collect(),
        _ => &settings.methods,
    };
    let contestants = contestants(methods, &settings.options)?;
    let wanted = Wanted::new(&settings.measures)?;
    own_results::check(&paths::place(folder), &settings.out)?;
    let network = model.network();
    let layer = model.layer_or_last(settings.layer.as_deref())?;
    let random = model.untrained()?;
    let run = Run {
        networks: Networks { trained: network, random: &random },
        layer,
        contestants: &contestants,
        wanted: &wanted,
        negatives: settings.negatives,
        seed: settings.options.seed.unwrap_or_default(),
        environment,
    };
    let (scenes, places) = scenes(settings, model, folder, run.seed)?;
    let counts = scenes.counts();
    if settings.negatives == Negatives::Others && counts.contains(&1) {
        return Err(Error::usage("a picture with one object has no others to set it against"));
    }
    let mut records =
        Records::open(&settings.out, header(settings, model, (&scenes, places), &run)?)?;
    let bar = environment.bar(Unit::Steps, counts.iter().sum::<usize>() * contestants.len());
    let known = records.count();
    let mut all = None;
    for (picture, &things) in counts.iter().enumerate() {
        if run.knows(&records, picture, things) {
            bar.advance((things * contestants.len()) as u64);
            continue;
        }
        if all.is_none() && settings.negatives == Negatives::Mean {
            all = Some(Embedded::new(run.networks, &scenes.all()?)?);
        }
        run.picture((picture, &scenes.make(picture)?), all.as_ref(), &mut records, &*bar)?;
    }
    drop(bar);
    let measured = records.count() - known;
    notice::remark(format_args!(
        "{measured} maps measured, {known} were known; all are in {}",
        records.path().display()
    ));
    let summary = Summary::new(&records, &contestants, &wanted, counts.len(), scenes.failed());
    summary.write(&settings.out)?;
    Ok(summary)
}

/// The pictures that are asked about, and which they are.
fn scenes(
    settings: &Settings,
    model: &Model,
    folder: &Path,
    seed: u64,
) -> Result<(Scenes, PlacesSettings), Error> {
    let (environment, preprocessing) = (model.environment(), model.network().preprocessing());
    let input = (preprocessing.size.0 as u32, preprocessing.size.1 as u32);
    Ok(match settings.places {
        Places::Collages { count, grid, cell, fit } => {
            let side = side(model, grid, cell)?;
            // A network of one size takes an image alone at that size only.
            let takes_cells = model.network().check_size([side as usize; 2]).is_ok();
            let alone = if takes_cells { (side, side) } else { input };
            let background = preprocessing.mean_pixel();
            let collages =
                Collages::open(folder, (grid, side, alone), seed, (fit, background), environment)?;
            let places = PlacesSettings::Collages { grid, cell: side, fit: fit.to_string() };
            (Scenes::Collages(collages, count), places)
        }
        Places::Objects => {
            let objects = Objects::open(folder, input, environment)?;
            (Scenes::Objects(objects), PlacesSettings::Objects { size: input })
        }
    })
}

/// Everything that can change a number; what cannot is named here, so that nothing is forgotten.
fn header(
    settings: &Settings,
    model: &Model,
    (scenes, places): (&Scenes, PlacesSettings),
    run: &Run<'_>,
) -> Result<Header, Error> {
    let Settings {
        // Each record is of one method and one picture; more of either may be measured later.
        methods: _,
        places: _,
        options,
        negatives,
        measures: _,
        layer: _,
        out: _,
    } = settings;
    Ok(Header {
        schema_version: 3,
        cam_version: env!("CARGO_PKG_VERSION"),
        network: NetworkSettings::new(model)?,
        layer: model.layer_name(run.layer),
        // Every image stands in the header with its digest.
        images: scenes.names(),
        images_sha256: scenes.sha256(),
        places,
        negatives: *negatives,
        measures: run.wanted.names(),
        agreement_with: run.compared_with().map(|contestant| contestant.name.clone()),
        options: MethodSettings::new(options),
    })
}

/// The side of a cell in pixels.
fn side(model: &Model, grid: [usize; 2], cell: Option<u32>) -> Result<u32, Error> {
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
    let side = cell.unwrap_or(usual as u32);
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

/// What a measure has no value for is no failure of the run.
fn no_value(error: &cam_metrics::Error) -> bool {
    matches!(error, cam_metrics::Error::Constant | cam_metrics::Error::NothingPositive)
}
