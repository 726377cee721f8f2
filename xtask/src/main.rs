//! The project's own commands, as `cargo xtask COMMAND`: one file each.
//!
//! They are a program rather than scripts, so that they run wherever the project does and need nothing but Rust.
//! Everything they build has the release profile: burn is then built once, for the demo, the tests and the checks.

mod backend;
mod backends;
mod bench;
mod browser;
mod cargo;
mod check;
mod compare;
mod demo;
mod deny;
mod devices;
mod edges;
mod flags;
mod fuzz;
mod licences;
mod links;
mod metadata;
mod nearest;
mod pages;
mod parity;
mod pretrained;
mod sanitize;
mod semver;
mod sizes;
mod sources;
mod targets;
mod test;
mod unseen;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// A command: its name, what it does, and the function that does it with the arguments that follow the name.
struct Command {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "demo",
        about: "build `cam` and draw the tutorial's figure",
        help: demo::HELP,
        run: demo::run,
    },
    Command {
        name: "test",
        about: "run all tests, the fast ones first",
        help: test::HELP,
        run: test::run,
    },
    Command {
        name: "check",
        about: "formatting, lints, docs, architecture, licences, links",
        help: check::HELP,
        run: check::run,
    },
    Command {
        name: "bench",
        about: "time each step from image to map",
        help: bench::HELP,
        run: bench::run,
    },
    Command {
        name: "sanitize",
        about: "the engine's tests under sanitizers, and its threads in every order",
        help: sanitize::HELP,
        run: sanitize::run,
    },
    Command {
        name: "fuzz",
        about: "give the parsers whatever bytes libFuzzer finds",
        help: fuzz::HELP,
        run: fuzz::run,
    },
    Command {
        name: "semver",
        about: "what the libraries' interfaces have lost since a revision",
        help: semver::HELP,
        run: semver::run,
    },
    Command {
        name: "parity",
        about: "tabulate how near the references are",
        help: parity::HELP,
        run: parity::run,
    },
    Command {
        name: "backends",
        about: "run the suite on several backends, and tabulate how it went",
        help: backends::HELP,
        run: backends::run,
    },
    Command {
        name: "browser",
        about: "run an explanation as WebAssembly",
        help: browser::HELP,
        run: browser::run,
    },
    Command {
        name: "pretrained",
        about: "fetch published weights and run the tests that need them",
        help: pretrained::HELP,
        run: pretrained::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        bail!("which command?\n\n{}", usage());
    };
    if matches!(name.as_str(), "-h" | "--help" | "help") {
        println!("{}", usage());
        return Ok(());
    }
    let command = find(name)?;
    // What follows `--` belongs to somebody else.
    let own = rest.iter().take_while(|argument| *argument != "--");
    if own.into_iter().any(|argument| argument == "-h" || argument == "--help") {
        println!("{}", command.help.trim_end());
        return Ok(());
    }
    (command.run)(rest)
}

fn find(name: &str) -> Result<&'static Command> {
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => Ok(command),
        None => bail!(
            "{}\n\n{}",
            nearest::unknown("command", name, COMMANDS.iter().map(|c| c.name)),
            usage()
        ),
    }
}

fn usage() -> String {
    let mut text = "usage: cargo xtask COMMAND [ARGUMENTS]\n\ncommands:\n".to_owned();
    for Command { name, about, .. } in COMMANDS {
        text += &format!("  {name:<10} {about}\n");
    }
    text + "\n`cargo xtask COMMAND --help` says more."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_mistyped_command_names_the_nearest() {
        let error = run(&words("chekc")).expect_err("no such command").to_string();
        assert!(error.starts_with("unknown command `chekc`: did you mean `check`?"), "{error}");
    }

    #[test]
    fn help_is_no_error() {
        for line in ["--help", "help", "demo --help", "test -h", "check --help"] {
            run(&words(line)).expect(line);
        }
        run(&[]).expect_err("a command is needed");
    }
}
