use anyhow::{Context as _, anyhow};
use burn::tensor::Tensor;
use cam_core::{Arithmetic, Capture, Explanation, GradCam, Network as _, Target, finish};
use cam_models::ConvNet;
use cam_targets::{ClassLogit, ClassSoftmax, Concepts, CosineSimilarity, Dot, NegativeDistance, difference};
use cam_viz::Map;
use serde::Serialize;

use super::{Concept, Settings};
use crate::arguments::TargetName;
use crate::failure::Failure;
use crate::model::Model;

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
}

/// The questions put to every query.
pub struct Questions {
    targets: Vec<(Kind, Box<dyn Target>)>,
    cosine: Option<CosineSimilarity>,
    /// Kind, index of the concept or number of the class, and name, in the order of reporting.
    subjects: Vec<Subject>,
}

/// What one question is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What is asked.
    pub kind: Kind,
    /// Position among the concepts; none for a class.
    pub concept: Option<usize>,
    /// The concept's name, or `class N`.
    pub name: String,
}

impl Subject {
    /// The name in file names: differences are told from similarities.
    pub fn file_name(&self) -> String {
        match self.kind {
            Kind::Difference => format!("not-{}", self.name),
            Kind::Similarity | Kind::Class => self.name.clone(),
        }
    }
}

/// What a query answers to one question.
pub struct Answer {
    /// The question.
    pub subject: Subject,
    /// The target's score.
    pub score: f32,
    /// The cosine to the concept, whatever the target.
    pub cosine: Option<f32>,
    /// The signed map at each captured layer.
    pub raw: Vec<Map>,
    /// The finished map at the input's size, in 0..=1.
    pub map: Map,
    /// Whether the finished map says nothing.
    pub degenerate: bool,
}

impl Questions {
    /// The targets that the settings ask for.
    pub fn new(model: &Model, settings: &Settings, concepts: &[Concept]) -> Result<Self, Failure> {
        let mut targets = Vec::new();
        let mut cosine = None;
        if !concepts.is_empty() {
            let width = model.network.embedding_width();
            let embeddings = concepts.iter().map(|concept| concept.embedding.clone()).collect();
            let embeddings = Concepts::new(width, embeddings).map_err(anyhow::Error::from)?;
            targets.push((Kind::Similarity, of_concepts(settings.of_concepts, &embeddings)));
            if settings.difference {
                let target: Box<dyn Target> = Box::new(difference(of_concepts(settings.of_concepts, &embeddings)));
                targets.push((Kind::Difference, target));
            }
            cosine = Some(CosineSimilarity::to(embeddings));
        }
        if !settings.classes.is_empty() {
            targets.push((Kind::Class, of_classes(model, settings)?));
        }
        Ok(Self { targets, cosine, subjects: subjects(settings, concepts) })
    }

    /// Puts every question to a capture of one image.
    pub fn ask(
        &self,
        capture: &Capture<'_>,
        network: &ConvNet,
        size: [usize; 2],
        arithmetic: Arithmetic,
    ) -> Result<Vec<Answer>, Failure> {
        let explanations = self.targets.iter().map(|(_, target)| capture.explain(&GradCam, target));
        let explanations = explanations.collect::<Result<Vec<_>, _>>()?;
        let raw = concatenated(&explanations);
        let finished = finish(&raw, size, arithmetic)?;
        let scores = read(Tensor::cat(explanations.iter().map(|e| e.scores.clone()).collect(), 1))?;
        let cosines = self.cosine.as_ref().map(|target| read(target.scores(capture.embeddings()))).transpose()?;
        let raw = raw.into_iter().map(maps).collect::<Result<Vec<_>, _>>()?;
        let finished_maps = maps(finished.maps)?;
        debug_assert_eq!(network.embedding_width(), capture.embeddings().dims()[1]);

        let answers = self.subjects.iter().map(|subject| {
            let at = self.position(subject);
            let missing = || anyhow!("a question was left without an answer");
            let raw = raw.iter().map(|layer| layer.get(at).cloned().with_context(missing));
            Ok(Answer {
                subject: subject.clone(),
                score: *scores.get(at).with_context(missing)?,
                cosine: subject.concept.and_then(|concept| cosines.as_ref()?.get(concept).copied()),
                raw: raw.collect::<Result<_, anyhow::Error>>()?,
                map: finished_maps.get(at).cloned().with_context(missing)?,
                degenerate: finished.degenerate.get(at).copied().unwrap_or(true),
            })
        });
        answers.collect()
    }

    /// Where a question's answer lies among those of all targets.
    fn position(&self, subject: &Subject) -> usize {
        let mut before = 0;
        for (kind, target) in &self.targets {
            if *kind == subject.kind {
                let earlier = self.subjects.iter().filter(|other| other.kind == subject.kind);
                let own = earlier.take_while(|other| !std::ptr::eq(*other, subject)).count();
                return before + own;
            }
            before += target.questions();
        }
        before
    }
}

fn subjects(settings: &Settings, concepts: &[Concept]) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (index, concept) in concepts.iter().enumerate() {
        let subject = |kind| Subject { kind, concept: Some(index), name: concept.name.clone() };
        subjects.push(subject(Kind::Similarity));
        if settings.difference {
            subjects.push(subject(Kind::Difference));
        }
    }
    let classes = settings.classes.iter();
    subjects.extend(classes.map(|class| Subject { kind: Kind::Class, concept: None, name: format!("class {class}") }));
    subjects
}

fn of_concepts(target: TargetName, concepts: &Concepts) -> Box<dyn Target> {
    match target {
        TargetName::Dot => Box::new(Dot::with(concepts.clone())),
        TargetName::NegL2 => Box::new(NegativeDistance::to(concepts.clone())),
        TargetName::Cosine | TargetName::Logit | TargetName::Softmax => Box::new(CosineSimilarity::to(concepts.clone())),
    }
}

fn of_classes(model: &Model, settings: &Settings) -> Result<Box<dyn Target>, Failure> {
    let classifier = model.network.classifier().ok_or_else(|| {
        Failure::usage("--class needs a classifier, and these weights hold none (no `fc`)")
    })?;
    let classes = settings.classes.clone();
    let usage = |error: cam_targets::Error| Failure::Usage(error.into());
    Ok(match settings.of_classes {
        TargetName::Softmax => Box::new(ClassSoftmax::of(classifier.clone(), classes).map_err(usage)?),
        _ => Box::new(ClassLogit::of(classifier.clone(), classes).map_err(usage)?),
    })
}

/// Layer by layer, the raw maps of all targets side by side: `[1, questions, h', w']`.
fn concatenated(explanations: &[Explanation]) -> Vec<Tensor<4>> {
    let layers = explanations.first().map_or(0, |explanation| explanation.layers.len());
    let side_by_side = |layer: usize| {
        Tensor::cat(explanations.iter().map(|e| e.layers[layer].maps.clone()).collect(), 1)
    };
    (0..layers).map(side_by_side).collect()
}

/// The maps of the only image, read from the device.
fn maps(tensor: Tensor<4>) -> Result<Vec<Map>, Failure> {
    let [_, _, height, width] = tensor.dims();
    let values = read(tensor)?;
    let maps = values.chunks(height * width).map(|values| Map::new(width, height, values.to_vec()));
    Ok(maps.collect::<Result<_, _>>().context("the network's maps have no positions")?)
}

/// Reads a result from the device.
pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Failure> {
    let values = tensor.try_into_vec_as::<f32>();
    values.map_err(|error| Failure::Failed(anyhow!("the device failed while its result was read: {error}")))
}
