//! `cam explain`, from arguments as meant to files and lines.

mod names;
mod outputs;
mod report;
mod settings;
mod write;

pub use names::Names;
pub use outputs::Outputs;
pub use settings::Settings;

use cam_core::Layer;
use cam_explain::paths::distinct;
use cam_explain::vectors::VectorFile;
use cam_explain::{
    Answer, Captured, Clock, Concept, Environment, Error, Failed, Model, PreparedQuestion, Source,
    Subject, drawing,
};
use cam_viz::Panel;
use image::RgbImage;

use crate::arguments::Explain;
use crate::failure::Failure;
use crate::print;
use report::{Document, QueryReport};

/// Rows of a figure at most: it stays below the 65535 pixels that a JPEG can be high.
const MOST_ROWS: usize = 128;

pub fn run(arguments: &Explain, environment: &Environment) -> Result<(), Failure> {
    if arguments.concept_count() == 0 && arguments.classes.is_empty() {
        return Err(Failure::usage(
            "nothing is asked: give a concept with -c, or a class with --class",
        ));
    }
    let vectors = arguments.vectors.iter().map(|vector| VectorFile::of(vector));
    let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
    let queries = arguments.queries.sources(&environment.cancel)?;
    let mut asked: Vec<_> =
        arguments.concepts.iter().map(|concept| Source::named(concept)).collect();
    asked.extend(arguments.negatives.iter().map(|negative| (None, Source::of(negative))));
    let settings = Settings::new(arguments, &queries, &asked, &vectors)?;
    let model = arguments.model.load_for(&arguments.images, environment)?;
    // A mistyped layer is found before any image is read.
    let layers = settings.layers(&model)?;
    let mut concepts = model.embed_named(&asked)?;
    let negatives = concepts.split_off(arguments.concepts.len());
    for vector in &vectors {
        concepts.push(model.concept_of(vector)?);
    }
    let names = distinct(concepts.iter().map(|concept| concept.name.clone()));
    concepts.iter_mut().zip(names).for_each(|(concept, name)| concept.name = name);
    let question = settings.question(&concepts, &negatives).prepare(&model)?;
    explain(&Session::new(&model, &settings, layers, question, &queries)?, &queries)
}

/// Everything that stays the same from query to query.
pub struct Session<'a> {
    /// The network.
    pub model: &'a Model,
    /// What was asked for.
    pub settings: &'a Settings,
    /// The layers, in the order of computation.
    pub layers: Vec<Layer>,
    /// What to ask.
    pub question: PreparedQuestion,
    /// What the files are called.
    pub names: Names,
}

/// A query's results.
struct Explained {
    /// What to report of it.
    report: QueryReport,
    /// Its rows of the figure, as many as there is space for.
    rows: Vec<Vec<Panel>>,
}

/// Runs all queries; a bad one among several does not keep the others from being explained.
fn explain(session: &Session<'_>, queries: &[Source]) -> Result<(), Failure> {
    let Session { model, settings, question, names, .. } = session;
    let most_rows = (MOST_ROWS / settings.panels_in_a_row().div_ceil(drawing::WIDEST_ROW)).max(1);
    let mut document = Document::new(session)?;
    let mut rows = Vec::new();
    for (query, name) in queries.iter().zip(&names.queries) {
        model.environment().cancel.check("what was written is whole")?;
        match session.explain(query, name, most_rows - rows.len()) {
            Ok(explained) => {
                if !settings.json {
                    say(settings, &explained.report)?;
                }
                document.queries.push(explained.report);
                rows.extend(explained.rows);
            }
            Err(Failure::Failed(error)) if queries.len() > 1 => {
                let error = Failure::Failed(error).reason();
                print::error(&error);
                document.failures.push(Failed { image: query.to_string(), error });
            }
            Err(failure) => return Err(failure),
        }
    }
    if !rows.is_empty() {
        let left_out = (document.queries.len() * question.rows()).saturating_sub(rows.len());
        if left_out > 0 {
            print::remark(format_args!(
                "the figure holds {most_rows} rows; the other {left_out} are left out"
            ));
        }
        write::figure(session, rows, &mut document)?;
    }
    if settings.json {
        print::json(&document)?;
    }
    Failure::of_images(document.failures.len(), queries.len(), "explained")
}

/// One line per question, where data goes to files; on standard error when standard output is taken.
fn say(settings: &Settings, report: &QueryReport) -> Result<(), Failure> {
    let is_taken = settings.outputs.use_stdout();
    report.lines().iter().try_for_each(|line| print::beside(is_taken, line))
}

impl<'a> Session<'a> {
    fn new(
        model: &'a Model,
        settings: &'a Settings,
        layers: Vec<Layer>,
        question: PreparedQuestion,
        queries: &[Source],
    ) -> Result<Self, Failure> {
        let names = Names::new(
            settings.query_names(queries),
            question.subjects().iter().map(Subject::distinct_name),
            layers.iter().map(|&layer| model.layer_name(layer)).collect(),
            settings.methods.iter().map(|method| (method.name.clone(), method.rule.is_at_input())),
        );
        names.check(&settings.outputs, &settings.inputs)?;
        Ok(Self { model, settings, layers, question, names })
    }

    /// What to look for.
    pub fn concepts(&self) -> &[Concept] {
        self.question.question.concepts()
    }

    /// Explains one query, with `room` for so many rows of the figure.
    fn explain(&self, query: &Source, name: &str, room: usize) -> Result<Explained, Failure> {
        let mut clock = Clock::start();
        let captured = self.model.capture_at(query, &self.layers, &mut clock)?;
        let answers = captured.ask_by(&self.settings.methods, &self.question, self.settings.tta)?;
        clock.lap("explain");
        let outputs = &self.settings.outputs;
        let in_figure = outputs.figure.is_some() && room > 0;
        let overlays = match outputs.overlay.is_some() || in_figure {
            true => self.overlays(&captured, &answers)?,
            false => Vec::new(),
        };
        let mut rows = match in_figure {
            true => drawing::rows(self.concepts(), (&captured, name), &answers, &overlays),
            false => Vec::new(),
        };
        rows.truncate(room);
        clock.lap("draw");
        let files = write::files(self, name, &captured, &answers, &overlays)?;
        clock.lap("write");
        let report = QueryReport::new(&captured, name, &answers, files, clock, self);
        Ok(Explained { report, rows })
    }

    fn overlays(
        &self,
        captured: &Captured<'_>,
        answers: &[Answer],
    ) -> Result<Vec<RgbImage>, Error> {
        let overlay = |answer: &Answer| {
            let heatmap = answer.heatmap().colored(self.settings.style.colormap);
            captured.overlay(&match self.settings.boxes {
                Some(threshold) => heatmap.boxed(threshold),
                None => heatmap,
            })
        };
        answers.iter().map(overlay).collect()
    }
}
