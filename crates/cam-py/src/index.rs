//! A folder of images, found again with reasons.

use std::path::PathBuf;

use cam_explain::Error;
use cam_explain::index::{self, Settings, Shown};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::array;
use crate::document::dictionary;
use crate::error::raised;
use crate::images::source;
use crate::interrupt::released;
use crate::network::Network;

/// An index of a folder of images: `cam index` and `cam search` read and write the same.
#[pyclass(frozen, module = "cam_explain")]
pub struct Index {
    path: PathBuf,
}

#[pymethods]
impl Index {
    /// The folder of the index, which need not be there until images are added.
    #[new]
    fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Indexes the images of a folder and of the folders below it; what did not change is not run again. Gives a summary.
    ///
    /// With `maps` what explains a hit is kept too, at fifty times the space.
    #[pyo3(signature = (network, folder, *, maps=true, blocks=None, moved=false))]
    fn add<'py>(
        &self,
        py: Python<'py>,
        network: &Network,
        folder: PathBuf,
        maps: bool,
        blocks: Option<usize>,
        moved: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let index = self.path.clone();
        let settings = Settings { index, keeps_maps: maps, blocks, is_moved: moved };
        let model = network.for_call()?;
        let made =
            released(py, &model.environment().cancel, || index::index(&model, &folder, &settings))?;
        dictionary(py, &made)
    }

    /// The images most like one, the most similar first: a list of dictionaries with `path` and `cosine`, and, where the
    /// index kept maps and `explain` is set, `map`: what each position of the image adds to the cosine, `[h', w']`.
    #[pyo3(signature = (network, image, *, top=10, explain=false))]
    fn search<'py>(
        &self,
        py: Python<'py>,
        network: &Network,
        image: &Bound<'py, PyAny>,
        top: usize,
        explain: bool,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let source = source(image, "query")?;
        let model = network.for_call()?;
        let found = released(py, &model.environment().cancel, || {
            let index = index::Index::open(&self.path)?;
            let model = model.clone().with_images(index.reading(*model.reading(), None, None));
            let shown = Shown { explains: explain, ..Shown::default() };
            let found = index.search(&model, &source, top, shown)?;
            let maps = if explain { found.compare()? } else { Vec::new() };
            let hits =
                found.hits.iter().map(|hit| (found.entry(hit).image.path.to_string(), hit.cosine));
            let maps = maps.into_iter().map(|compared| {
                let [_, theirs] = compared.pair.maps();
                (theirs, compared.pair.sizes()[1])
            });
            Ok((hits.collect::<Vec<_>>(), maps.collect::<Vec<_>>()))
        })?;
        let (hits, maps) = found;
        let mut maps = maps.into_iter();
        let rows = hits.into_iter().map(|(path, cosine)| {
            let row = PyDict::new(py);
            row.set_item("path", path)?;
            row.set_item("cosine", cosine)?;
            if let Some((values, size)) = maps.next() {
                row.set_item("map", array(py, values, size))?;
            }
            Ok(row)
        });
        rows.collect()
    }

    /// The paths of the images, and their embeddings `[n, d]` of float32, of length 1.
    fn vectors<'py>(&self, py: Python<'py>) -> PyResult<(Vec<String>, Bound<'py, PyAny>)> {
        let read = || {
            let index = index::Index::open(&self.path)?;
            let gallery = index.gallery();
            let entries = gallery.entries();
            let paths = entries.iter().map(|entry| entry.image.path.to_string());
            let vectors = entries.iter().map(|entry| Ok(gallery.vector(entry)?.to_vec()));
            let vectors = vectors.collect::<Result<Vec<_>, Error>>()?.concat();
            Ok::<_, Error>((paths.collect::<Vec<_>>(), vectors))
        };
        let (paths, values) = py.detach(read).map_err(raised)?;
        let width = values.len() / paths.len().max(1);
        let count = paths.len();
        Ok((paths, array(py, values, [count, width]).into_any()))
    }

    fn __len__(&self) -> PyResult<usize> {
        let index = index::Index::open(&self.path).map_err(raised)?;
        Ok(index.gallery().entries().len())
    }

    fn __repr__(&self) -> String {
        format!("Index({:?})", self.path)
    }
}
