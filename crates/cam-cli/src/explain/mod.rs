//! `cam explain`, from arguments as meant to files and lines.

mod concept;
mod draw;
mod input;
mod mass;
mod outputs;
mod question;
mod questions;
mod report;
mod settings;
mod write;

pub use concept::Concept;
pub use input::{Clock, Input, Reading};
pub use question::{Answer, Kind};
pub use questions::{Questions, read};
pub use report::{Document, Failed, QueryReport};
pub use settings::Settings;

use anyhow::anyhow;
use cam_core::{Capture, Layer, Network as _};
use cam_viz::Panel;

use crate::failure::{Failure, message};
use crate::model::Model;
use crate::source::Source;
use crate::{interrupt, print};

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
}

/// A query's results.
pub struct Explained {
    /// What to report of it.
    pub report: QueryReport,
    /// Its rows of the figure.
    pub rows: Vec<Vec<Panel>>,
}

/// Runs all queries; a bad one among several does not keep the others from being explained.
pub fn run(
    model: &Model,
    settings: &Settings,
    queries: &[Source],
    concepts: Vec<Concept>,
) -> Result<(), Failure> {
    let layers = settings.layers(&model.network)?;
    let questions = Questions::new(model, settings, &concepts)?;
    let session = Session { model, settings, layers, concepts, questions };
    let names = settings.query_names(queries);
    let mut document = Document::new(&session)?;
    let mut rows = Vec::new();
    for (query, name) in queries.iter().zip(&names) {
        interrupt::check("what was written is whole")?;
        match session.explain(query, name) {
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
        write::figure(&session, rows, &mut document)?;
    }
    if settings.json {
        print::json(&document)?;
    }
    match document.failures.len() {
        0 => Ok(()),
        failed => Err(Failure::Partly { failed, of: queries.len() }),
    }
}

/// One line per question, where data goes to files; on standard error when standard output is taken.
fn say(settings: &Settings, report: &QueryReport) -> Result<(), Failure> {
    for line in report.lines() {
        if settings.outputs.use_stdout() {
            print::remark(line);
        } else {
            print::line(line)?;
        }
    }
    Ok(())
}

impl Session<'_> {
    fn explain(&self, query: &Source, name: &str) -> Result<Explained, Failure> {
        let mut clock = Clock::start();
        let network = &self.model.network;
        let input = Input::read(query, &self.settings.reading, network, &mut clock)?;
        let capture = Capture::new(network, input.tensor.clone(), &self.layers);
        let capture = capture.map_err(|error| anyhow!("{query}: {error}"))?;
        clock.lap("capture");
        let answers = self.questions.ask(&capture, input.size(), self.settings.arithmetic)?;
        clock.lap("explain");
        let overlays = draw::overlays(self.settings, &input, &answers)?;
        let rows = draw::rows(self, &input, name, &answers, &overlays);
        clock.lap("draw");
        let files = write::files(self, name, &answers, &overlays)?;
        clock.lap("write");
        Ok(Explained { report: QueryReport::new(&input, name, &answers, files, clock, self), rows })
    }

    /// Names of the captured layers, as the network gives them.
    pub fn layer_names(&self) -> Vec<String> {
        let infos = self.model.network.layers();
        self.layers.iter().map(|layer| infos[layer.index()].name.clone()).collect()
    }
}
