//! What is asked, from keywords to the facade's question.

use std::path::PathBuf;
use std::sync::Arc;

use cam_core::Network as _;
use cam_explain::concepts::{ConceptsAs, check, existing, target};
use cam_explain::paths::distinct;
use cam_explain::{
    Answer, Captured, ChosenMethod, ClassScore, ConceptScore, Error, MethodOptions, Model,
    PreparedQuestion, Question, Source, check_needs, chosen, usual_at,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::answers::{Answers, Explained};
use crate::concepts::Concepts;
use crate::options::{named, scores};
use crate::target::Callable;
use crate::wanted::{Wanted, classes, embedded, function, layer_names, vectors, wanted};

/// The keywords of `ask` and `explain`, as `help` shows them.
pub const KEYWORDS: [&str; 17] = [
    "classes",
    "vectors",
    "target",
    "top",
    "negatives",
    "difference",
    "score",
    "concepts_as",
    "method",
    "layer",
    "tta",
    "eigen_smooth",
    "top_channels",
    "samples",
    "blocks",
    "seed",
    "concepts",
];

/// A question before images were embedded and names looked up, and how it is to be answered.
#[derive(Default)]
pub struct Asked {
    concepts: Vec<Wanted>,
    negatives: Vec<Wanted>,
    vectors: Vec<(String, Vec<f32>)>,
    classes: Vec<String>,
    set: Option<PathBuf>,
    concepts_as: Option<ConceptsAs>,
    function: Option<(String, Py<PyAny>)>,
    top: Option<usize>,
    difference: bool,
    score: Option<(ConceptScore, ClassScore)>,
    method: Option<String>,
    /// Where to explain; the last layer where there are none.
    pub layers: Vec<String>,
    tta: bool,
    options: MethodOptions,
}

impl Asked {
    /// What the keywords say.
    ///
    /// # Errors
    /// Where there is no such keyword, or its value is of another type.
    pub fn new(
        concepts: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut asked = Self::default();
        if let Some(concepts) = concepts {
            asked.set("concepts", concepts)?;
        }
        for (key, value) in keywords.into_iter().flatten() {
            let key = key.cast::<PyString>()?.to_str()?.to_owned();
            let in_context = |error: PyErr| match error.is_instance_of::<PyTypeError>(value.py()) {
                true => PyTypeError::new_err(format!("{key}: {}", error.value(value.py()))),
                false => error,
            };
            if value.is_none() {
                KEYWORDS.contains(&&*key).then_some(()).ok_or_else(|| unknown(&key))?;
            } else {
                asked.set(&key, &value).map_err(in_context)?;
            }
        }
        Ok(asked)
    }

    fn set(&mut self, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match key {
            "concepts" => match value.cast::<Concepts>() {
                Ok(set) => self.set = Some(set.get().path.clone()),
                Err(_) => self.concepts = wanted(value)?,
            },
            "negatives" => self.negatives = wanted(value)?,
            "vectors" => self.vectors = vectors(value)?,
            "classes" => self.classes = classes(value)?,
            "concepts_as" => self.concepts_as = Some(named(key, &value.extract::<String>()?)?),
            "target" => self.function = Some(function(value)?),
            "top" => self.top = Some(value.extract()?),
            "difference" => self.difference = value.extract()?,
            "score" => self.score = Some(scores(&value.extract::<String>()?)?),
            "method" => self.method = Some(value.extract()?),
            "layer" => self.layers = layer_names(value)?,
            "tta" => self.tta = value.extract()?,
            "eigen_smooth" => self.options.eigen_smooth = value.extract()?,
            "top_channels" => self.options.top_channels = Some(value.extract()?),
            "samples" => self.options.samples = Some(value.extract()?),
            "blocks" => self.options.blocks = Some(value.extract()?),
            "seed" => self.options.seed = Some(value.extract()?),
            _ => return Err(unknown(key)),
        }
        Ok(())
    }

    /// Makes it ready to be put to the images of a network.
    ///
    /// # Errors
    /// Where the question does not fit the network or itself, or an image of a concept cannot be read.
    pub fn ready(&self, model: &Model) -> Result<Ready, Error> {
        let methods = self.methods(model)?;
        let function = self.function.as_ref().map(|(name, function)| {
            let function = Python::attach(|py| function.clone_ref(py));
            (name, Arc::new(Callable::new(function, model.network().embedding_width())))
        });
        let (of_concepts, of_classes) = self.score.unwrap_or_default();
        let nothing = self.concepts.is_empty()
            && self.vectors.is_empty()
            && self.classes.is_empty()
            && self.set.is_none()
            && self.function.is_none();
        let question = match (&self.set, &function) {
            (Some(_), Some(_)) => {
                return Err(Error::usage("a file of concepts and a target: ask for one of them"));
            }
            (Some(path), None) => {
                let set = existing(path)?;
                check(&set, model, path.display())?;
                let names = set.concepts().iter().map(|concept| concept.name.clone()).collect();
                Question::of_target(
                    names,
                    target(&set, self.concepts_as.unwrap_or_default())?.into(),
                )
            }
            (None, Some((name, function))) => {
                Question::of_target(vec![name.to_string()], Arc::clone(function) as _)
            }
            (None, None) => {
                let mut concepts = embedded(&self.concepts, model)?;
                for (name, vector) in &self.vectors {
                    let origin = format!("the vector `{name}`");
                    let vector = cam_explain::Concept::of_vector(name, origin, vector.clone())?;
                    concepts.push(vector);
                }
                let names = distinct(concepts.iter().map(|concept| concept.name.clone()));
                concepts.iter_mut().zip(names).for_each(|(concept, name)| concept.name = name);
                Question::similar(&concepts)
            }
        };
        if self.concepts_as.is_some() && self.set.is_none() {
            return Err(Error::usage("`concepts_as` is for a file of concepts: give one"));
        }
        let is_own = self.set.is_some() || function.is_some();
        let asks_more = !self.concepts.is_empty()
            || !self.vectors.is_empty()
            || !self.negatives.is_empty()
            || self.difference
            || self.score.is_some();
        if is_own && asks_more {
            return Err(Error::usage(
                "a file of concepts, and a target of your own, are asked alone: leave out concepts, vectors, negatives, \
                 difference and score",
            ));
        }
        let question = question.in_contrast_to(&embedded(&self.negatives, model)?);
        let question = question.by(of_concepts).by_class(of_classes);
        let question = if self.difference { question.and_not() } else { question };
        let classes = self.classes.iter().map(|class| model.class_named(class));
        let question = question.and_classes(classes.collect::<Result<Vec<_>, _>>()?);
        let questions = match self.top {
            Some(_) if !nothing => {
                return Err(Error::usage(
                    "`top` asks each image about its own likeliest classes: leave out what else is asked",
                ));
            }
            Some(0) => return Err(Error::usage("top=0 asks nothing")),
            Some(top) => Questions::Top(question, top),
            None => Questions::Same(Box::new(question.prepare(model)?)),
        };
        Ok(Ready {
            questions,
            methods,
            tta: self.tta,
            function: function.map(|(_, function)| function),
        })
    }

    /// The method, or the one that is usual for the network.
    fn methods(&self, model: &Model) -> Result<Vec<ChosenMethod>, Error> {
        let usual = usual_at(model.network(), &self.layers, model.arithmetic());
        let names = [self.method.as_deref().unwrap_or(usual).to_owned()];
        let of_a_class = !self.classes.is_empty() || self.top.is_some();
        check_needs(&names, self.layers.len(), of_a_class)?;
        chosen(&names, &self.options, model.arithmetic())
    }
}

/// A question that can be put to images.
pub struct Ready {
    questions: Questions,
    methods: Vec<ChosenMethod>,
    tta: bool,
    /// The target of one's own, which may have raised.
    function: Option<Arc<Callable>>,
}

/// Of what all images are asked.
enum Questions {
    Same(Box<PreparedQuestion>),
    /// Each of its own likeliest classes, so many.
    Top(Question, usize),
}

impl Ready {
    /// Puts it to an image.
    ///
    /// # Errors
    /// As [`Captured::ask_by`].
    pub fn ask(&self, image: &Captured<'_>) -> Result<Explained, Error> {
        Ok(Explained::new(self.answers(image)?, image.embedding()?))
    }

    fn answers(&self, image: &Captured<'_>) -> Result<Vec<Answer>, Error> {
        match &self.questions {
            Questions::Same(question) => image.ask_by(&self.methods, question, self.tta),
            Questions::Top(question, top) => {
                let classes = image.top_classes(*top)?.into_iter().map(|class| class.index);
                let question = question.clone().and_classes(classes).prepare(image.model())?;
                image.ask_by(&self.methods, &question, self.tta)
            }
        }
    }

    /// What images answered, for Python.
    ///
    /// # Errors
    /// What a target of one's own raised.
    pub fn told(
        self,
        model: &Model,
        sources: Vec<Source>,
        explained: Vec<Explained>,
    ) -> PyResult<Answers> {
        self.function.map_or(Ok(()), |function| function.check())?;
        let method = self.methods.into_iter().next().map(|method| method.name);
        Ok(Answers::new(model.clone(), sources, method.unwrap_or_default(), explained))
    }
}

fn unknown(key: &str) -> PyErr {
    let similar = cam_core::nearest(key, KEYWORDS.iter().copied());
    let remedy = match similar.first() {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", KEYWORDS.join(", ")),
    };
    PyTypeError::new_err(format!("there is no keyword `{key}`; {remedy}"))
}
