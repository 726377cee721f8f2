use std::path::PathBuf;

use super::Outputs;
use crate::failure::Failure;
use crate::output::{self, Pattern, Subject, distinct};

/// The names that make the outputs' paths, all of them known before the first query.
pub struct Names {
    /// What the queries are called, no two alike.
    pub queries: Vec<String>,
    /// What the questions are called in file names, in the order of reporting, no two alike.
    questions: Vec<String>,
    /// The captured layers, in the order of computation.
    pub layers: Vec<String>,
}

impl Names {
    /// Names of queries, made distinct already, of questions and of layers.
    pub fn new(
        queries: Vec<String>,
        questions: impl IntoIterator<Item = String>,
        layers: Vec<String>,
    ) -> Self {
        Self { queries, questions: distinct(questions), layers }
    }

    /// The figure of all queries.
    pub fn figure(&self, pattern: &Pattern) -> PathBuf {
        pattern.path(Subject { query: &self.queries.join("+"), ..Subject::default() })
    }

    /// A query's overlays, one per question.
    pub fn overlays(&self, pattern: &Pattern, query: &str) -> Vec<PathBuf> {
        let questions = self.questions.iter();
        questions.map(|concept| pattern.path(Subject { query, concept, layer: "" })).collect()
    }

    /// A query's raw maps, one file per layer.
    pub fn raw(&self, pattern: &Pattern, query: &str) -> Vec<PathBuf> {
        let layers = self.layers.iter();
        layers.map(|layer| pattern.path(Subject { query, concept: "", layer })).collect()
    }

    /// A query's finished maps.
    pub fn map(&self, pattern: &Pattern, query: &str) -> PathBuf {
        pattern.path(Subject { query, ..Subject::default() })
    }

    /// Finds what is wrong with any of the files before the first is written; `inputs` are read.
    pub fn check(&self, outputs: &Outputs, inputs: &[PathBuf]) -> Result<(), Failure> {
        output::check_all(self.all(outputs).iter().map(PathBuf::as_path), inputs)
    }

    fn all(&self, outputs: &Outputs) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            outputs.figure.iter().map(|pattern| self.figure(pattern)).collect();
        for query in &self.queries {
            paths.extend(outputs.overlay.iter().flat_map(|pattern| self.overlays(pattern, query)));
            paths.extend(outputs.raw.iter().flat_map(|pattern| self.raw(pattern, query)));
            paths.extend(outputs.map.iter().map(|pattern| self.map(pattern, query)));
        }
        paths
    }
}
