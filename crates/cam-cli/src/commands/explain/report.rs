use std::collections::BTreeMap;

use cam_core::Arithmetic;
use clap::ValueEnum as _;
use serde::Serialize;

use cam_explain::{Answer, BoundingBox, Captured, Clock, Concept, Condition, Failed, Kind, Mass};

use super::Session;
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
    condition: Option<Condition>,
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
    /// Regions of the finished map, the one with the largest mass first, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    boxes: Option<Vec<BoundingBox>>,
}

impl Document {
    /// What is known before the first query.
    pub fn new(session: &Session<'_>) -> Result<Self, Failure> {
        let (settings, model) = (session.settings, session.model);
        let question = &session.question.question;
        let named = |is_meant: &dyn Fn(&TargetName) -> bool| {
            let target = TargetName::value_variants().iter().find(|target| is_meant(target))?;
            target.to_possible_value().map(|value| value.get_name().to_owned())
        };
        Ok(Self {
            schema_version: 1,
            cam_version: env!("CARGO_PKG_VERSION"),
            model: model.name().to_owned(),
            weights: model.origin(),
            weights_prefix: model.place.prefix.clone(),
            weights_remarks: model.place.remarks.clone(),
            // A digest of a large file takes a while; only the document has a use for it.
            weights_sha256: settings.json.then(|| model.sha256()).transpose()?,
            embedding_width: model.network().description().embedding_width(),
            methods: settings.methods.iter().map(|method| method.name.clone()).collect(),
            arithmetic: match settings.arithmetic {
                Arithmetic::Standard => "standard",
                Arithmetic::PytorchGradCam => "pytorch-grad-cam",
            },
            layers: session.names.layers.clone(),
            concepts: question.concepts().iter().map(ConceptReport::new).collect(),
            negatives: question.negatives().iter().map(ConceptReport::new).collect(),
            concept_target: (!question.concepts().is_empty())
                .then(|| named(&|target| target.of_concepts() == Some(question.concept_score())))
                .flatten(),
            class_target: (!question.class_numbers().is_empty())
                .then(|| named(&|target| target.of_classes() == Some(question.class_score())))
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
            image: concept.origin.clone(),
            condition: concept.condition.clone(),
        }
    }
}

impl QueryReport {
    /// What is known of an explained query.
    pub fn new(
        input: &Captured<'_>,
        name: &str,
        answers: &[Answer],
        files: Vec<String>,
        clock: Clock,
        session: &Session<'_>,
    ) -> Self {
        let milliseconds = clock.milliseconds();
        let total = milliseconds.get("total").copied().unwrap_or_default();
        let questions = answers.iter();
        let questions: Vec<QuestionReport> =
            questions.map(|answer| QuestionReport::new(answer, session.settings.boxes)).collect();
        let shown = printable(name);
        let lines = answers.iter().zip(&questions).map(|(answer, report)| {
            // Where there is no mass, the number says so already.
            let padding = report.on_padding.filter(|&share| share >= WORTH_SAYING);
            let padding = padding.map(|share| format!(", {:.0} % on padding", share * 100.0));
            let padding = padding.unwrap_or_default();
            let mass = report.mass.map(|mass| format!("mass {}{padding}", mass.words()));
            let mass = mass.unwrap_or_default();
            let question = printable(&answer.question);
            let number = &answer.number;
            let method = match session.settings.methods.as_slice() {
                [_] => String::new(),
                _ => format!("{:<24} ", answer.method),
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
    fn new(answer: &Answer, boxes: Option<f32>) -> Self {
        Self {
            kind: answer.subject.kind,
            name: answer.subject.name.clone(),
            method: answer.method.clone(),
            score: answer.score,
            cosine: answer.cosine,
            raw_min: answer.raw.iter().map(cam_viz::Map::min).collect(),
            raw_max: answer.raw.iter().map(cam_viz::Map::max).collect(),
            degenerate: answer.degenerate,
            mass: answer.mass(),
            on_padding: answer.on_padding,
            boxes: boxes.map(|threshold| answer.boxes(threshold)),
        }
    }
}
