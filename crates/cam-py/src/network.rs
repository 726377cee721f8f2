//! A network, and how it reads images.

use std::sync::Arc;

use cam_core::Network as _;
use cam_explain::{Cancel, Error, Model, tensors};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::answers::Answers;
use crate::array::array;
use crate::capture::{Capture, Held};
use crate::comparison::Comparison;
use crate::concepts::Concept;
use crate::document::dictionary;
use crate::error::{Error as PyError, raised};
use crate::images::{source, sources};
use crate::interrupt::released;
use crate::lanes::{Call, Lanes};
use crate::layer::Layer;
use crate::options;
use crate::pickle;
use crate::process::Process;
use crate::question::Asked;
use crate::wanted::layer_names;

/// A network that turns images into embeddings, ready to run. Any number of threads can use it at once.
#[pyclass(frozen, module = "cam_explain")]
pub struct Network {
    model: Model,
    process: Process,
    /// Of all networks that share these weights.
    lanes: Arc<Lanes>,
}

impl Network {
    /// Of a model that was loaded in this process.
    pub fn new(model: Model) -> Self {
        Self { model, process: Process::this(), lanes: Arc::default() }
    }

    /// The model for one call, which Ctrl-C ends alone.
    pub fn for_call(&self) -> PyResult<Call<'_>> {
        self.process.check()?;
        let environment = self.model.environment().clone().cancelled_by(Cancel::default());
        Ok(self.lanes.call(&self.model, environment))
    }

    fn run<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Model) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let model = self.for_call()?;
        released(py, &model.environment().cancel, || work(&model))
    }
}

#[pymethods]
impl Network {
    /// What the network is called.
    #[getter]
    fn name(&self) -> &str {
        self.model.name()
    }

    /// The width of its embeddings, d.
    #[getter]
    fn width(&self) -> usize {
        self.model.network().embedding_width()
    }

    /// Width and height of its input in pixels; none where it is each image's own.
    #[getter]
    fn size(&self) -> Option<(usize, usize)> {
        let size = self.model.reading().asked_size(self.model.network());
        size.map(|[height, width]| (width, height))
    }

    /// How many threads it runs on.
    #[getter]
    fn threads(&self) -> usize {
        self.model.network().engine().map_or(1, |engine| engine.threads())
    }

    /// What the classes of its classifier are called; none where it has no classifier, or nothing says their names.
    #[getter]
    fn classes(&self) -> Option<Vec<String>> {
        self.model.class_names().map(<[String]>::to_vec)
    }

    /// How many classes its classifier tells apart; none where it has no classifier.
    #[getter]
    fn class_count(&self) -> Option<usize> {
        self.model.class_count().ok()
    }

