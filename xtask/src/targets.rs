//! The libraries on machines other than this one.

use std::process::Command;

use anyhow::Result;

use crate::cargo::{cargo, output, run as run_command};
use crate::check::Outcome;

/// A machine that is not this one.
struct Target {
    name: &'static str,
    /// The C compiler that build scripts for it ask for, where there is one.
    compiler: Option<&'static str>,
}

/// A browser, which has neither files nor threads, and the other common processor.
const TARGETS: &[Target] = &[
    Target { name: "wasm32-unknown-unknown", compiler: None },
    Target { name: "aarch64-unknown-linux-gnu", compiler: Some("aarch64-linux-gnu-gcc") },
];

/// What should work anywhere, from Rust alone. `cam-fetch` and `cam-cli` need sockets and a terminal.
const LIBRARIES: &[&str] = &["cam-core", "cam-engine", "cam-targets", "cam-models"];

/// Too, but a package below it (psm, by way of npyz) assembles a file on most targets.
const ASSEMBLED: &str = "cam-viz";

/// Checks for the targets that are installed, and says how to install the others.
pub fn run() -> Result<Outcome> {
    let installed =
        output(Command::new("rustup").args(["target", "list", "--installed"])).unwrap_or_default();
    let is_here = |target: &&Target| installed.lines().any(|line| line.trim() == target.name);
    let (here, missing): (Vec<&Target>, Vec<&Target>) = TARGETS.iter().partition(is_here);
    let missing: Vec<&str> = missing.iter().map(|target| target.name).collect();
    for target in &missing {
        eprintln!(
            "targets: {target} is not installed and was skipped: `rustup target add {target}`"
        );
    }
    for target in here {
        run_command(&mut check(target))?;
    }
    Ok(match missing.as_slice() {
        [] => Outcome::Passed,
        missing => Outcome::Skipped(format!("not installed: {}", missing.join(", "))),
    })
}

fn check(target: &Target) -> Command {
    let mut command = cargo(["check", "--release", "--target", target.name]);
    for library in LIBRARIES {
        command.args(["-p", library]);
    }
    match target.compiler.filter(|compiler| !is_installed(compiler)) {
        None => {
            command.args(["-p", ASSEMBLED]);
        }
        Some(compiler) => {
            let name = target.name;
            eprintln!("targets: {ASSEMBLED} was skipped for {name}, which needs {compiler}");
        }
    }
    command
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
