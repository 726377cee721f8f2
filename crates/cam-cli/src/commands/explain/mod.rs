//! `cam explain`, from arguments as meant to files and lines.

mod names;
mod outputs;
mod report;
mod settings;
mod write;

pub use names::Names;
pub use outputs::Outputs;
pub use settings::Settings;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cam_core::{Layer, Method};
use cam_explain::paths::distinct;
use cam_explain::vectors::VectorFile;
use cam_explain::{
    Answer, Captured, Clock, Environment, Error, Failed, Model, PreparedQuestion, Question, Report,
    Source, Subject, drawing, kept,
};
use cam_viz::Panel;
use image::RgbImage;

use crate::arguments::Explain;
use crate::failure::Failure;
use crate::{output, print};
use report::Document;

/// Rows of a figure at most: it stays below the 65535 pixels that a JPEG can be high.
const MOST_ROWS: usize = 128;

pub fn run(arguments: &Explain, environment: &Environment) -> Result<(), Failure> {
    let vectors = arguments.vectors.iter().map(|vector| VectorFile::of(vector));
    let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
    let queries = arguments.queries.sources(&environment.cancel)?;
    let mut asked: Vec<_> =
        arguments.concepts.iter().map(|concept| Source::named(concept)).collect();
    asked.extend(arguments.negatives.iter().map(|negative| (None, Source::of(negative))));
    let settings = Settings::new(arguments, &queries, &asked, &vectors)?;
    let model = arguments.model.load_for(&arguments.images, environment)?;
    let model = model.upsampled(settings.upsample);
    let settings = settings.for_network(arguments, model.network())?;
    // A mistyped layer is found before any image is read.
    let layers = model.layers_or_last(&settings.layer_names)?;
    let classes = arguments.classes.iter().map(|class| model.class_named(class));
    let classes = classes.collect::<Result<Vec<_>, _>>()?;
    if settings.top.is_some() && model.network().classifier().is_none() {
        return Err(Failure::usage(
            "nothing is asked, and these weights hold no classifier (no `fc`) whose likeliest class could be explained: \
             ask with --concept",
        ));
    }
    let mut concepts = model.embed_named(&asked)?;
    let negatives = concepts.split_off(arguments.concepts.len());
    for vector in &vectors {
        concepts.push(model.concept_of(vector)?);
    }
    let names = distinct(concepts.iter().map(|concept| concept.name.clone()));
    concepts.iter_mut().zip(names).for_each(|(concept, name)| concept.name = name);
    let question = settings.question(&concepts, &negatives, &classes);
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
    pub question: Question,
    asked: Asked,
    /// What the files are called.
    pub names: Names,
}

/// Of what all queries are asked.
enum Asked {
    /// Of the same.
    Same(Box<PreparedQuestion>),
    /// Each of its own likeliest classes, so many.
    Top(usize),
}

/// A query's results.
struct Explained {
    /// What to report of it.
    report: Report,
    /// Its rows of the figure, as many as there is space for.
    rows: Vec<Vec<Panel>>,
    /// How many there would be.
    all_rows: usize,
}

