//! `cam`: visual explanations for image embeddings, on the command line.
//!
//! The binary is thin: it turns arguments into calls of the libraries, and their results into
//! files, lines and exit codes.

mod arguments;
mod commands;
mod device;
mod explain;
mod failure;
mod interrupt;
mod model;
mod output;
mod print;
mod source;
mod weights;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    print::set_verbosity(arguments.quiet, arguments.verbose);
    interrupt::listen();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Embed(arguments) => commands::embed::run(&arguments),
        Command::Models(arguments) => commands::models::run(&arguments),
        Command::Layers(arguments) => commands::layers::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
        Command::Fetch(arguments) => commands::fetch::run(&arguments),
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man { folder } => commands::man::run(&folder),
    }
}
