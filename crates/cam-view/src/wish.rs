//! What an address asks of the network, in the facade's words.

use cam_explain::paths::distinct;
use cam_explain::vectors::VectorFile;
use cam_explain::{
    Captured, ChosenMethod, ClassScore, Concept, ConceptScore, Error, MethodOptions, Model,
    PreparedQuestion, Question, check_needs, chosen, usual_at,
};

use crate::address::Address;
use crate::library::Library;

/// A question, as far as it can be read without the network.
pub struct Wish {
    /// Names of the images that concepts are made of.
    pub concepts: Vec<String>,
    /// Names of the images that they are held against.
    pub negatives: Vec<String>,
    vectors: Vec<VectorFile>,
    classes: Vec<String>,
    top: Option<usize>,
    has_difference: bool,
    scores: (ConceptScore, ClassScore),
    methods: Vec<String>,
    /// Where to explain; the last layer where there are none.
    pub layers: Vec<String>,
}

/// Scores by their names on the command line.
pub const TARGETS: [&str; 7] = ["cosine", "dot", "neg-l2", "logit", "softmax", "rest", "finer"];

/// More classes than anybody looks at.
const MOST_TOP: usize = 50;

impl Wish {
    /// Reads an address, whose files are in the library.
    ///
    /// # Errors
    /// Where a file is not there, or the address contradicts itself.
    pub fn read(address: &Address, library: &Library) -> Result<Self, Error> {
        let images = |name| address.all(name).map(str::to_owned).collect();
        let split = |list: Option<&str>| {
            list.into_iter()
                .flat_map(|list| list.split(','))
                .map(|name| name.trim().to_owned())
                .collect()
        };
        let top = address.get("top").map(|top| {
            let number = top.parse().ok().filter(|top| (1..=MOST_TOP).contains(top));
            number.ok_or_else(|| {
                Error::usage(format_args!("top is a number from 1 to {MOST_TOP}, not {top}"))
            })
        });
        Ok(Self {
            concepts: images("concept"),
            negatives: images("negative"),
            vectors: address
                .all("vector")
                .map(|row| vector(row, library))
                .collect::<Result<_, _>>()?,
            classes: address.all("class").map(str::to_owned).collect(),
            top: top.transpose()?,
            has_difference: address.is_set("difference"),
            scores: scores(address.get("target"))?,
            methods: split(address.get("method")),
            layers: split(address.get("layer")),
        })
    }

    /// Whether nothing is asked but what the image is of.
    pub fn asks_nothing(&self) -> bool {
        self.concepts.is_empty() && self.vectors.is_empty() && self.classes.is_empty()
    }

    /// For how many of its likeliest classes the image is explained, where nothing else is asked.
    pub fn top(&self) -> Option<usize> {
        self.asks_nothing().then(|| self.top.unwrap_or(1))
    }

    /// Whether a class is asked of, and no concept.
    pub fn asks_of_class(&self) -> bool {
        !self.classes.is_empty() || self.asks_nothing()
    }

    /// How maps are made.
    ///
    /// # Errors
    /// Where there is no such method, or it needs what is not there.
    pub fn methods(&self, model: &Model) -> Result<Vec<ChosenMethod>, Error> {
        let usual = usual_at(model.network(), &self.layers, model.arithmetic());
        let names = match self.methods.is_empty() {
            true => vec![usual.to_owned()],
            false => self.methods.clone(),
        };
        check_needs(&names, self.layers.len(), self.asks_of_class())?;
        chosen(&names, &MethodOptions::default(), model.arithmetic())
    }

    /// The question, of concepts and negatives that were embedded; without the likeliest classes.
    ///
    /// # Errors
    /// Where a class or vector is not known.
    pub fn question(
        &self,
        model: &Model,
        mut concepts: Vec<Concept>,
        negatives: &[Concept],
    ) -> Result<Question, Error> {
        for vector in &self.vectors {
            concepts.push(model.concept_of(vector)?);
        }
        let names = distinct(concepts.iter().map(|concept| concept.name.clone()));
        concepts.iter_mut().zip(names).for_each(|(concept, name)| concept.name = name);
        let classes = self.classes.iter().map(|class| model.class_named(class));
        let question = Question::similar(&concepts)
            .in_contrast_to(negatives)
            .by(self.scores.0)
            .by_class(self.scores.1)
            .and_classes(classes.collect::<Result<Vec<_>, _>>()?);
        Ok(if self.has_difference { question.and_not() } else { question })
    }

    /// The question, once it is known of what the image is.
    ///
    /// # Errors
    /// Where nothing can be asked.
    pub fn prepared(
        &self,
        question: &Question,
        captured: &Captured<'_>,
    ) -> Result<PreparedQuestion, Error> {
        let Some(top) = self.top() else { return question.prepare(captured.model()) };
        let classes = captured.top_classes(top)?.into_iter().map(|class| class.index);
        question.clone().and_classes(classes).prepare(captured.model())
    }
}

/// `[NAME=]FILE[:ROW]`, where the file is in the library.
pub fn vector(text: &str, library: &Library) -> Result<VectorFile, Error> {
    let file = VectorFile::of(text.as_ref())?;
    let path = library.file(&file.path.to_string_lossy())?;
    Ok(VectorFile { path, ..file })
}

fn scores(name: Option<&str>) -> Result<(ConceptScore, ClassScore), Error> {
    let (mut concept, mut class) = (ConceptScore::Cosine, ClassScore::Logit);
    match name {
        None | Some("cosine" | "logit") => {}
        Some("dot") => concept = ConceptScore::Dot,
        Some("neg-l2") => concept = ConceptScore::NegativeDistance,
        Some("softmax") => class = ClassScore::Softmax,
        Some("rest") => class = ClassScore::Rest,
        Some("finer") => class = ClassScore::Finer,
        Some(other) => {
            let all = TARGETS.join(", ");
            return Err(Error::usage(format_args!("{other} is no target; there are {all}")));
        }
    }
    Ok((concept, class))
}