/// Runs all queries; a bad one among several does not keep the others from being explained.
fn explain(session: &Session<'_>, queries: &[Source]) -> Result<(), Failure> {
    let Session { model, settings, names, .. } = session;
    let most_rows = (MOST_ROWS / settings.panels_in_a_row().div_ceil(drawing::WIDEST_ROW)).max(1);
    let mut taken = names.check(&settings.outputs, &settings.inputs)?;
    let mut document = Document::new(session)?;
    let (mut rows, mut all_rows) = (Vec::new(), 0);
    for (query, name) in queries.iter().zip(&names.queries) {
        model.environment().cancel.check("what was written is whole")?;
        match session.explain(query, name, most_rows - rows.len(), &mut taken) {
            Ok(explained) => {
                if !settings.json {
                    say(settings, &explained.report)?;
                }
                document.queries.push(explained.report);
                rows.extend(explained.rows);
                all_rows += explained.all_rows;
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
        let left_out = all_rows.saturating_sub(rows.len());
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

/// What a method has raw maps of, where that is no layer.
fn place(rule: &dyn Method) -> Option<&'static str> {
    match (rule.is_at_input(), rule.is_of_network()) {
        (true, _) => Some("input"),
        (_, true) => Some("tokens"),
        _ => None,
    }
}

/// One line per question, where data goes to files; on standard error when standard output is taken.
fn say(settings: &Settings, report: &Report) -> Result<(), Failure> {
    let is_taken = settings.outputs.use_stdout();
    report.lines().iter().try_for_each(|line| print::beside(is_taken, line))
}

impl<'a> Session<'a> {
    fn new(
        model: &'a Model,
        settings: &'a Settings,
        layers: Vec<Layer>,
        question: Question,
        queries: &[Source],
    ) -> Result<Self, Failure> {
        let asked = match settings.top {
            None => Asked::Same(Box::new(question.prepare(model)?)),
            Some(k) => Asked::Top(k),
        };
        let subjects = match &asked {
            Asked::Same(question) => question.subjects(),
            Asked::Top(_) => &[],
        };
        let names = Names::new(
            settings.query_names(queries),
            subjects.iter().map(Subject::distinct_name),
            layers.iter().map(|&layer| model.layer_name(layer)).collect(),
            settings.methods.iter().map(|method| (method.name.clone(), place(&*method.rule))),
        );
        Ok(Self { model, settings, layers, question, asked, names })
    }

    /// Explains one query, with `room` for so many rows of the figure; files get no place that is taken.
    fn explain(
        &self,
        query: &Source,
        name: &str,
        room: usize,
        taken: &mut BTreeSet<PathBuf>,
    ) -> Result<Explained, Failure> {
        let mut clock = Clock::start();
        let seen = (&self.layers[..], kept(&self.settings.methods));
        let captured = self.model.capture_at(query, seen, &mut clock)?;
        let own;
        let (question, questions) = match &self.asked {
            Asked::Same(question) => (&**question, self.names.questions.clone()),
            Asked::Top(k) => {
                own = self.of_top_classes(&captured, *k)?;
                let questions = distinct(own.subjects().iter().map(Subject::distinct_name));
                self.check_overlays(name, &questions, taken)?;
                (&own, questions)
            }
        };
        let answers = captured.ask_by(&self.settings.methods, question, self.settings.tta)?;
        clock.lap("explain");
        let outputs = &self.settings.outputs;
        let in_figure = outputs.figure.is_some() && room > 0;
        let overlays = match outputs.overlay.is_some() || in_figure {
            true => self.overlays(&captured, &answers)?,
            false => Vec::new(),
        };
        let mut rows = match in_figure {
            true => drawing::rows(self.question.concepts(), (&captured, name), &answers, &overlays),
            false => Vec::new(),
        };
        rows.truncate(room);
        clock.lap("draw");
        let files = write::files(self, (name, &questions), &captured, &answers, &overlays)?;
        clock.lap("write");
        let report = Report::new(&captured, name, &answers, files, clock);
        let report = match self.settings.boxes {
            Some(threshold) => report.with_boxes(&answers, threshold),
            None => report,
        };
        Ok(Explained { report, rows, all_rows: question.rows() })
    }

    /// Finds what is wrong with a query's overlays, which are named after its own classes.
    fn check_overlays(
        &self,
        query: &str,
        questions: &[String],
        taken: &mut BTreeSet<PathBuf>,
    ) -> Result<(), Failure> {
        let Some(pattern) = &self.settings.outputs.overlay else { return Ok(()) };
        let overlays = self.names.overlays(pattern, query, questions);
        output::check_more(overlays.iter().map(PathBuf::as_path), &self.settings.inputs, taken)
    }

    /// What is asked of a query where nothing is: what speaks for its likeliest classes.
    fn of_top_classes(
        &self,
        captured: &Captured<'_>,
        k: usize,
    ) -> Result<PreparedQuestion, Failure> {
        let classes = captured.top_classes(k)?.into_iter().map(|class| class.index);
        Ok(self.question.clone().and_classes(classes).prepare(self.model)?)
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
