use std::collections::BTreeMap;
use std::ops::Deref;

use burn::tensor::Tensor;
use cam_core::{
    Arithmetic, Capture, Explanation, FinishedMaps, Kept, Layer, Method, Network as _,
    postprocess_fused, smooth_over_augmentations,
};
use cam_viz::{Map, Upsampling};

use super::answer::Answer;
use super::input::{Clock, Input};
use super::method::{ChosenMethod, usually_kept};
use super::outliers;
use super::question::{Prepared, Question};
use super::seen::Seen;
use crate::classes::{Class, classifier};
use crate::error::{Context as _, Error, failed};
use crate::model::Model;
use crate::notice;
use crate::source::Source;
use crate::tensors::{maps, read};

/// An image that went through the network once, and can be asked any number of questions.
pub struct Captured<'m> {
    model: &'m Model,
    input: Input,
    capture: Capture<'m>,
}

impl Deref for Captured<'_> {
    type Target = Input;

    fn deref(&self) -> &Input {
        &self.input
    }
}

impl Model {
    /// Reads an image and runs the network once, to be asked at the last layer.
    ///
    /// # Errors
    /// Where the image cannot be read, or the device fails.
    pub fn capture(&self, image: impl Into<Source>) -> Result<Captured<'_>, Error> {
        let network = self.network();
        let seen = (&[network.last_layer()?][..], usually_kept(network));
        self.capture_at(&image.into(), seen, &mut Clock::start())
    }

    /// The same at several layers, whose maps are averaged, and of a transformer with [what methods read](super::kept) of
    /// its attentions; the clock takes the time of `decode`, `prepare` and `capture`.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub fn capture_at(
        &self,
        image: &Source,
        (layers, kept): (&[Layer], Kept),
        clock: &mut Clock,
    ) -> Result<Captured<'_>, Error> {
        let mut input = Input::read(image, self, clock)?;
        let capture = Capture::keeping(kept, self.network(), input.tensor.clone(), layers);
        let capture = capture.map_err(|error| failed!("{image}: {error}"))?;
        let capture = capture.with_progress(&self.environment().cancel);
        if let Some(text) = outliers::remarks(&capture)?.pop().flatten() {
            notice::remark(format_args!("{image}: {text}"));
            input.condition.remarks.push(text);
        }
        clock.lap("capture");
        Ok(Captured { model: self, input, capture })
    }
}

/// A method as it is asked: one that was chosen by name, or a rule alone.
struct Rule<'a> {
    name: &'a str,
    method: &'a dyn Method,
    /// What answers questions about concepts, where the method needs a class.
    of_concepts: Option<&'a dyn Method>,
}

impl<'a> From<&'a ChosenMethod> for Rule<'a> {
    fn from(chosen: &'a ChosenMethod) -> Self {
        let ChosenMethod { name, rule, of_concepts } = chosen;
        Self { name, method: &**rule, of_concepts: of_concepts.as_deref() }
    }
}

impl<'m> Captured<'m> {
    /// The answers to a question, in the order of its concepts: where each is, and where it is not if that is asked;
    /// then of its classes.
    ///
    /// # Errors
    /// Where the question does not fit the network, or the device fails.
    ///
    /// # Examples
    /// ```
    /// use cam_explain::{GradCam, Model, Question, photographs};
    ///
    /// let model = Model::open("efficientnet-lite0")?;
    /// let concepts = model.embed([("coffee", photographs::COFFEE)])?;
    /// let cat = model.capture(("cat", photographs::CAT))?;
    /// let answers = cat.ask(&GradCam, &Question::similar(&concepts).and_not())?;
    /// assert_eq!(answers.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["coffee", "not-coffee"]);
    /// // A difference is one less the similarity.
    /// assert!((answers[0].score + answers[1].score - 1.0).abs() < 1e-6);
    /// let drawn = answers[0].heatmap().over(&cat.picture)?;
    /// assert_eq!(drawn.0.dimensions(), cat.picture.pixels.dimensions());
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    pub fn ask(&self, method: &dyn Method, question: &Question) -> Result<Vec<Answer>, Error> {
        let rule = Rule { name: "", method, of_concepts: None };
        self.answers(&[rule], &question.prepare(self.model)?, false)
    }

