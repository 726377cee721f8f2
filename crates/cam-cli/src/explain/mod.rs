//! `cam explain`, from arguments as meant to files and lines.

mod concept;
mod condition;
mod draw;
mod input;
mod mass;
mod method;
mod names;
mod outputs;
mod question;
mod questions;
mod report;
mod seen;
mod settings;
mod size;
mod write;

pub use concept::Concept;
pub use condition::{Condition, MOST_DISTORTION, unseen, window};
pub use input::{Clock, Input, MAX_PIXELS, Prepared, Reading};
pub use mass::Mass;
pub use method::{arithmetic, check_use, chosen, rule};
pub use names::Names;
pub use outputs::Outputs;
pub use question::{Answer, Kind, Subject};
pub use questions::{Questions, maps, read};
pub use report::{Document, Failed, QueryReport};
pub use settings::{Settings, layer_or_last, overlay_style};
pub use size::{Size, width_and_height};

use anyhow::anyhow;
use cam_core::{Capture, Layer, Network as _};
use cam_viz::Panel;

use crate::failure::{Failure, message};
use crate::model::Model;
use crate::source::Source;
use crate::{interrupt, print};

/// Rows of a figure at most: it stays below the 65535 pixels that a JPEG can be high.
const MOST_ROWS: usize = 128;

/// Panels side by side at most; what is more goes on in the next row.
const WIDEST_ROW: usize = 8;

/// Everything that stays the same from query to query.
pub struct Session<'a> {
    /// The network.
    pub model: &'a Model,
    /// What was asked for.
    pub settings: &'a Settings,
    /// The layers, in the order of computation.
    pub layers: Vec<Layer>,
    /// What to look for.
    pub concepts: Vec<Concept>,
    /// What to ask.
    pub questions: Questions,
    /// What the files are called.
    pub names: Names,
}

/// A query's results.
pub struct Explained {
    /// What to report of it.
    pub report: QueryReport,
    /// Its rows of the figure, as many as there is room for.
    pub rows: Vec<Vec<Panel>>,
}

/// Runs all queries; a bad one among several does not keep the others from being explained.
pub fn run(
    model: &Model,
    settings: &Settings,
    queries: &[Source],
    concepts: Vec<Concept>,
    negatives: &[Concept],
) -> Result<(), Failure> {
    let layers = settings.layers(&model.network)?;
    let questions = Questions::new(model, settings, &concepts, negatives)?;
    let names = Names::new(
        settings.query_names(queries),
        questions.subjects().iter().map(Subject::file_name),
        layer_names(model, &layers),
        settings.methods.iter().map(|method| (method.name.clone(), method.rule.is_at_input())),
    );
    names.check(&settings.outputs, &settings.inputs)?;
    let session = Session { model, settings, layers, concepts, questions, names };
    let most_rows = (MOST_ROWS / settings.panels_in_a_row().div_ceil(WIDEST_ROW)).max(1);
    let mut document = Document::new(&session, negatives)?;
    let mut rows = Vec::new();
    for (query, name) in queries.iter().zip(&session.names.queries) {
        interrupt::check("what was written is whole")?;
        match session.explain(query, name, most_rows - rows.len()) {
            Ok(explained) => {
                if !settings.json {
                    say(settings, &explained.report)?;
                }
                document.queries.push(explained.report);
                rows.extend(explained.rows);
            }
            Err(Failure::Failed(error)) if queries.len() > 1 => {
                let error = message(&error);
                print::error(&error);
                document.failures.push(Failed { image: query.to_string(), error });
            }
            Err(failure) => return Err(failure),
        }
    }
    if !rows.is_empty() {
        let left_out =
            (document.queries.len() * session.questions.rows()).saturating_sub(rows.len());
        if left_out > 0 {
            print::remark(format_args!(
                "the figure holds {most_rows} rows; the other {left_out} are left out"
            ));
        }
        let rows = rows.iter().flat_map(|row: &Vec<Panel>| row.chunks(WIDEST_ROW));
        write::figure(&session, rows.map(<[Panel]>::to_vec).collect(), &mut document)?;
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

impl Session<'_> {
    /// Explains one query, with `room` for so many rows of the figure.
    fn explain(&self, query: &Source, name: &str, room: usize) -> Result<Explained, Failure> {
        let mut clock = Clock::start();
        let network = &self.model.network;
        let input = Input::read(query, &self.settings.reading, network, &mut clock)?;
        let capture = Capture::new(network, input.tensor.clone(), &self.layers);
        let capture = capture.map_err(|error| anyhow!("{query}: {error}"))?;
        let capture = capture.with_progress(&interrupt::stop);
        clock.lap("capture");
        let answers = self.questions.ask(&capture, &input, self.settings)?;
        clock.lap("explain");
        let outputs = &self.settings.outputs;
        let in_figure = outputs.figure.is_some() && room > 0;
        let overlays = match outputs.overlay.is_some() || in_figure {
            true => draw::overlays(self.settings, &input, &answers)?,
            false => Vec::new(),
        };
        let mut rows = match in_figure {
            true => draw::rows(self, &input, name, &answers, &overlays),
            false => Vec::new(),
        };
        rows.truncate(room);
        clock.lap("draw");
        let files = write::files(self, name, &input, &answers, &overlays)?;
        clock.lap("write");
        Ok(Explained { report: QueryReport::new(&input, name, &answers, files, clock, self), rows })
    }
}

/// Names of layers, as the network gives them.
fn layer_names(model: &Model, layers: &[Layer]) -> Vec<String> {
    let infos = model.network.layers();
    layers.iter().map(|layer| infos[layer.index()].name.clone()).collect()
}
