//! Images that went through the network once, and can be asked any number of questions.

use std::sync::{Arc, Mutex, PoisonError};

use cam_core::{Layer, Network as _};
use cam_explain::{Captured, Clock, Error, Model, Source};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use self_cell::self_cell;

use crate::answers::Answers;
use crate::array::array;
use crate::error::raised;
use crate::interrupt::released;
use crate::process::Process;
use crate::question::Asked;

type CapturedOf<'m> = Captured<'m>;

self_cell!(
    /// An image's capture with the model that it was made by.
    pub struct Held {
        owner: Model,
        #[not_covariant]
        dependent: CapturedOf,
    }
);

impl Held {
    /// Runs an image once, to be asked at these layers.
    pub fn run(model: &Model, image: &Source, layers: &[Layer]) -> Result<Self, Error> {
        Self::try_new(model.clone(), |model| {
            let kept = cam_explain::usually_kept(model.network());
            model.capture_at(image, (layers, kept), &mut Clock::start())
        })
    }
}

/// Images that went through the network once, and can be asked any number of questions.
#[pyclass(frozen, module = "cam_explain")]
pub struct Capture {
    model: Model,
    process: Process,
    sources: Vec<Source>,
    /// At which layers, and what was kept there; another layer takes its place when it is asked for.
    held: Mutex<(Vec<Layer>, Arc<Vec<Held>>)>,
}

impl Capture {
    /// Runs images once, side by side where there are several.
    pub fn new(
        model: Model,
        process: Process,
        sources: Vec<Source>,
        layers: Vec<Layer>,
    ) -> Result<Self, Error> {
        let held = held(&model, &sources, &layers)?;
        Ok(Self { model, process, sources, held: Mutex::new((layers, Arc::new(held))) })
    }

    fn at(&self, names: &[String]) -> Result<Arc<Vec<Held>>, Error> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.is_empty() {
            let layers = self.model.layers_or_last(names)?;
            if layers != held.0 {
                let anew = self::held(&self.model, &self.sources, &layers)?;
                *held = (layers, Arc::new(anew));
            }
        }
        Ok(Arc::clone(&held.1))
    }

    fn current(&self) -> Arc<Vec<Held>> {
        Arc::clone(&self.held.lock().unwrap_or_else(PoisonError::into_inner).1)
    }
}

fn held(model: &Model, sources: &[Source], layers: &[Layer]) -> Result<Vec<Held>, Error> {
    model.side_by_side(sources, |model, source| Held::run(model, source, layers))
}

#[pymethods]
impl Capture {
    /// Asks about the images, without running the network again.
    ///
    /// The keywords are those of `Network.explain`.
    #[pyo3(
        signature = (concepts=None, **keywords),
        text_signature = "($self, concepts=None, *, classes=None, vectors=None, target=None, top=None, negatives=None, difference=False, score=None, concepts_as=None, method=None, layer=None, tta=False, eigen_smooth=False, top_channels=None, samples=None, blocks=None, seed=None)"
    )]
    fn ask(
        &self,
        py: Python<'_>,
        concepts: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Answers> {
        self.process.check()?;
        let asked = Asked::new(concepts, keywords)?;
        let cancel = &self.model.environment().cancel;
        let (ready, answers) = released(py, cancel, || {
            let ready = asked.ready(&self.model)?;
            let held = self.at(&asked.layers)?;
            let answers = self
                .model
                .side_by_side(&held, |_, held| held.with_dependent(|_, image| ready.ask(image)))?;
            Ok((ready, answers))
        })?;
        ready.told(&self.model, self.sources.clone(), answers)
    }

    /// The images' embeddings, `[n, d]` of float32.
    #[getter]
    fn embeddings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.current();
        let width = self.model.network().embedding_width();
        let read = || {
            let each = held.iter().map(|held| held.with_dependent(|_, image| image.embedding()));
            Ok::<_, Error>(each.collect::<Result<Vec<_>, _>>()?.concat())
        };
        let values = py.detach(read).map_err(raised)?;
        Ok(array(py, values, [held.len(), width]).into_any())
    }

    /// What the images are called.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.sources.iter().map(Source::stem).collect()
    }

    /// What is to be known of each image: that it is damaged, how it came to the network's size, and the like.
    #[getter]
    fn remarks(&self) -> Vec<Vec<String>> {
        let held = self.current();
        let of = |held: &Held| held.with_dependent(|_, image| image.condition.remarks.clone());
        held.iter().map(of).collect()
    }

    fn __len__(&self) -> usize {
        self.sources.len()
    }

    fn __repr__(&self) -> String {
        let layers = &self.held.lock().unwrap_or_else(PoisonError::into_inner).0;
        let layers: Vec<String> =
            layers.iter().map(|&layer| self.model.layer_name(layer)).collect();
        format!("Capture({} images at {})", self.sources.len(), layers.join(", "))
    }
}
