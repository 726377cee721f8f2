//! Backends that no test here can run on: they must compile.

use anyhow::Result;

use crate::backend::PACKAGES;
use crate::cargo::{cargo, run as run_command};
use crate::check::Outcome;

/// Each alone, as somebody with such a card builds it.
const BACKENDS: [&str; 2] = ["cuda", "rocm"];

/// Type-checks and lints what a backend's feature switches on, the tests and benchmarks included.
pub fn run() -> Result<Outcome> {
    for backend in BACKENDS {
        let mut command = cargo(["clippy", "--release", "--all-targets", "--no-default-features"]);
        let tested = PACKAGES.into_iter().map(|(package, _)| package);
        for package in tested.chain(["cam-benches"]) {
            command.args(["-p", package]);
        }
        command.args(["--features", backend, "--", "-D", "warnings"]);
        // CubeCL's build script would download a compiler that only a program which runs there needs, and
        // leaves it out where documentation is built.
        run_command(command.env("DOCS_RS", "1"))?;
    }
    Ok(Outcome::Passed)
}
