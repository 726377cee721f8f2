//! How good methods are, measured.

use std::path::PathBuf;

use cam_explain::MethodOptions;
use cam_explain::evaluate::{Negatives, Places, Settings};
use cam_models::Fit;
use pyo3::prelude::*;

use crate::document::dictionary;
use crate::interrupt::released;
use crate::network::Network;
use crate::options::named;

/// Measures methods on the images of a folder, in collages or, where labelme's files outline objects, on these; as `cam
/// evaluate`, into the folder `out`. What was measured before is not measured again. Gives the summary.
#[pyfunction]
#[pyo3(
    signature = (network, folder, out, *, methods=Vec::new(), measures=Vec::new(), collages=100, grid=(2, 2), cell=None, fit="squash", objects=false, negatives=None, layer=None, seed=None),
    text_signature = "(network, folder, out, *, methods=(), measures=(), collages=100, grid=(2, 2), cell=None, fit='squash', objects=False, negatives=None, layer=None, seed=None)"
)]
#[expect(clippy::too_many_arguments, reason = "each is a keyword")]
pub fn evaluate<'py>(
    py: Python<'py>,
    network: &Network,
    folder: PathBuf,
    out: PathBuf,
    methods: Vec<String>,
    measures: Vec<String>,
    collages: usize,
    grid: (usize, usize),
    cell: Option<u32>,
    fit: &str,
    objects: bool,
    negatives: Option<&str>,
    layer: Option<String>,
    seed: Option<u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let fit = named::<Fit>("fit", fit)?;
    let negatives =
        negatives.map_or_else(|| Ok(Negatives::None), |text| named("negatives", text))?;
    let places = match objects {
        true => Places::Objects,
        false => Places::Collages { count: collages, grid: [grid.0, grid.1], cell, fit },
    };
    let options = MethodOptions { seed, ..MethodOptions::default() };
    let settings = Settings { methods, options, places, negatives, measures, layer, out };
    let model = network.for_call()?;
    let summary = released(py, &model.environment().cancel, || {
        settings.check()?;
        cam_explain::evaluate::evaluate(&model, &folder, &settings)
    })?;
    dictionary(py, &summary)
}
