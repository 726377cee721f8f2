use std::fmt;
use std::sync::Arc;

use cam_core::{AlongEmbedding, Target};
use cam_models::ConvNet;
use cam_targets::{
    ClassLogit, ClassReST, ClassSoftmax, Concepts, Contrast, CosineSimilarity, Dot, Finer,
    NegativeDistance, difference,
};
use serde::Serialize;

use super::concept::Concept;
use crate::classes::classifier;
use crate::error::Error;
use crate::model::Model;

/// How an embedding is compared with a concept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConceptScore {
    /// The cosine, in −1..=1.
    #[default]
    Cosine,
    /// The inner product.
    Dot,
    /// The negative Euclidean distance.
    NegativeDistance,
}

/// What is asked of a class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClassScore {
    /// Its logit.
    #[default]
    Logit,
    /// Its probability.
    Softmax,
    /// Its residual softmax: the logit plus the logarithm of the probability.
    Rest,
    /// What tells it from the three classes most like it.
    Finer,
}

impl ConceptScore {
    /// How it changes along the embedding.
    pub fn along_embedding(self) -> AlongEmbedding {
        match self {
            Self::Cosine => CosineSimilarity::ALONG_EMBEDDING,
            Self::Dot => Dot::ALONG_EMBEDDING,
            Self::NegativeDistance => NegativeDistance::ALONG_EMBEDDING,
        }
    }
}

impl ClassScore {
    /// How it changes along the embedding.
    pub fn along_embedding(self) -> AlongEmbedding {
        match self {
            Self::Logit => ClassLogit::ALONG_EMBEDDING,
            Self::Softmax => ClassSoftmax::ALONG_EMBEDDING,
            Self::Rest => ClassReST::ALONG_EMBEDDING,
            Self::Finer => Finer::ALONG_EMBEDDING,
        }
    }
}

/// What is asked of images: for each concept where it is, and where it is not; what speaks for classes; or whatever a
/// target of one's own says.
#[derive(Clone, Default)]
pub struct Question {
    pub(crate) concepts: Vec<Concept>,
    pub(crate) negatives: Vec<Concept>,
    pub(crate) concept_score: ConceptScore,
    pub(crate) has_difference: bool,
    pub(crate) classes: Vec<usize>,
    pub(crate) class_score: ClassScore,
    own: Option<(Vec<String>, Arc<dyn Target>)>,
}

impl Question {
    /// Where is each concept? The score is the cosine unless [`by`](Self::by) says otherwise.
    pub fn similar(concepts: &[Concept]) -> Self {
        Self { concepts: concepts.to_vec(), ..Self::default() }
    }

    /// What speaks for each class of the classifier, numbered from 0?
    pub fn classes(classes: impl IntoIterator<Item = usize>) -> Self {
        Self { classes: classes.into_iter().collect(), ..Self::default() }
    }

    /// What a target of one's own asks: a name for each of its questions.
    pub fn of_target(names: Vec<String>, target: Arc<dyn Target>) -> Self {
        Self { own: Some((names, target)), ..Self::default() }
    }

    /// Also, where each concept is not: 1 less the score.
    #[must_use]
    pub fn and_not(self) -> Self {
        Self { has_difference: true, ..self }
    }

    /// Also, what speaks for classes.
    #[must_use]
    pub fn and_classes(self, classes: impl IntoIterator<Item = usize>) -> Self {
        Self { classes: classes.into_iter().collect(), ..self }
    }

    /// Each concept in contrast to others: its cosine less the mean cosine to these.
    #[must_use]
    pub fn in_contrast_to(self, negatives: &[Concept]) -> Self {
        Self { negatives: negatives.to_vec(), ..self }
    }

    /// How embeddings are compared with concepts.
    #[must_use]
    pub fn by(self, concept_score: ConceptScore) -> Self {
        Self { concept_score, ..self }
    }

    /// What is asked of classes.
    #[must_use]
    pub fn by_class(self, class_score: ClassScore) -> Self {
        Self { class_score, ..self }
    }

    /// What is looked for.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// What concepts are contrasted with.
    pub fn negatives(&self) -> &[Concept] {
        &self.negatives
    }

    /// How embeddings are compared with concepts.
    pub fn concept_score(&self) -> ConceptScore {
        self.concept_score
    }

