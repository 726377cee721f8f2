use anyhow::{Context as _, anyhow};
use burn::tensor::Tensor;
use cam_core::{Arithmetic, Capture, Explanation, GradCam, Network as _, Target, finish_on_host};
use cam_targets::{
    ClassLogit, ClassSoftmax, Concepts, CosineSimilarity, Dot, NegativeDistance, difference,
};
use cam_viz::Map;

use super::question::{Answer, Kind, Subject, subjects};
use super::{Concept, Settings};
use crate::arguments::TargetName;
use crate::failure::Failure;
use crate::model::Model;

/// The questions put to every query.
pub struct Questions {
    /// Each asks one or more questions; their answers lie side by side in this order.
    targets: Vec<Box<dyn Target>>,
    /// The cosine to each concept, whatever the target.
    cosine: Option<CosineSimilarity>,
    /// What is asked, in the order of reporting.
    subjects: Vec<Subject>,
}

impl Questions {
    /// The targets that the settings ask for.
    pub fn new(model: &Model, settings: &Settings, concepts: &[Concept]) -> Result<Self, Failure> {
        let mut targets: Vec<Box<dyn Target>> = Vec::new();
        let mut cosine = None;
        if !concepts.is_empty() {
            let width = model.network.embedding_width();
            let embeddings = concepts.iter().map(|concept| concept.embedding.clone()).collect();
            let embeddings = Concepts::new(width, embeddings).map_err(anyhow::Error::from)?;
            targets.push(of_concepts(settings.of_concepts, &embeddings));
            if settings.difference {
                let target = difference(of_concepts(settings.of_concepts, &embeddings));
                targets.push(Box::new(target));
            }
            cosine = Some(CosineSimilarity::to(embeddings));
        }
        if !settings.classes.is_empty() {
            targets.push(of_classes(model, settings)?);
        }
        Ok(Self { targets, cosine, subjects: subjects(settings, concepts) })
    }

    /// What is asked, in the order of reporting.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Rows that a query takes in a figure: a difference stands beside its similarity.
    pub fn rows(&self) -> usize {
        self.subjects.iter().filter(|subject| subject.kind != Kind::Difference).count()
    }

    /// Puts every question to a capture of one image.
    pub fn ask(
        &self,
        capture: &Capture<'_>,
        size: [usize; 2],
        arithmetic: Arithmetic,
    ) -> Result<Vec<Answer>, Failure> {
        let explanations = self.targets.iter().map(|target| capture.explain(&GradCam, target));
        let explanations = explanations.collect::<Result<Vec<_>, _>>()?;
        let raw = concatenated(&explanations);
        let finished = finish_on_host(&raw, size, arithmetic)?;
        let scores = read(Tensor::cat(explanations.iter().map(|e| e.scores.clone()).collect(), 1))?;
        let cosines = self
            .cosine
            .as_ref()
            .map(|target| read(target.scores(capture.embeddings())))
            .transpose()?;
        let raw = raw.into_iter().map(maps).collect::<Result<Vec<_>, _>>()?;
        let finished_maps = finished.maps.into_iter().map(|map| Map::new(size[1], size[0], map));
        let finished_maps = finished_maps.collect::<Result<Vec<_>, _>>().context(NO_POSITIONS)?;

        let answers = self.subjects.iter().map(|subject| {
            let at = subject.position;
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
}

fn of_concepts(target: TargetName, concepts: &Concepts) -> Box<dyn Target> {
    match target {
        TargetName::Dot => Box::new(Dot::with(concepts.clone())),
        TargetName::NegL2 => Box::new(NegativeDistance::to(concepts.clone())),
        TargetName::Cosine | TargetName::Logit | TargetName::Softmax => {
            Box::new(CosineSimilarity::to(concepts.clone()))
        }
    }
}

fn of_classes(model: &Model, settings: &Settings) -> Result<Box<dyn Target>, Failure> {
    let classifier = model.network.classifier().ok_or_else(|| {
        Failure::usage("--class needs a classifier, and these weights hold none (no `fc`)")
    })?;
    let classes = settings.classes.clone();
    let usage = |error: cam_targets::Error| Failure::Usage(error.into());
    Ok(match settings.of_classes {
        TargetName::Softmax => {
            Box::new(ClassSoftmax::of(classifier.clone(), classes).map_err(usage)?)
        }
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

const NO_POSITIONS: &str = "the network's maps have no positions";

/// The maps of the only image, read from the device.
fn maps(tensor: Tensor<4>) -> Result<Vec<Map>, Failure> {
    let [_, _, height, width] = tensor.dims();
    let values = read(tensor)?;
    let maps = values.chunks(height * width).map(|values| Map::new(width, height, values.to_vec()));
    Ok(maps.collect::<Result<_, _>>().context(NO_POSITIONS)?)
}

/// Reads a result from the device.
pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Failure> {
    let values = tensor.try_into_vec_as::<f32>();
    values.map_err(|error| {
        Failure::Failed(anyhow!("the device failed while its result was read: {error}"))
    })
}
