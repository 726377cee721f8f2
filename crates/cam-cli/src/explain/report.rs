use std::collections::BTreeMap;

use cam_core::Arithmetic;
use cam_viz::Window;
use clap::ValueEnum as _;
use serde::Serialize;

use super::condition::Condition;
use super::input::{Clock, Input};
use super::mass::Mass;
use super::{Answer, Concept, Kind, Session, Settings, draw};
use crate::arguments::TargetName;
use crate::failure::Failure;
use crate::print::printable;

/// A share of the mass on padding that a line mentions.
const WORTH_SAYING: f32 = 0.005;

/// What `--json` prints.
#[derive(Serialize)]
pub struct Document {
    schema_version: u32,
    cam_version: &'static str,
    model: String,
    weights: String,
    weights_prefix: String,
    weights_remarks: Vec<String>,
    weights_sha256: Option<String>,
    embedding_width: usize,
    methods: Vec<String>,
    arithmetic: &'static str,
    layers: Vec<String>,
    concepts: Vec<ConceptReport>,
    negatives: Vec<ConceptReport>,
    concept_target: Option<String>,
    class_target: Option<String>,
    /// Where the figure is.
    pub figure: Option<String>,
    /// One entry per query that could be explained.
    pub queries: Vec<QueryReport>,
    /// One entry per query that could not.
    pub failures: Vec<Failed>,
}

/// What a concept was made from.
#[derive(Serialize)]
struct ConceptReport {
    name: String,
    image: String,
    #[serde(flatten)]
    condition: Condition,
}

/// A query that could not be explained.
#[derive(Serialize)]
pub struct Failed {
    /// As it was given.
    pub image: String,
    /// Why.
    pub error: String,
}

/// What is reported of one query.
#[derive(Serialize)]
pub struct QueryReport {
    image: String,
    /// Its name, no two alike.
    pub name: String,
    width: u32,
    height: u32,
    input_width: usize,
    input_height: usize,
    #[serde(flatten)]
    condition: Condition,
    questions: Vec<QuestionReport>,
    files: Vec<String>,
    milliseconds: BTreeMap<&'static str, f64>,
    #[serde(skip)]
    lines: Vec<String>,
}

#[derive(Serialize)]
struct QuestionReport {
    kind: Kind,
    name: String,
    method: String,
    score: f32,
    cosine: Option<f32>,
    raw_min: Vec<f32>,
    raw_max: Vec<f32>,
    degenerate: bool,
    mass: Option<Mass>,
    /// The share of the finished map's mass that lay on padding, and was cut away.
    on_padding: Option<f32>,
}

impl Document {
    /// What is known before the first query.
    pub fn new(session: &Session<'_>, negatives: &[Concept]) -> Result<Self, Failure> {
        let settings = session.settings;
        let name = |target: TargetName| {
            target.to_possible_value().map(|value| value.get_name().to_owned())
        };
        Ok(Self {
            schema_version: 1,
            cam_version: env!("CARGO_PKG_VERSION"),
            model: session.model.network.description().name.clone(),
            weights: session.model.origin(),
            weights_prefix: session.model.place.prefix.clone(),
            weights_remarks: session.model.place.remarks.clone(),
            // A digest of a large file takes a while; only the document has a use for it.
            weights_sha256: settings.json.then(|| session.model.sha256()).transpose()?,
            embedding_width: session.model.network.description().embedding_width(),
            methods: settings.methods.iter().map(|method| method.name.clone()).collect(),
            arithmetic: match settings.arithmetic {
                Arithmetic::Standard => "standard",
                Arithmetic::PytorchGradCam => "pytorch-grad-cam",
            },
            layers: session.names.layers.clone(),
            concepts: session.concepts.iter().map(ConceptReport::new).collect(),
            negatives: negatives.iter().map(ConceptReport::new).collect(),
            concept_target: (!session.concepts.is_empty())
                .then(|| name(settings.of_concepts))
                .flatten(),
            class_target: (!settings.classes.is_empty())
                .then(|| name(settings.of_classes))
                .flatten(),
            figure: None,
            queries: Vec::new(),
            failures: Vec::new(),
        })
    }
}

impl ConceptReport {
    fn new(concept: &Concept) -> Self {
        Self {
            name: concept.name.clone(),
            image: concept.source.to_string(),
            condition: concept.condition.clone(),
        }
    }
}

impl QueryReport {
    /// What is known of an explained query.
    pub fn new(
        input: &Input,
        name: &str,
        answers: &[Answer],
        files: Vec<String>,
        clock: Clock,
        session: &Session<'_>,
    ) -> Self {
        let milliseconds = clock.milliseconds();
        let total = milliseconds.get("total").copied().unwrap_or_default();
        let seen = input.window().inside();
        let question = |answer| QuestionReport::new(answer, session.settings, &seen);
        let questions: Vec<QuestionReport> = answers.iter().map(question).collect();
        let shown = printable(name);
        let lines = answers.iter().zip(&questions).map(|(answer, report)| {
            // Where there is no mass, the number says so already.
            let padding = report.on_padding.filter(|&share| share >= WORTH_SAYING);
            let padding = padding.map(|share| format!(", {:.0} % on padding", share * 100.0));
            let padding = padding.unwrap_or_default();
            let mass = report.mass.map(|mass| format!("mass {}{padding}", mass.words()));
            let mass = mass.unwrap_or_default();
            let question = printable(&draw::question(answer));
            let number = draw::number(session.settings, answer);
            let method = match session.settings.methods.as_slice() {
                [_] => String::new(),
                several => format!("{:<24} ", several[answer.method].name),
            };
            format!("{shown}: {question:<28} {method}{number:<20} {mass:<26} {total:.0} ms")
        });
        let lines = lines.collect();
        let [input_height, input_width] = input.size();
        Self {
            image: input.source.to_string(),
            name: name.to_owned(),
            width: input.picture.pixels.width(),
            height: input.picture.pixels.height(),
            input_width,
            input_height,
            condition: input.condition.clone(),
            questions,
            files,
            milliseconds,
            lines,
        }
    }

    /// One line per question: name, question, number, where the map's mass lies, time.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl QuestionReport {
    /// `seen` is the part of the picture that the network saw.
    fn new(answer: &Answer, settings: &Settings, seen: &Window) -> Self {
        Self {
            kind: answer.subject.kind,
            name: answer.subject.name.clone(),
            method: settings.methods[answer.method].name.clone(),
            score: answer.score,
            cosine: answer.cosine,
            raw_min: answer.raw.iter().map(cam_viz::Map::min).collect(),
            raw_max: answer.raw.iter().map(cam_viz::Map::max).collect(),
            degenerate: answer.degenerate,
            mass: Mass::of(&answer.map, seen),
            on_padding: answer.on_padding,
        }
    }
}
