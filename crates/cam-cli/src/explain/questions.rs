use anyhow::{Context as _, anyhow};
use burn::tensor::Tensor;
use cam_core::{
    Capture, Explanation, FinishedMaps, Network as _, Target, postprocess_fused,
    smooth_over_augmentations,
};
use cam_targets::{
    ClassLogit, ClassReST, ClassSoftmax, Concepts, Contrast, CosineSimilarity, Dot, Finer,
    NegativeDistance, difference,
};
use cam_viz::Map;

use super::method::ChosenMethod;
use super::question::{Answer, Kind, Subject, subjects};
use super::seen::Seen;
use super::{Concept, Input, Settings};
use crate::arguments::TargetName;
use crate::failure::Failure;
use crate::model::Model;

/// The questions put to every query.
pub struct Questions {
    /// Each asks one or more questions; their answers lie side by side in this order.
    targets: Vec<Box<dyn Target>>,
    /// How many of them, the first ones, are about concepts.
    of_concepts: usize,
    /// The cosine to each concept, whatever the target.
    cosine: Option<CosineSimilarity>,
    /// What is asked, in the order of reporting.
    subjects: Vec<Subject>,
}

impl Questions {
    /// The targets that the settings ask for.
    pub fn new(
        model: &Model,
        settings: &Settings,
        concepts: &[Concept],
        negatives: &[Concept],
    ) -> Result<Self, Failure> {
        let mut targets: Vec<Box<dyn Target>> = Vec::new();
        let mut cosine = None;
        if !concepts.is_empty() {
            let embeddings = embeddings(model, concepts)?;
            let target = || -> Result<Box<dyn Target>, Failure> {
                if negatives.is_empty() {
                    return Ok(of_concepts(settings.of_concepts, &embeddings));
                }
                let negatives = self::embeddings(model, negatives)?;
                let contrast = Contrast::to_negatives(embeddings.clone(), negatives);
                Ok(Box::new(contrast.map_err(anyhow::Error::from)?))
            };
            targets.push(target()?);
            if settings.difference {
                targets.push(Box::new(difference(target()?)));
            }
            cosine = Some(CosineSimilarity::to(embeddings));
        }
        let of_concepts = targets.len();
        if !settings.classes.is_empty() {
            targets.push(of_classes(model, settings.of_classes, settings)?);
        }
        Ok(Self { targets, of_concepts, cosine, subjects: subjects(settings, concepts) })
    }

    /// What is asked, in the order of reporting.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Rows that a query takes in a figure: a difference stands beside its similarity.
    pub fn rows(&self) -> usize {
        self.subjects.iter().filter(|subject| subject.kind != Kind::Difference).count()
    }

    /// Puts every question to a capture of one image, and lets every method answer it: all answers
    /// to a question lie together.
    pub fn ask(
        &self,
        capture: &Capture<'_>,
        input: &Input,
        settings: &Settings,
    ) -> Result<Vec<Answer>, Failure> {
        let images = &input.tensor;
        let methods = settings.methods.iter().map(|method| {
            let explanations = self.explain(capture, method)?;
            let raw = concatenated(&explanations);
            let finished = match settings.aug_smooth {
                false => finished(&raw, images, method, settings)?,
                true => self.smoothed(capture, images, method, settings)?,
            };
            let raw = raw.into_iter().map(maps).collect::<Result<Vec<_>, _>>()?;
            Ok(ByMethod { raw, finished: finished.maps, degenerate: finished.degenerate })
        });
        let methods = methods.collect::<Result<Vec<_>, Failure>>()?;
        let scores = self.targets.iter().map(|target| target.scores(capture.embeddings()));
        let scores = read(Tensor::cat(scores.collect(), 1))?;
        let cosines = self
            .cosine
            .as_ref()
            .map(|target| read(target.scores(capture.embeddings())))
            .transpose()?;
        let missing = || anyhow!("a question was left without an answer");
        let asked = self.subjects.iter().flat_map(|subject| {
            methods.iter().enumerate().map(move |(method, made)| (subject, method, made))
        });
        let answers = asked.map(|(subject, method, made)| {
            let at = subject.position;
            let raw = made.raw.iter().map(|layer| layer.get(at).cloned().with_context(missing));
            let map = made.finished.get(at).cloned().with_context(missing)?;
            let Seen { map, on_padding, degenerate } =
                Seen::of(map, input).context("cutting padding away")?;
            Ok(Answer {
                subject: subject.clone(),
                method,
                score: *scores.get(at).with_context(missing)?,
                cosine: subject.concept.and_then(|concept| cosines.as_ref()?.get(concept).copied()),
                raw: raw.collect::<Result<_, anyhow::Error>>()?,
                map,
                on_padding,
                degenerate: degenerate || made.degenerate.get(at).copied().unwrap_or(true),
            })
        });
        answers.collect()
    }

