use cam_viz::Map;
use serde::Serialize;

use super::{Concept, Settings};

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

/// What one question is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What is asked.
    pub kind: Kind,
    /// Position among the concepts; none for a class.
    pub concept: Option<usize>,
    /// The concept's name, or `class N`.
    pub name: String,
    /// Where its answer lies: all similarities come first, then all differences, then classes.
    pub(super) position: usize,
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
    /// Position among the methods.
    pub method: usize,
    /// The target's score.
    pub score: f32,
    /// The cosine to the concept, whatever the target.
    pub cosine: Option<f32>,
    /// The signed map at each captured layer, or the only one of a method that looks at the input.
    pub raw: Vec<Map>,
    /// The finished map in 0..=1 of what the network saw of the picture, at the input's size.
    pub map: Map,
    /// The share of the map's mass that lay on padding around the picture, before that was cut away; none
    /// where there was no padding, or no mass.
    pub on_padding: Option<f32>,
    /// Whether the finished map says nothing.
    pub degenerate: bool,
}

/// What is asked, in the order of reporting: a concept's difference follows its similarity.
pub(super) fn subjects(settings: &Settings, concepts: &[Concept]) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (index, concept) in concepts.iter().enumerate() {
        let subject = |kind, position| Subject {
            kind,
            concept: Some(index),
            name: concept.name.clone(),
            position,
        };
        subjects.push(subject(Kind::Similarity, index));
        if settings.difference {
            subjects.push(subject(Kind::Difference, concepts.len() + index));
        }
    }
    let asked_of_concepts = subjects.len();
    subjects.extend(settings.classes.iter().enumerate().map(|(index, class)| Subject {
        kind: Kind::Class,
        concept: None,
        name: format!("class {class}"),
        position: asked_of_concepts + index,
    }));
    subjects
}
