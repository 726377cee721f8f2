//! Concepts, alone and in files.

use std::path::PathBuf;

use cam_explain::Source;
use cam_explain::concepts::{add, existing, find, remove};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;

use crate::array::array;
use crate::error::{raised, usage};
use crate::images::sources;
use crate::interrupt::released;
use crate::network::Network;
use crate::wanted::rows;

/// What `pickle` keeps: the class and its arguments.
type Reduced<'py> = (Bound<'py, PyAny>, (String, Bound<'py, PyAny>));

/// Something to look for: a direction of the embedding, with a name.
#[pyclass(frozen, module = "cam_explain")]
pub struct Concept {
    /// The facade's.
    pub inner: cam_explain::Concept,
}

#[pymethods]
impl Concept {
    /// A vector that was made elsewhere: by a text encoder, say.
    #[new]
    fn new(name: &str, vector: &Bound<'_, PyAny>) -> PyResult<Self> {
        let [vector] = <[Vec<f32>; 1]>::try_from(rows(vector)?)
            .map_err(|rows| usage(format_args!("a concept is one vector, not {}", rows.len())))?;
        let origin = format!("the vector `{name}`");
        let inner = cam_explain::Concept::of_vector(name, origin, vector).map_err(raised)?;
        Ok(Self { inner })
    }

    /// What it is called.
    #[getter]
    fn name(&self) -> &str {
        &self.inner.name
    }

    /// Its embedding, `[d]` of float32.
    #[getter]
    fn vector<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let values = self.inner.embedding.clone();
        let width = values.len();
        array(py, values, [width]).into_any()
    }

    fn __repr__(&self) -> String {
        let cam_explain::Concept { name, origin, embedding, .. } = &self.inner;
        format!("Concept({name:?}, {} wide, from {origin})", embedding.len())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        let class = py.get_type::<Self>().into_any();
        Ok((class, (self.inner.name.clone(), self.vector(py))))
    }
}

/// A file of concepts, each a name with many images: `cam concept` reads and writes the same.
#[pyclass(frozen, module = "cam_explain")]
pub struct Concepts {
    /// The file, which need not be there until a concept is added.
    pub path: PathBuf,
}

#[pymethods]
impl Concepts {
    #[new]
    fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds images to a concept, and images of what it is not. Gives how many were new.
    #[pyo3(signature = (network, name, images, *, negatives=None))]
    fn add(
        &self,
        py: Python<'_>,
        network: &Network,
        name: &str,
        images: &Bound<'_, PyAny>,
        negatives: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        let images = sources(images)?;
        let negatives = negatives.map_or_else(|| Ok(Vec::<Source>::new()), sources)?;
        let model = network.for_call()?;
        let added = released(py, &model.environment().cancel, || {
            add(&self.path, name, &images, &negatives, &model)
        })?;
        Ok(added.added)
    }

    /// Takes a concept out of the file.
    fn remove(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let cancel = cam_explain::Cancel::default();
        released(py, &cancel, || remove(&self.path, name, &cancel).map(drop))
    }

    /// What the concepts are called, in order.
    #[getter]
    fn names(&self) -> PyResult<Vec<String>> {
        let set = existing(&self.path).map_err(raised)?;
        Ok(set.concepts().iter().map(|concept| concept.name.clone()).collect())
    }

    /// The embeddings of a concept's images, `[m, d]` of float32.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let set = existing(&self.path).map_err(raised)?;
        let concept = find(&set, name).map_err(|error| PyKeyError::new_err(error.reason()))?;
        let rows = concept.examples.iter().map(|example| example.embedding.as_slice());
        let (count, values) = (concept.examples.len(), rows.collect::<Vec<_>>().concat());
        let width = values.len() / count.max(1);
        Ok(array(py, values, [count, width]).into_any())
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.names()?.len())
    }

    fn __repr__(&self) -> String {
        format!("Concepts({:?})", self.path)
    }
}