    /// The classes that are asked for.
    pub fn class_numbers(&self) -> &[usize] {
        &self.classes
    }

    /// What is asked of classes.
    pub fn class_score(&self) -> ClassScore {
        self.class_score
    }

    /// Makes it ready to be put to many images.
    ///
    /// # Errors
    /// Where nothing is asked, concepts are of another width than the network's embeddings, or classes are asked for
    /// that it does not have.
    pub fn prepare(&self, model: &Model) -> Result<Prepared, Error> {
        Prepared::new(self, model)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.concepts.iter().map(|concept| &concept.name);
        f.debug_struct("Question")
            .field("concepts", &names.collect::<Vec<_>>())
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Where is the concept?
    Similarity,
    /// Where is it not?
    Difference,
    /// What speaks for the class?
    Class,
    /// What a target of one's own asks.
    Target,
}

/// What one question is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What is asked.
    pub kind: Kind,
    /// Position among the concepts; none for a class.
    pub concept: Option<usize>,
    /// The class's number; none for a concept.
    pub class: Option<usize>,
    /// The concept's name, or the class's.
    pub name: String,
    /// Where its answer lies: all similarities come first, then all differences, then classes, then one's own.
    pub(crate) position: usize,
}

impl Subject {
    /// A name that tells differences from similarities.
    pub fn distinct_name(&self) -> String {
        match self.kind {
            Kind::Difference => format!("not-{}", self.name),
            _ => self.name.clone(),
        }
    }

    /// The question in words.
    pub fn words(&self) -> String {
        let name = &self.name;
        match self.kind {
            Kind::Similarity => format!("Where is {name}?"),
            Kind::Difference => format!("Where is {name} not?"),
            Kind::Class | Kind::Target => format!("What speaks for {name}?"),
        }
    }
}

/// A question, ready to be put to many images.
pub struct Prepared {
    /// As it was asked.
    pub question: Question,
    /// Each asks one or more questions; their answers lie side by side in this order.
    pub(crate) targets: Vec<Arc<dyn Target>>,
    /// Which of them is that of the classes.
    pub(crate) class_target: Option<usize>,
    /// The cosine to each concept, whatever the target.
    pub(crate) cosine: Option<CosineSimilarity>,
    subjects: Vec<Subject>,
}

impl Prepared {
    fn new(question: &Question, model: &Model) -> Result<Self, Error> {
        let network = model.network();
        let mut targets: Vec<Arc<dyn Target>> = Vec::new();
        let (mut cosine, mut class_target) = (None, None);
        if question.has_difference && question.concepts.is_empty() {
            return Err(Error::usage("a difference is one from a concept: give a concept"));
        }
        if !question.negatives.is_empty() && question.concept_score != ConceptScore::Cosine {
            return Err(Error::usage(
                "negatives make a contrast of cosines: leave out the other score, or them",
            ));
        }
        if !question.concepts.is_empty() {
            let embeddings = embeddings(network, &question.concepts)?;
            targets.push(of_concepts(question, network, &embeddings)?.into());
            if question.has_difference {
                targets.push(Arc::new(difference(of_concepts(question, network, &embeddings)?)));
            }
            cosine = Some(CosineSimilarity::to(embeddings));
        }
        if !question.classes.is_empty() {
            class_target = Some(targets.len());
            targets.push(of_classes(network, question.class_score, &question.classes)?.into());
        }
        if let Some((names, target)) = &question.own {
            if names.len() != target.questions() {
                return Err(Error::usage(format_args!(
                    "the target asks {} questions, and {} names were given",
                    target.questions(),
                    names.len()
                )));
            }
            targets.push(Arc::clone(target));
        }
        if targets.is_empty() {
            return Err(Error::usage("nothing is asked: give a concept, a class or a target"));
        }
        let (question, subjects) = (question.clone(), subjects(question, model));
        Ok(Self { question, targets, class_target, cosine, subjects })
    }

    /// What is asked, in the order of reporting: a concept's difference follows its similarity.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Rows that an image takes in a figure: a difference stands beside its similarity.
    pub fn rows(&self) -> usize {
        self.subjects.iter().filter(|subject| subject.kind != Kind::Difference).count()
    }

