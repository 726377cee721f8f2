//! The project's own commands, as `cargo xtask COMMAND`: one file each.
//!
//! They are a program rather than scripts, so that they run wherever the project does. Everything they build has the
//! release profile: burn is then built once, for the demo, the tests and the checks.

mod backend;
mod backends;
mod bench;
mod browser;
mod cargo;
mod check;
mod demo;
mod evaluate;
mod fuzz;
mod git;
mod metadata;
mod onnx;
mod parity;
mod pretrained;
mod python;
mod sanitize;
mod semver;
mod test;
mod tools;
mod view;
mod zoo;

use std::process::ExitCode;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
enum Command {
    Demo(demo::Arguments),
    Test(test::Arguments),
    Check(check::Arguments),
    Bench(bench::Arguments),
    Backends(backends::Arguments),
    Parity(parity::Arguments),
    Evaluate(evaluate::Arguments),
    Sanitize(sanitize::Arguments),
    Fuzz(fuzz::Arguments),
    Semver(semver::Arguments),
    Browser(browser::Arguments),
    View(view::Arguments),
    Pretrained(pretrained::Arguments),
    Python(python::Arguments),
    Onnx(onnx::Arguments),
    Zoo(zoo::Arguments),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Backends(arguments) => backends::run(&arguments),
        Command::Parity(arguments) => parity::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Sanitize(arguments) => sanitize::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Semver(arguments) => semver::run(&arguments),
        Command::Browser(arguments) => browser::run(&arguments),
        Command::View(arguments) => view::run(&arguments),
        Command::Pretrained(arguments) => pretrained::run(&arguments),
        Command::Python(arguments) => python::run(&arguments),
        Command::Onnx(arguments) => onnx::run(&arguments),
        Command::Zoo(arguments) => zoo::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Command::command().debug_assert();
    }
}