    fn explain(
        &self,
        capture: &Capture<'_>,
        method: &ChosenMethod,
    ) -> Result<Vec<Explanation>, cam_core::Error> {
        let explanations = self.targets.iter().enumerate().map(|(index, target)| {
            let rule = match &method.of_concepts {
                Some(of_concepts) if index < self.of_concepts => of_concepts,
                _ => &method.rule,
            };
            capture.explain(&**rule, target)
        });
        explanations.collect()
    }

    /// Finished maps, averaged over augmented copies of the image.
    fn smoothed(
        &self,
        capture: &Capture<'_>,
        images: &Tensor<4>,
        method: &ChosenMethod,
        settings: &Settings,
    ) -> Result<FinishedMaps, Failure> {
        let smoothed = smooth_over_augmentations(images, |copy| {
            let capture = capture.of_images(copy.clone())?;
            finished(&concatenated(&self.explain(&capture, method)?), &copy, method, settings)
        });
        Ok(smoothed?)
    }
}

/// What a method made, question by question.
struct ByMethod {
    raw: Vec<Vec<Map>>,
    finished: Vec<Map>,
    degenerate: Vec<bool>,
}

fn finished(
    raw: &[Tensor<4>],
    images: &Tensor<4>,
    method: &ChosenMethod,
    settings: &Settings,
) -> Result<FinishedMaps, cam_core::Error> {
    let [_, _, height, width] = images.dims();
    postprocess_fused(raw, [height, width], settings.arithmetic, method.rule.fusion())
}

fn of_concepts(target: TargetName, concepts: &Concepts) -> Box<dyn Target> {
    match target {
        TargetName::Dot => Box::new(Dot::with(concepts.clone())),
        TargetName::NegL2 => Box::new(NegativeDistance::to(concepts.clone())),
        _ => Box::new(CosineSimilarity::to(concepts.clone())),
    }
}

/// What concepts were embedded as.
fn embeddings(model: &Model, concepts: &[Concept]) -> Result<Concepts, Failure> {
    let embeddings = concepts.iter().map(|concept| concept.embedding.clone()).collect();
    let concepts = Concepts::new(model.network.embedding_width(), embeddings);
    Ok(concepts.map_err(anyhow::Error::from)?)
}

fn of_classes(
    model: &Model,
    target: TargetName,
    settings: &Settings,
) -> Result<Box<dyn Target>, Failure> {
    let classifier = model.network.classifier().ok_or_else(|| {
        Failure::usage("--class needs a classifier, and these weights hold none (no `fc`)")
    })?;
    let classes = settings.classes.clone();
    let usage = |error: cam_targets::Error| Failure::Usage(error.into());
    let classifier = classifier.clone();
    Ok(match target {
        TargetName::Softmax => Box::new(ClassSoftmax::of(classifier, classes).map_err(usage)?),
        TargetName::Rest => Box::new(ClassReST::of(classifier, classes).map_err(usage)?),
        TargetName::Finer => {
            Box::new(Finer::of(classifier, classes, Finer::STRENGTH).map_err(usage)?)
        }
        _ => Box::new(ClassLogit::of(classifier, classes).map_err(usage)?),
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
pub fn maps(tensor: Tensor<4>) -> Result<Vec<Map>, Failure> {
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