    /// A score in words.
    pub(crate) fn number(&self, subject: &Subject, score: f32, cosine: Option<f32>) -> String {
        let question = &self.question;
        let contrasts = !question.negatives.is_empty();
        let by_cosine = question.concept_score == ConceptScore::Cosine;
        match (subject.kind, cosine) {
            (Kind::Class, _) => match question.class_score {
                ClassScore::Logit => format!("logit {score:.3}"),
                ClassScore::Softmax => format!("probability {score:.3}"),
                ClassScore::Rest => format!("logit + log probability {score:.3}"),
                ClassScore::Finer => format!("logit less its neighbours' {score:.3}"),
            },
            (Kind::Target, _) => format!("score {score:.3}"),
            (Kind::Similarity, Some(cosine)) if contrasts => {
                format!("contrast {score:.3}, cosine {cosine:.3}")
            }
            (Kind::Difference, Some(cosine)) if contrasts => {
                format!("1 − contrast = {score:.3}, cosine {cosine:.3}")
            }
            (Kind::Similarity, Some(cosine)) if by_cosine => format!("cosine {cosine:.3}"),
            (Kind::Difference, Some(cosine)) if by_cosine => {
                format!("1 − cosine = {:.3}", 1.0 - cosine)
            }
            (Kind::Difference, cosine) => {
                format!("1 − score = {score:.3}, cosine {:.3}", cosine.unwrap_or(f32::NAN))
            }
            (_, cosine) => format!("score {score:.3}, cosine {:.3}", cosine.unwrap_or(f32::NAN)),
        }
    }
}

fn subjects(question: &Question, model: &Model) -> Vec<Subject> {
    let (mut subjects, concepts) = (Vec::new(), &question.concepts);
    for (index, concept) in concepts.iter().enumerate() {
        let subject = |kind, position| Subject {
            kind,
            concept: Some(index),
            class: None,
            name: concept.name.clone(),
            position,
        };
        subjects.push(subject(Kind::Similarity, index));
        if question.has_difference {
            subjects.push(subject(Kind::Difference, concepts.len() + index));
        }
    }
    let classes = question.classes.iter().map(|&class| (Some(class), model.class_name(class)));
    let own = question.own.iter().flat_map(|(names, _)| names);
    let own = own.map(|name| (None, name.clone()));
    let first = subjects.len();
    subjects.extend(classes.chain(own).enumerate().map(|(index, (class, name))| Subject {
        kind: if class.is_some() { Kind::Class } else { Kind::Target },
        concept: None,
        class,
        name,
        position: first + index,
    }));
    subjects
}

/// What concepts were embedded as.
fn embeddings(network: &ConvNet, concepts: &[Concept]) -> Result<Concepts, Error> {
    let embeddings = concepts.iter().map(|concept| concept.embedding.clone()).collect();
    Ok(Concepts::new(cam_core::Network::embedding_width(network), embeddings)?)
}

fn of_concepts(
    question: &Question,
    network: &ConvNet,
    concepts: &Concepts,
) -> Result<Box<dyn Target>, Error> {
    if !question.negatives.is_empty() {
        let negatives = embeddings(network, &question.negatives)?;
        return Ok(Box::new(Contrast::to_negatives(concepts.clone(), negatives)?));
    }
    Ok(match question.concept_score {
        ConceptScore::Cosine => Box::new(CosineSimilarity::to(concepts.clone())),
        ConceptScore::Dot => Box::new(Dot::with(concepts.clone())),
        ConceptScore::NegativeDistance => Box::new(NegativeDistance::to(concepts.clone())),
    })
}

fn of_classes(
    network: &ConvNet,
    score: ClassScore,
    classes: &[usize],
) -> Result<Box<dyn Target>, Error> {
    let (classifier, classes) = (classifier(network)?.clone(), classes.to_vec());
    let made: Result<Box<dyn Target>, cam_targets::Error> = match score {
        ClassScore::Logit => {
            ClassLogit::of(classifier, classes).map(|target| Box::new(target) as _)
        }
        ClassScore::Softmax => {
            ClassSoftmax::of(classifier, classes).map(|target| Box::new(target) as _)
        }
        ClassScore::Rest => ClassReST::of(classifier, classes).map(|target| Box::new(target) as _),
        ClassScore::Finer => {
            Finer::of(classifier, classes, Finer::STRENGTH).map(|target| Box::new(target) as _)
        }
    };
    made.map_err(Error::usage_by)
}
