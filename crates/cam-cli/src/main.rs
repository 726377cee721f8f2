//! `cam`: visual explanations for image embeddings, on the command line.
//!
//! The binary is thin: it turns arguments into calls of the libraries, and their results into
//! files, lines and exit codes.

mod arguments;
mod batch;
mod bench;
mod commands;
mod compare;
mod concepts;
mod device;
mod digests;
mod evaluate;
mod explain;
mod failure;
mod folder;
mod gallery;
mod interrupt;
mod journal;
mod lanes;
mod memory;
mod model;
mod output;
mod own_results;
mod packed;
mod parts;
mod photographs;
mod print;
mod progress;
mod same_bytes;
mod source;
mod stamp;
mod web;
mod weights;

use std::process::ExitCode;

use clap::Parser as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return answered(&with_tip(error)),
    };
    print::set_verbosity(arguments.quiet, arguments.verbose);
    interrupt::listen();
    memory::set(arguments.command.picture_limits());
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Prints the parser's answer: the help and the version, which are data, or what is wrong.
fn answered(error: &Error) -> ExitCode {
    if error.use_stderr() {
        // That nobody listens there any more changes nothing.
        let _ = error.print();
        return ExitCode::from(2);
    }
    match print::written(error.print()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The one mistake that the parser's own words do not lead out of: `cam explain --concept A B`.
fn with_tip(mut error: Error) -> Error {
    let missing = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let has_concept = std::env::args_os().any(|argument| argument == "--concept");
    if error.kind() == ErrorKind::MissingRequiredArgument
        && missing.contains("<QUERY>")
        && has_concept
    {
        let tip =
            StyledStr::from("--concept takes every image behind it: name the queries before it");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Concept { command } => concepts::run(&command),
        Command::Parts(arguments) => parts::run(&arguments),
        Command::Embed(arguments) => commands::embed::run(&arguments),
        Command::Batch(arguments) => batch::run(&arguments),
        Command::Index(arguments) => gallery::index(&arguments),
        Command::Search(arguments) => gallery::search(&arguments),
        Command::Models(arguments) => commands::models::run(&arguments),
        Command::Devices(arguments) => commands::devices::run(arguments.json),
        Command::Methods(arguments) => commands::methods::run(&arguments),
        Command::Layers(arguments) => commands::layers::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
        Command::Fetch(arguments) => commands::fetch::run(&arguments),
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man { folder } => commands::man::run(&folder),
    }
}