    /// The answers of several methods to a prepared question: all answers to a question lie together. Where
    /// `augmented`, finished maps are averaged over six copies of the image: mirrored or not, darker, as it is and
    /// brighter.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn ask_by(
        &self,
        methods: &[ChosenMethod],
        question: &Prepared,
        augmented: bool,
    ) -> Result<Vec<Answer>, Error> {
        let rules: Vec<Rule<'_>> = methods.iter().map(Rule::from).collect();
        self.answers(&rules, question, augmented)
    }

    /// The image as it went in.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Bytes that are kept of it: pixels, activations, and what attentions computed.
    pub fn bytes(&self) -> usize {
        let [height, width] = self.input.size();
        self.input.picture.pixels.as_raw().len() + 3 * height * width + self.capture.bytes()
    }

    /// The network that ran it.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// How its maps are upsampled.
    pub(crate) fn upsampling(&self) -> Result<Upsampling, Error> {
        self.model.upsampling(&self.input.pixels)
    }

    /// The image's embedding.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn embedding(&self) -> Result<Vec<f32>, Error> {
        read(self.capture.embeddings())
    }

    /// The classes that the image is of by the network's classifier, the likeliest first, at most `k`.
    ///
    /// # Errors
    /// Where the network has no classifier, a logit is not finite, or the device fails.
    pub fn top_classes(&self, k: usize) -> Result<Vec<Class>, Error> {
        let logits = classifier(self.model.network())?.forward(self.capture.embeddings());
        let top = self.model.top_classes(&read(logits)?, k);
        top.map_err(|error| error.of(&self.input.source))
    }

    /// The tensors, for whoever works with them.
    pub fn core(&self) -> &Capture<'m> {
        &self.capture
    }

    fn answers(
        &self,
        rules: &[Rule<'_>],
        question: &Prepared,
        augmented: bool,
    ) -> Result<Vec<Answer>, Error> {
        let arithmetic = self.model.arithmetic();
        let upsampling = self.upsampling()?;
        let methods = rules.iter().map(|rule| {
            let explanations = explain(&self.capture, rule, question)?;
            let raw = side_by_side(&explanations);
            let finished = match augmented {
                false => finished(&raw, &self.input.tensor, rule, (arithmetic, &upsampling))?,
                true => self.smoothed(rule, question, &upsampling)?,
            };
            let shares = shares(&explanations)?;
            let raw = raw.into_iter().map(maps).collect::<Result<Vec<_>, _>>()?;
            Ok(ByMethod { raw, shares, finished: finished.maps, degenerate: finished.degenerate })
        });
        let methods = methods.collect::<Result<Vec<_>, Error>>()?;
        let embeddings = || self.capture.embeddings();
        let scores = question.targets.iter().map(|target| target.scores(embeddings()));
        let scores = read(Tensor::cat(scores.collect(), 1))?;
        let cosines = question.cosine.as_ref();
        let cosines = cosines.map(|target| read(cam_core::Target::scores(target, embeddings())));
        let cosines = cosines.transpose()?;

        let missing = || "a question was left without an answer";
        let asked = question.subjects().iter().flat_map(|subject| {
            rules.iter().zip(&methods).map(move |(rule, made)| (subject, rule, made))
        });
        let answers = asked.map(|(subject, rule, made)| {
            let at = subject.position;
            let raw = made.raw.iter().map(|layer| layer.get(at).cloned().with_context(missing));
            let map = made.finished.get(at).cloned().with_context(missing)?;
            let Seen { map, on_padding, degenerate } =
                Seen::of(map, &self.input, &upsampling.onward()).context("cutting padding away")?;
            let score = *scores.get(at).with_context(missing)?;
            let cosine =
                subject.concept.and_then(|concept| cosines.as_ref()?.get(concept).copied());
            let degenerate = degenerate || made.degenerate.get(at).copied().unwrap_or(true);
            let mut number = question.number(subject, score, cosine);
            if degenerate {
                number.push_str(" (nothing found)");
            }
            Ok(Answer {
                name: subject.distinct_name(),
                question: subject.words(),
                subject: subject.clone(),
                method: rule.name.to_owned(),
                is_explanation: rule.method.is_explanation(),
                score,
                number,
                cosine,
                raw: raw.collect::<Result<_, Error>>()?,
                shares: made.shares.get(at).cloned().unwrap_or_default(),
                map,
                on_padding,
                degenerate,
                window: self.input.window(),
                picture: self.input.picture.pixels.dimensions(),
                arithmetic,
                upsampling: upsampling.clone(),
            })
        });
        answers.collect()
    }

    /// Finished maps, averaged over augmented copies of the image.
    fn smoothed(
        &self,
        rule: &Rule<'_>,
        question: &Prepared,
        upsampling: &Upsampling,
    ) -> Result<FinishedMaps, Error> {
        let mirror = upsampling.mirrored();
        let smoothed = smooth_over_augmentations(&self.input.tensor, |copy, is_mirrored| {
            let upsampling = if is_mirrored { &mirror } else { upsampling };
            let capture = self.capture.of_images(copy.clone())?;
            let raw = side_by_side(&explain(&capture, rule, question)?);
            finished(&raw, &copy, rule, (self.model.arithmetic(), upsampling))
        });
        Ok(smoothed?)
    }
}

