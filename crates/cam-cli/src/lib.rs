//! `cam`: visual explanations for image embeddings, on the command line.
//!
//! It turns arguments into calls of `cam_explain`, and answers into files, lines and exit codes. The binary `cam` and
//! the command in the Python package are one call of [`run`].

mod arguments;
mod commands;
mod failure;
mod images;
mod output;
mod print;
mod progress;

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};

use cam_explain::Environment;
use clap::Parser as _;
use clap::error::Error;

use arguments::{Arguments, Command};
use failure::Failure;
use progress::Bars;

/// Runs a command line, the program's name first, and gives its exit code: once in a process.
///
/// Results go to standard output, all else to standard error. Ctrl-C asks for an orderly end from then on.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    // Image after image asks for maps and tensors of the same sizes.
    cam_engine::keep_freed_memory();
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return answered(&error),
    };
    print::set_verbosity(arguments.quiet, arguments.verbose);
    print::listen();
    let limits = arguments.command.picture_limits();
    let environment = Environment::new(limits.memory, limits.max_pixels);
    let environment = ENVIRONMENT.get_or_init(|| environment.showing(Arc::new(Bars)));
    listen(environment);
    match command(arguments.command, environment) {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    }
}

/// What all work shares, once the arguments are known.
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// What all work shares; none before the arguments are known.
fn environment() -> Option<&'static Environment> {
    ENVIRONMENT.get()
}

/// The first Ctrl-C asks for an orderly end, the second one is obeyed at once. Where nobody can listen, it keeps its
/// usual meaning.
fn listen(environment: &Environment) {
    let cancel = environment.cancel.clone();
    let listening = ctrlc::set_handler(move || {
        if cancel.cancel() {
            std::process::exit(130);
        }
    });
    drop(listening);
}

/// Prints the parser's answer: the help and the version, which are data, or what is wrong.
fn answered(error: &Error) -> u8 {
    if error.use_stderr() {
        // That nobody listens there any more changes nothing.
        let _ = error.print();
        return 2;
    }
    match print::written(error.print()) {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    }
}

fn command(command: Command, environment: &Environment) -> Result<(), Failure> {
    match command {
        Command::Explain(arguments) => commands::explain::run(&arguments, environment),
        Command::Compare(arguments) => commands::compare::run(&arguments, environment),
        Command::Concept { command } => commands::concept::run(&command, environment),
        Command::Segment(arguments) => commands::segment::run(&arguments, environment),
        Command::Factorize(arguments) => commands::factorize::run(&arguments, environment),
        Command::Embed(arguments) => commands::embed::run(&arguments, environment),
        Command::Classify(arguments) => commands::classify::run(&arguments, environment),
        Command::Batch(arguments) => commands::batch::run(&arguments, environment),
        Command::Video(arguments) => commands::video::run(&arguments, environment),
        Command::Index(arguments) => commands::index::run(&arguments, environment),
        Command::Search(arguments) => commands::search::run(&arguments, environment),
        #[cfg(feature = "view")]
        Command::View(arguments) => commands::view::run(&arguments, environment),
        Command::List { list } => commands::list::run(&list),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
        Command::Fetch(arguments) => commands::fetch::run(&arguments, environment),
        Command::Demo(arguments) => commands::demo::run(&arguments, environment),
        Command::Evaluate(arguments) => commands::evaluate::run(&arguments, environment),
        Command::Bench(arguments) => commands::bench::run(&arguments, environment),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man { folder } => commands::man::run(&folder),
    }
}
