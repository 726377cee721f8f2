//! What images answered, as arrays.

use cam_core::Network as _;
use cam_explain::{Answer, BoundingBox, Colormap, Model, Source};
use cam_viz::{Map, picture_bytes};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::array::{array, of_images, picture};
use crate::error::{raised, usage};
use crate::options::named;

/// A rectangle around a region of a map, in pixels of the image.
#[pyclass(frozen, get_all, name = "Box", module = "cam_explain")]
pub struct Box_ {
    /// The first column.
    pub left: u32,
    /// The first row.
    pub top: u32,
    /// How many columns.
    pub width: u32,
    /// How many rows.
    pub height: u32,
    /// The region's share of what the network saw, 0..=1.
    pub area: f32,
    /// The map's largest value in the region.
    pub max: f32,
    /// The map's mean in the region.
    pub mean: f32,
}

impl From<BoundingBox> for Box_ {
    fn from(found: BoundingBox) -> Self {
        let BoundingBox { left, top, width, height, area, max, mean } = found;
        Self { left, top, width, height, area, max, mean }
    }
}

#[pymethods]
impl Box_ {
    fn __repr__(&self) -> String {
        let Self { left, top, width, height, mean, .. } = self;
        format!("Box(left={left}, top={top}, width={width}, height={height}, mean={mean:.3})")
    }
}

/// What an image answered, and its embedding.
pub struct Explained {
    answers: Vec<Answer>,
    embedding: Vec<f32>,
}

impl Explained {
    /// Of one image.
    pub fn new(answers: Vec<Answer>, embedding: Vec<f32>) -> Self {
        Self { answers, embedding }
    }
}

/// What n images answered to k questions.
#[pyclass(frozen, module = "cam_explain")]
pub struct Answers {
    model: Model,
    sources: Vec<Source>,
    /// How the maps were made.
    #[pyo3(get)]
    method: String,
    answers: Vec<Vec<Answer>>,
    embeddings: Vec<Vec<f32>>,
}

impl Answers {
    /// One list of answers for each image.
    pub fn new(
        model: Model,
        sources: Vec<Source>,
        method: String,
        explained: Vec<Explained>,
    ) -> Self {
        let explained = explained.into_iter().map(|it| (it.answers, it.embedding));
        let (answers, embeddings) = explained.unzip();
        Self { model, sources, method, answers, embeddings }
    }

    fn asked(&self) -> usize {
        self.answers.first().map_or(0, Vec::len)
    }

    /// An answer by the numbers of its image and question, counted from behind where they are negative.
    fn answer(&self, image: isize, question: isize) -> PyResult<(&Source, &Answer)> {
        let image = place("image", image, self.answers.len())?;
        let question = place("question", question, self.asked())?;
        Ok((&self.sources[image], &self.answers[image][question]))
    }

    /// A number of each answer, `[n, k]`.
    fn table<'py, T: numpy::Element>(
        &self,
        py: Python<'py>,
        number: impl Fn(&Answer) -> T,
    ) -> Bound<'py, PyAny> {
        let all: Vec<T> = self.answers.iter().flatten().map(number).collect();
        array(py, all, [self.answers.len(), self.asked()]).into_any()
    }

    /// Something of all answers: one list for all images where it is the same for all, else one for each.
    fn common<'py>(
        &self,
        py: Python<'py>,
        of: impl Fn(&Answer) -> String,
    ) -> PyResult<Bound<'py, PyAny>> {
        let each = self.answers.iter().map(|answers| answers.iter().map(&of).collect::<Vec<_>>());
        let mut each: Vec<Vec<String>> = each.collect();
        if each.windows(2).all(|pair| pair[0] == pair[1]) {
            return Ok(each.pop().unwrap_or_default().into_pyobject(py)?.into_any());
        }
        Ok(each.into_pyobject(py)?.into_any())
    }

    fn drawn(
        &self,
        py: Python<'_>,
        (image, question): (isize, isize),
        style: &Style<'_>,
    ) -> PyResult<image::RgbImage> {
        let (source, answer) = self.answer(image, question)?;
        let colormap =
            style.colormap.map(|name| named::<Colormap>("colormap", name)).transpose()?;
        let drawn = || {
            let mut heatmap = answer.heatmap();
            if let Some(colormap) = colormap {
                heatmap = heatmap.colored(colormap);
            }
            if let Some(alpha) = style.alpha {
                heatmap = heatmap.weighted(1.0 - alpha);
            }
            if let Some(threshold) = style.boxes {
                heatmap = heatmap.boxed(threshold);
            }
            self.model.overlay(source, &heatmap)
        };
        if let Some(threshold) = style.boxes {
            check_threshold(threshold)?;
        }
        if let Some(alpha) = style.alpha.filter(|alpha| !(0.0..=1.0).contains(alpha)) {
            return Err(usage(format_args!("alpha={alpha}: it is in 0 to 1")));
        }
        py.detach(drawn).map_err(raised)
    }
}

