//! The libraries on machines other than this one.

use std::process::Command;

use anyhow::Result;

use crate::cargo::{cargo, output, run as run_command};
use crate::check::Outcome;

/// A browser, which has neither files nor threads, and the other common processor.
const TARGETS: &[&str] = &["wasm32-unknown-unknown", "aarch64-unknown-linux-gnu"];

/// What should work anywhere. `cam-fetch` and `cam-cli` need sockets and a terminal.
const LIBRARIES: &[&str] = &["cam-core", "cam-targets", "cam-models", "cam-viz"];

/// Checks for the targets that are installed, and says how to install the others.
pub fn run() -> Result<Outcome> {
    let installed =
        output(Command::new("rustup").args(["target", "list", "--installed"])).unwrap_or_default();
    let (here, missing): (Vec<&str>, Vec<&str>) = TARGETS
        .iter()
        .copied()
        .partition(|target| installed.lines().any(|line| line.trim() == *target));
    for target in &missing {
        eprintln!(
            "targets: {target} is not installed and was skipped: `rustup target add {target}`"
        );
    }
    for target in &here {
        run_command(&mut check(target))?;
    }
    Ok(match missing.as_slice() {
        [] => Outcome::Passed,
        missing => Outcome::Skipped(format!("not installed: {}", missing.join(", "))),
    })
}

fn check(target: &str) -> Command {
    let mut command = cargo(["check", "--release", "--target", target]);
    for library in LIBRARIES {
        command.args(["-p", library]);
    }
    command
}
