use std::collections::BTreeSet;
use std::path::PathBuf;

use cam_explain::paths::distinct;

use super::Outputs;
use crate::failure::Failure;
use crate::output::{self, Pattern, Subject};

/// The names that make the outputs' paths, known before the first query but for those of its own questions.
pub struct Names {
    /// What the queries are called, no two alike.
    pub queries: Vec<String>,
    /// What the questions to all queries are called in file names, in the order of reporting, no two alike; none where
    /// each query has its own.
    pub questions: Vec<String>,
    /// The captured layers, in the order of computation.
    pub layers: Vec<String>,
    /// The methods, and what each of them has raw maps of: every layer, or the input.
    methods: Vec<(String, Vec<String>)>,
}

impl Names {
    /// Names of queries, made distinct already, of questions, of layers, and of methods with what they look at where that
    /// is no layer.
    pub fn new(
        queries: Vec<String>,
        questions: impl IntoIterator<Item = String>,
        layers: Vec<String>,
        methods: impl IntoIterator<Item = (String, Option<&'static str>)>,
    ) -> Self {
        let places = |place: Option<&str>| match place {
            Some(place) => vec![place.to_owned()],
            None => layers.clone(),
        };
        let methods = methods.into_iter().map(|(name, place)| (name, places(place)));
        let methods = methods.collect();
        Self { queries, questions: distinct(questions), layers, methods }
    }

    /// The figure of all queries.
    pub fn figure(&self, pattern: &Pattern) -> PathBuf {
        pattern.path(Subject { query: &self.queries.join("+"), ..Subject::default() })
    }

    /// A query's overlays, one per question and method, the methods of a question together.
    pub fn overlays(&self, pattern: &Pattern, query: &str, questions: &[String]) -> Vec<PathBuf> {
        let paths = questions.iter().flat_map(|concept| {
            self.methods.iter().map(move |(method, _)| {
                pattern.path(Subject { query, concept, method, ..Subject::default() })
            })
        });
        paths.collect()
    }

    /// A query's raw maps: per method, a file for each layer.
    pub fn raw(&self, pattern: &Pattern, query: &str) -> Vec<Vec<PathBuf>> {
        let paths = self.methods.iter().map(|(method, layers)| {
            let paths = layers
                .iter()
                .map(|layer| pattern.path(Subject { query, layer, method, ..Subject::default() }));
            paths.collect()
        });
        paths.collect()
    }

    /// A query's finished maps, one file per method.
    pub fn maps(&self, pattern: &Pattern, query: &str) -> Vec<PathBuf> {
        let methods = self.methods.iter();
        let path = |(method, _): &(String, _)| {
            pattern.path(Subject { query, method, ..Subject::default() })
        };
        methods.map(path).collect()
    }

    /// Finds what is wrong with any of the files before the first is written; `inputs` are read. Gives the places that
    /// are taken.
    pub fn check(
        &self,
        outputs: &Outputs,
        inputs: &[PathBuf],
    ) -> Result<BTreeSet<PathBuf>, Failure> {
        let mut taken = BTreeSet::new();
        let all = self.all(outputs);
        output::check_more(all.iter().map(PathBuf::as_path), inputs, &mut taken)?;
        Ok(taken)
    }

    fn all(&self, outputs: &Outputs) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            outputs.figure.iter().map(|pattern| self.figure(pattern)).collect();
        for query in &self.queries {
            paths.extend(
                outputs
                    .overlay
                    .iter()
                    .flat_map(|pattern| self.overlays(pattern, query, &self.questions)),
            );
            paths.extend(outputs.raw.iter().flat_map(|pattern| self.raw(pattern, query).concat()));
            paths.extend(outputs.map.iter().flat_map(|pattern| self.maps(pattern, query)));
        }
        paths
    }
}