/// The look of an overlay.
struct Style<'a> {
    alpha: Option<f32>,
    colormap: Option<&'a str>,
    boxes: Option<f32>,
}

fn check_threshold(threshold: f32) -> PyResult<()> {
    match threshold > 0.0 && threshold <= 1.0 {
        true => Ok(()),
        false => Err(usage(format_args!(
            "a threshold of {threshold}: finished maps are in 0 to 1; it is above 0 and at most 1"
        ))),
    }
}

fn place(what: &str, number: isize, count: usize) -> PyResult<usize> {
    let from_behind = if number < 0 { number + count as isize } else { number };
    usize::try_from(from_behind).ok().filter(|&place| place < count).ok_or_else(|| {
        pyo3::exceptions::PyIndexError::new_err(format!(
            "{what} {number}: there are {count}, numbered from 0"
        ))
    })
}

#[pymethods]
impl Answers {
    /// Finished maps in 0..=1 of what the network saw, `[n, k, h, w]` of float32: at the input's size, less padding. A list
    /// of `[k, h, w]` where images have maps of different sizes.
    #[getter]
    fn maps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let each = self.answers.iter().map(|answers| answers.iter().map(|a| &a.map).collect());
        of_images(py, &each.collect::<Vec<_>>())
    }

    /// Signed raw maps, positive where the image speaks for the score, `[n, k, h', w']` of float32 at the layer's size. Of
    /// several layers a list, one for each.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let layers = self.answers.first().and_then(|answers| answers.first());
        let layers = layers.map_or(0, |answer| answer.raw.len());
        let of_layer = |layer: usize| {
            let each = self.answers.iter().map(|answers| {
                answers.iter().map(|answer| &answer.raw[layer]).collect::<Vec<&Map>>()
            });
            of_images(py, &each.collect::<Vec<_>>())
        };
        match layers {
            1 => of_layer(0),
            layers => {
                let all = (0..layers).map(of_layer).collect::<PyResult<Vec<_>>>()?;
                Ok(all.into_pyobject(py)?.into_any())
            }
        }
    }

    /// The scores, `[n, k]` of float32.
    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.table(py, |answer| answer.score)
    }

    /// The cosines to the concepts, `[n, k]` of float32, whatever the score; NaN of classes and targets.
    #[getter]
    fn cosines<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.table(py, |answer| answer.cosine.unwrap_or(f32::NAN))
    }

    /// The images' embeddings, `[n, d]` of float32.
    #[getter]
    fn embeddings<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let width = self.model.network().embedding_width();
        array(py, self.embeddings.concat(), [self.embeddings.len(), width]).into_any()
    }

    /// Whether maps say nothing, `[n, k]` of bool.
    #[getter]
    fn degenerate<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.table(py, |answer| answer.degenerate)
    }

    /// What the k questions are about; where images were asked about different classes, a list for each image.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.common(py, |answer| answer.name.clone())
    }

    /// The k questions in words, as `names`.
    #[getter]
    fn questions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.common(py, |answer| answer.question.clone())
    }

    /// What the n images are called.
    #[getter]
    fn images(&self) -> Vec<String> {
        self.sources.iter().map(Source::stem).collect()
    }

    /// A map laid over its image, `[h, w, 3]` of uint8 at the image's own size.
    ///
    /// The image is read again. `alpha` is the colours' part, `boxes` a threshold from which on regions are outlined;
    /// `colormap="diverging"` draws the signed raw map.
    #[pyo3(signature = (image=0, question=0, *, alpha=None, colormap=None, boxes=None))]
    fn overlay<'py>(
        &self,
        py: Python<'py>,
        image: isize,
        question: isize,
        alpha: Option<f32>,
        colormap: Option<&str>,
        boxes: Option<f32>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let style = Style { alpha, colormap, boxes };
        Ok(picture(py, self.drawn(py, (image, question), &style)?))
    }

    /// The same as the bytes of a PNG.
    #[pyo3(signature = (image=0, question=0, *, alpha=None, colormap=None, boxes=None))]
    fn png<'py>(
        &self,
        py: Python<'py>,
        image: isize,
        question: isize,
        alpha: Option<f32>,
        colormap: Option<&str>,
        boxes: Option<f32>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let drawn = self.drawn(py, (image, question), &Style { alpha, colormap, boxes })?;
        let bytes = py.detach(|| picture_bytes("overlay.png".as_ref(), &drawn));
        Ok(PyBytes::new(py, &bytes.map_err(usage)?))
    }

    /// A finished map at its image's own size, `[h, w]` of float32 in 0..=1; 0 where the network did not look.
    #[pyo3(signature = (image=0, question=0))]
    fn on_image<'py>(
        &self,
        py: Python<'py>,
        image: isize,
        question: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (_, answer) = self.answer(image, question)?;
        let map = py.detach(|| answer.on_picture()).map_err(raised)?;
        let shape = [map.height(), map.width()];
        Ok(array(py, map.into_values(), shape).into_any())
    }

    /// The connected regions of a finished map at or above a threshold in 0..=1, the one with the largest mass first.
    #[pyo3(signature = (threshold=0.5, image=0, question=0))]
    fn boxes(&self, threshold: f32, image: isize, question: isize) -> PyResult<Vec<Box_>> {
        check_threshold(threshold)?;
        let (_, answer) = self.answer(image, question)?;
        Ok(answer.boxes(threshold).into_iter().map(Box_::from).collect())
    }

    fn __len__(&self) -> usize {
        self.answers.len()
    }

    fn __repr__(&self) -> String {
        const SHOWN: usize = 4;
        let lines = self.sources.iter().zip(&self.answers).flat_map(|(source, answers)| {
            answers.iter().map(move |answer| {
                format!("\n  {}: {} {}", source.stem(), answer.question, answer.number)
            })
        });
        let count = self.answers.len() * self.asked();
        let rest = match count.saturating_sub(SHOWN) {
            0 => String::new(),
            rest => format!("\n  … and {rest} more"),
        };
        let lines: String = lines.take(SHOWN).collect();
        format!(
            "Answers({} images × {} questions, {}){lines}{rest}",
            self.answers.len(),
            self.asked(),
            self.method
        )
    }

    /// The first overlay.
    fn _repr_png_<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match self.answers.len() * self.asked() {
            1 => self.png(py, 0, 0, None, None, None).map(Some),
            _ => Ok(None),
        }
    }

    /// Overlays in rows, one for each image, with what was asked and what came of it.
    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        const ROWS: usize = 8;
        let mut html = String::from("<table>");
        for image in 0..self.answers.len().min(ROWS) {
            html.push_str("<tr>");
            for question in 0..self.asked().min(ROWS) {
                let (image, question) = (image as isize, question as isize);
                let (source, answer) = self.answer(image, question)?;
                let png = self.png(py, image, question, None, None, None)?;
                let text = py.import("base64")?.call_method1("b64encode", (png,))?;
                let text: String = text.call_method1("decode", ("ascii",))?.extract()?;
                let words = format!("{}: {} {}", source.stem(), answer.question, answer.number);
                let words = py.import("html")?.call_method1("escape", (words,))?;
                html.push_str(&format!(
                    "<td style=\"text-align:center\"><img style=\"max-width:280px;max-height:280px\" alt=\"{words}\" \
                     src=\"data:image/png;base64,{text}\"><br>{words}</td>"
                ));
            }
            html.push_str("</tr>");
        }
        html.push_str("</table>");
        Ok(html)
    }
}