/// What a method made, question by question.
struct ByMethod {
    raw: Vec<Vec<Map>>,
    shares: Vec<BTreeMap<&'static str, f32>>,
    finished: Vec<Map>,
    degenerate: Vec<bool>,
}

fn explain(
    capture: &Capture<'_>,
    rule: &Rule<'_>,
    question: &Prepared,
) -> Result<Vec<Explanation>, cam_core::Error> {
    let targets = question.targets.iter().enumerate();
    let explanations = targets.map(|(index, target)| {
        let about_a_class = question.class_target == Some(index);
        let of_concepts = rule.of_concepts.filter(|_| !about_a_class);
        capture.explain(of_concepts.unwrap_or(rule.method), &**target)
    });
    explanations.collect()
}

fn finished(
    raw: &[Tensor<4>],
    images: &Tensor<4>,
    rule: &Rule<'_>,
    (arithmetic, upsampling): (Arithmetic, &Upsampling),
) -> Result<FinishedMaps, cam_core::Error> {
    let [_, _, height, width] = images.dims();
    postprocess_fused(raw, [height, width], arithmetic, rule.method.fusion(), upsampling)
}

/// The parts of the score of every question.
fn shares(explanations: &[Explanation]) -> Result<Vec<BTreeMap<&'static str, f32>>, Error> {
    let mut questions = Vec::new();
    for explanation in explanations {
        let [_, asked] = explanation.scores.dims();
        let mut of_target = vec![BTreeMap::new(); asked];
        for share in explanation.layers.iter().flat_map(|layer| &layer.shares) {
            let values = read(share.values.clone())?;
            for (question, value) in of_target.iter_mut().zip(values) {
                question.insert(share.name, value);
            }
        }
        questions.extend(of_target);
    }
    Ok(questions)
}

/// Layer by layer, the raw maps of all targets side by side: `[1, questions, h', w']`.
fn side_by_side(explanations: &[Explanation]) -> Vec<Tensor<4>> {
    let layers = explanations.first().map_or(0, |explanation| explanation.layers.len());
    let of_layer = |layer: usize| {
        Tensor::cat(explanations.iter().map(|e| e.layers[layer].maps.clone()).collect(), 1)
    };
    (0..layers).map(of_layer).collect()
}
