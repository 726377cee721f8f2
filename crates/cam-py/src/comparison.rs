//! Why two images are similar.

use cam_explain::compare::{self, Compared};
use cam_explain::{Clock, Model};
use image::RgbImage;
use pyo3::prelude::*;

use crate::array::{array, picture};

/// The cosine of two images' embeddings, taken apart into pairs of places.
#[pyclass(frozen, module = "cam_explain")]
pub struct Comparison {
    compared: Compared,
    document: String,
    figure: RgbImage,
}

impl Comparison {
    /// Of two images, with so many of the strongest pairs.
    pub fn new(
        model: &Model,
        images: [&cam_explain::Source; 2],
        lines: usize,
    ) -> Result<Self, cam_explain::Error> {
        let (compared, inputs) = model.compare(images, lines, &mut Clock::start())?;
        let figure = compare::figure(&compared, &[], model.name())?.draw().0;
        let report = compare::Report::new((&compared, &inputs, &[]), model, None, Clock::start());
        let document = serde_json::to_string(&report)?;
        Ok(Self { compared, document, figure })
    }
}

#[pymethods]
impl Comparison {
    /// The cosine.
    #[getter]
    fn cosine(&self) -> f32 {
        self.compared.pair.cosine()
    }

    /// What each position adds to the cosine: of either image an array `[h', w']` of float32.
    #[getter]
    fn maps<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyAny>> {
        let sizes = self.compared.pair.sizes();
        let maps = self.compared.pair.maps().into_iter().zip(sizes);
        maps.map(|(values, size)| array(py, values, size).into_any()).collect()
    }

    /// What each pair of positions adds to the cosine, `[h', w', h'', w'']` of float32.
    #[getter]
    fn pairs<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let [[a, b], [c, d]] = self.compared.pair.sizes();
        array(py, self.compared.pair.contributions().to_vec(), [a, b, c, d]).into_any()
    }

    /// The pairs that belong together most: `from` and `to`, across and down in pixels of either image, and
    /// `contribution`.
    #[getter]
    fn correspondences<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.document(py)?.get_item("correspondences")
    }

    /// Everything, as `cam compare --json` prints it.
    fn document<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (&self.document,))
    }

    /// Both images side by side, with their maps and strongest pairs: `[h, w, 3]` of uint8.
    fn figure<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        picture(py, self.figure.clone())
    }

    fn __repr__(&self) -> String {
        let [first, second] = &self.compared.names;
        format!("Comparison({first:?}, {second:?}, cosine={:.3})", self.cosine())
    }
}
