use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::Answer;
use super::bounding_box::BoundingBox;
use super::captured::Captured;
use super::condition::Condition;
use super::input::Clock;
use super::mass::Mass;
use super::question::Kind;
use crate::text::printable;

/// A share of the mass on padding that a line mentions.
const WORTH_SAYING: f32 = 0.005;

/// What one image answers, to be written as JSON or told in lines.
#[derive(Debug, Serialize)]
pub struct Report {
    image: String,
    /// Its name, no two alike.
    pub name: String,
    width: u32,
    height: u32,
    input_width: usize,
    input_height: usize,
    #[serde(flatten)]
    condition: Condition,
    questions: Vec<AnswerReport>,
    files: Vec<String>,
    milliseconds: BTreeMap<&'static str, f64>,
    #[serde(skip)]
    lines: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AnswerReport {
    kind: Kind,
    name: String,
    /// The class's number.
    class: Option<usize>,
    method: String,
    /// False where the method only shows where something like the concept is.
    #[serde(skip_serializing_if = "is_true")]
    is_explanation: bool,
    score: f32,
    cosine: Option<f32>,
    raw_min: Vec<f32>,
    raw_max: Vec<f32>,
    /// The parts of the score, where the method splits it: they sum to it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    shares: BTreeMap<&'static str, f32>,
    degenerate: bool,
    mass: Option<Mass>,
    /// The share of the finished map's mass that lay on padding, and was cut away.
    on_padding: Option<f32>,
    /// Regions of the finished map, the one with the largest mass first, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    boxes: Option<Vec<BoundingBox>>,
}

impl Report {
    /// Of answers of a captured image under a name, with the files that were written of it and the time it took.
    pub fn new(
        input: &Captured<'_>,
        name: &str,
        answers: &[Answer],
        files: Vec<String>,
        clock: Clock,
    ) -> Self {
        let first = answers.first().map(|answer| answer.method.as_str());
        let has_several = answers.iter().any(|answer| Some(answer.method.as_str()) != first);
        let milliseconds = clock.milliseconds();
        let total = milliseconds.get("total").copied().unwrap_or_default();
        let questions: Vec<AnswerReport> = answers.iter().map(AnswerReport::new).collect();
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
            let method =
                if has_several { format!("{:<24} ", answer.method) } else { String::new() };
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

    /// The same with the [boxes](Answer::boxes) of its answers at a threshold.
    #[must_use]
    pub fn with_boxes(mut self, answers: &[Answer], threshold: f32) -> Self {
        for (report, answer) in self.questions.iter_mut().zip(answers) {
            report.boxes = Some(answer.boxes(threshold));
        }
        self
    }

    /// One line per question: name, question, number, where the map's mass lies, time.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl AnswerReport {
    fn new(answer: &Answer) -> Self {
        Self {
            kind: answer.subject.kind,
            name: answer.subject.name.clone(),
            class: answer.subject.class,
            method: answer.method.clone(),
            is_explanation: answer.is_explanation,
            score: answer.score,
            cosine: answer.cosine,
            raw_min: answer.raw.iter().map(cam_viz::Map::min).collect(),
            raw_max: answer.raw.iter().map(cam_viz::Map::max).collect(),
            shares: answer.shares.clone(),
            degenerate: answer.degenerate,
            mass: answer.mass(),
            on_padding: answer.on_padding,
            boxes: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_true(is: &bool) -> bool {
    *is
}