    /// Weight `[c, d]` and bias `[c]` of its classifier, of float32: the logits are `embeddings @ weight.T + bias`. None where
    /// it has no classifier.
    #[getter]
    fn classifier<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let Some(classifier) = self.model.network().classifier() else { return Ok(None) };
        let [classes, width] = classifier.weight.dims();
        let weight = tensors::read(classifier.weight.clone()).map_err(raised)?;
        let bias = match &classifier.bias {
            Some(bias) => tensors::read(bias.clone()).map_err(raised)?,
            None => vec![0.0; classes],
        };
        let weight = array(py, weight, [classes, width]).into_any();
        Ok(Some((weight, array(py, bias, [classes]).into_any())))
    }

    /// How images are prepared for it, and what that follows from.
    #[getter]
    fn preprocessing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.model.preprocessing_report())
    }

    /// SHA-256 of its weights, in hexadecimal digits.
    #[getter]
    fn sha256(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.model.sha256()).map_err(raised)
    }

    /// The layers that it can be explained at, in the order of computation.
    fn layers(&self) -> Vec<Layer> {
        let network = self.model.network();
        let (width, height) = network.preprocessing().size;
        let all = network.layers().iter();
        let layers = all.map(|layer| Layer {
            name: layer.name.clone(),
            shape: (layer.channels, height / layer.stride.max(1), width / layer.stride.max(1)),
            stride: layer.stride,
            aliases: layer.aliases.clone(),
        });
        layers.collect()
    }

    /// The layer that is taken unless another is asked for.
    #[getter]
    fn last_layer(&self) -> PyResult<String> {
        let last = self.model.layer_or_last(None).map_err(raised)?;
        Ok(self.model.layer_name(last))
    }

    /// The same network, its weights shared, which reads images otherwise.
    #[pyo3(signature = (*, size=None, fit=None, arithmetic=None, upsample=None))]
    fn reading(
        &self,
        size: Option<&Bound<'_, PyAny>>,
        fit: Option<&str>,
        arithmetic: Option<&str>,
        upsample: Option<&str>,
    ) -> PyResult<Self> {
        let mut model = self.model.clone();
        if let Some(arithmetic) = arithmetic {
            model = model.following(options::arithmetic(arithmetic)?);
        }
        let reading = options::reading(*model.reading(), size, fit)?;
        model = model.with_images(reading);
        if let Some(upsample) = upsample {
            model = model.upsampled(options::upsample(upsample)?);
        }
        Ok(Self { model, process: self.process, lanes: Arc::clone(&self.lanes) })
    }

    /// Embeddings of images, `[n, d]` of float32. Several images are run side by side.
    fn embed<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let sources = sources(images)?;
        let values = self.run(py, |model| {
            let mut all = Vec::with_capacity(sources.len() * model.network().embedding_width());
            model.each(&sources, &tensors::embeddings, |source, result| {
                let (_, embedding) = result?;
                if embedding.iter().any(|value| !value.is_finite()) {
                    return Err(Error::failed(format_args!(
                        "{source}: the network's embedding is not finite"
                    )));
                }
                all.extend(embedding);
                Ok(())
            })?;
            Ok(all)
        })?;
        Ok(array(py, values, [sources.len(), self.width()]).into_any())
    }

    /// Something to look for, from an image.
    #[pyo3(signature = (image, name=None))]
    fn concept(
        &self,
        py: Python<'_>,
        image: &Bound<'_, PyAny>,
        name: Option<String>,
    ) -> PyResult<Concept> {
        let source = source(image, "concept")?;
        let mut made = self.run(py, |model| model.embed_named(&[(name, source)]))?;
        let inner = made.pop().ok_or_else(|| PyError::new_err("the image made no concept"))?;
        Ok(Concept { inner })
    }

    /// Runs images once, to be asked any number of questions; at the last layer unless others are given, whose maps are
    /// averaged.
    #[pyo3(signature = (images, *, layer=None))]
    fn capture(
        &self,
        py: Python<'_>,
        images: &Bound<'_, PyAny>,
        layer: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Capture> {
        let sources = sources(images)?;
        let names = layer.map_or_else(|| Ok(Vec::new()), layer_names)?;
        let process = self.process;
        self.run(py, |model| {
            let layers = model.layers_or_last(&names)?;
            Capture::new(model.clone(), process, sources, layers)
        })
    }

    /// Runs images and asks about them; nothing of a run is kept, so that there can be many.
    ///
    /// `concepts` are images, concepts, a dictionary of them by name, or a `Concepts` file; `classes` names or numbers;
    /// `vectors` `[k, d]`, `[d]` or a dictionary; `target` a function of an embedding `[d]` that gives a score and its
    /// gradient `[d]`; `top` asks each image about its likeliest classes. `negatives` are what concepts are held against,
    /// and `difference` also asks where each concept is not.
    #[pyo3(
        signature = (images, concepts=None, **keywords),
        text_signature = "($self, images, concepts=None, *, classes=None, vectors=None, target=None, top=None, negatives=None, difference=False, score=None, concepts_as=None, method=None, layer=None, tta=False, eigen_smooth=False, top_channels=None, samples=None, blocks=None, seed=None)"
    )]
    fn explain(
        &self,
        py: Python<'_>,
        images: &Bound<'_, PyAny>,
        concepts: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Answers> {
        let sources = sources(images)?;
        let asked = Asked::new(concepts, keywords)?;
        let (ready, answers) = self.run(py, |model| {
            let ready = asked.ready(model)?;
            let layers = model.layers_or_last(&asked.layers)?;
            let answers = model.side_by_side(&sources, |model, source| {
                Held::run(model, source, &layers)?.with_dependent(|_, image| ready.ask(image))
            })?;
            Ok((ready, answers))
        })?;
        ready.told(&self.model, sources, answers)
    }

    /// The likeliest classes of images, the likeliest first: for each image a list of dictionaries with `class`, `name`,
    /// `logit` and `probability`.
    #[pyo3(signature = (images, top=5))]
    fn classify<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        top: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let sources = sources(images)?;
        let all = self.run(py, |model| {
            model.class_count()?;
            let mut all = Vec::with_capacity(sources.len());
            model.each(&sources, &tensors::logits, |_, result| {
                all.push(model.top_classes(&result?.1, top)?);
                Ok(())
            })?;
            Ok(all)
        })?;
        dictionary(py, &all)
    }

    /// Why two images are similar: the cosine of their embeddings, taken apart into pairs of places.
    #[pyo3(signature = (first, second, *, lines=8))]
    fn compare(
        &self,
        py: Python<'_>,
        first: &Bound<'_, PyAny>,
        second: &Bound<'_, PyAny>,
        lines: usize,
    ) -> PyResult<Comparison> {
        let (first, second) = (source(first, "first")?, source(second, "second")?);
        self.run(py, |model| Comparison::new(model, [&first, &second], lines))
    }

    fn __repr__(&self) -> String {
        let size = match self.size() {
            Some((width, height)) => format!("{width}×{height}"),
            None => "native".to_owned(),
        };
        format!(
            "Network({:?}, embeddings {} wide, input {size}, {} threads, from {})",
            self.name(),
            self.width(),
            self.threads(),
            self.model.origin()
        )
    }

    /// How another process loads the same network.
    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let keywords = pickle::keywords(py, &self.model)?;
        let restore = py.import("cam_explain")?.getattr("_restore")?;
        Ok((restore, (keywords,)))
    }
}
