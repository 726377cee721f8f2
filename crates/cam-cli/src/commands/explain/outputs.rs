use std::collections::BTreeSet;
use std::path::PathBuf;

use cam_explain::Source;

use super::Settings;
use crate::arguments::{Explain, Segment};
use crate::failure::Failure;
use crate::output::{self, Pattern};

/// The files to write.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    /// The figure.
    pub figure: Option<Pattern>,
    /// One overlay per query, question and method.
    pub overlay: Option<Pattern>,
    /// One array of raw maps per query, method and layer.
    pub raw: Option<Pattern>,
    /// One array of finished maps per query and method.
    pub map: Option<Pattern>,
}

impl Outputs {
    /// What the arguments ask for; a figure where they ask for nothing.
    pub fn new(arguments: &Explain, queries: &[Source], concepts: usize) -> Result<Self, Failure> {
        let per_concept = if arguments.difference { 2 } else { 1 };
        let top = Settings::top(arguments).unwrap_or_default();
        let questions = concepts * per_concept + arguments.classes.len() + top;
        let several_queries = ("{query}", queries.len() > 1);
        let several_questions = ("{concept}", questions > 1);
        let distinct_layers: BTreeSet<&String> = arguments.layers.iter().collect();
        let several_layers = ("{layer}", distinct_layers.len() > 1);
        let distinct_methods: BTreeSet<&String> = arguments.method.names.iter().collect();
        let several_methods = ("{method}", distinct_methods.len() > 1);
        let pattern = |path: &Option<PathBuf>, option: &str, several: &[(&str, bool)]| {
            path.as_ref().map(|path| Pattern::new(path, option, several)).transpose()
        };
        let per_question = [several_queries, several_questions, several_methods];
        let outputs = Self {
            figure: pattern(&arguments.out, "--out", &[])?,
            overlay: pattern(&arguments.overlay, "--overlay", &per_question)?,
            raw: pattern(
                &arguments.raw,
                "--raw",
                &[several_queries, several_layers, several_methods],
            )?,
            map: pattern(&arguments.map, "--map", &[several_queries, several_methods])?,
        };
        let outputs = outputs.or_figure(queries.len(), arguments.json)?;
        if outputs.map.as_ref().is_some_and(Pattern::is_png) && questions > 1 {
            return Err(Failure::usage(
                "--map as PNG holds one map, but there are several questions; write .npy",
            ));
        }
        Ok(outputs)
    }

    /// What a segmentation is asked for; a figure where nothing is.
    pub fn of_segmentation(arguments: &Segment, queries: usize) -> Result<Self, Failure> {
        let several = [("{query}", queries > 1)];
        let pattern = |path: &Option<PathBuf>, option: &str, several: &[(&str, bool)]| {
            path.as_ref().map(|path| Pattern::new(path, option, several)).transpose()
        };
        let outputs = Self {
            figure: pattern(&arguments.out, "--out", &[])?,
            overlay: pattern(&arguments.overlay, "--overlay", &several)?,
            raw: pattern(&arguments.raw, "--raw", &several)?,
            map: None,
        };
        outputs.or_figure(queries, arguments.json)
    }

    /// A figure where nothing is asked for.
    fn or_figure(mut self, queries: usize, json: bool) -> Result<Self, Failure> {
        if self.all().next().is_none() && !json {
            let name = if queries > 1 { "queries.cam.png" } else { "{query}.cam.png" };
            self.figure = Some(Pattern::new(name.as_ref(), "--out", &[])?);
        }
        Ok(self)
    }

    /// Every pattern that was given.
    pub fn all(&self) -> impl Iterator<Item = &Pattern> {
        [&self.figure, &self.overlay, &self.raw, &self.map].into_iter().flatten()
    }

    /// Standard output holds one thing: the document or a file.
    pub fn check_streams(&self, json: bool) -> Result<(), Failure> {
        if self.all().filter(|pattern| pattern.is_stdout()).count() + usize::from(json) > 1 {
            return Err(Failure::usage("standard output can hold one thing: --json or one `-`"));
        }
        Ok(())
    }

    /// Whether one of them is standard output.
    pub fn use_stdout(&self) -> bool {
        self.all().any(Pattern::is_stdout)
    }

    /// Finds what is wrong with the files before any work is done for them; `inputs` are read.
    ///
    /// [`Names::check`](super::Names::check) goes on once the placeholders have their values.
    pub fn check(&self, inputs: &[PathBuf]) -> Result<(), Failure> {
        output::check_all(self.all().map(Pattern::as_path), inputs)?;
        let pictures = [&self.figure, &self.overlay].into_iter().flatten();
        for picture in pictures.filter(|pattern| !pattern.is_stdout()) {
            output::check_format(picture.as_path())?;
        }
        Ok(())
    }
}
