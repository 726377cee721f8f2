//! The libraries on machines other than this one.
//!
//! The compiler for such a machine is rarely installed. What can be asserted on any machine is which packages the
//! libraries depend on there, and that without their default features they use no threads, files or clocks. Where std
//! for the machine is installed, they are compiled for it too.

mod reach;

use std::process::Command;
use std::{env, fs};

use anyhow::Result;

use super::{Outcome, judge};
use crate::cargo::{cargo, output, root, run as run_command};

/// A machine that is not this one.
struct Target {
    name: &'static str,
    /// Features that the libraries have there.
    features: &'static [&'static str],
    /// Packages that do not work there.
    must_not_reach: &'static [&'static str],
}

/// What a browser runs.
pub const BROWSER: &str = "wasm32-unknown-unknown";

/// A browser, which has neither files nor threads, and the other common processor.
const TARGETS: &[Target] = &[
    Target {
        name: BROWSER,
        features: &["--no-default-features"],
        must_not_reach: &[
            "cc",
            "cmake",
            "memmap2",
            "psm",
            "pytorch-reader",
            "rayon",
            "rayon-core",
            "rustix",
            "tempfile",
        ],
    },
    // What needs another compiler than Rust's for it.
    Target {
        name: "aarch64-unknown-linux-gnu",
        features: &[],
        must_not_reach: &["cc", "cmake", "psm"],
    },
];

/// The libraries that work anywhere. The others need sockets, a terminal or a disk.
const LIBRARIES: &[&str] = &["cam-core", "cam-engine", "cam-targets", "cam-models", "cam-viz"];

/// Asserts what any machine can, compiles for the targets that are installed, and tells how to install the others.
pub fn run() -> Result<Outcome> {
    let mut found = Vec::new();
    for target in TARGETS {
        let tree = output(&mut tree(target))?;
        let chains = reach::chains(&tree, target.must_not_reach);
        found.extend(
            chains.iter().map(|chain| format!("{chain}: does not work on {}", target.name)),
        );
    }
    judge("targets", &found)?;
    run_command(&mut lint())?;
    let (here, missing): (Vec<&Target>, Vec<&Target>) =
        TARGETS.iter().partition(|target| is_installed(target.name));
    let missing: Vec<&str> = missing.iter().map(|target| target.name).collect();
    for target in &missing {
        eprintln!(
            "targets: std for {target} is not installed, so nothing was compiled for it: `rustup target add {target}`"
        );
    }
    for target in here {
        run_command(&mut check(target))?;
    }
    Ok(match missing.as_slice() {
        [] => Outcome::Passed,
        missing => Outcome::Skipped(format!("std for {} is not installed", missing.join(", "))),
    })
}

/// Whether std for that machine is installed, by rustup or otherwise.
pub fn is_installed(target: &str) -> bool {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut asked = Command::new(compiler);
    let folder = output(asked.args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| {
        fs::read_dir(folder.trim()).is_ok_and(|mut files| files.next().is_some())
    })
}

/// What the libraries depend on there, printed by `cargo tree`. Macros run on this machine.
fn tree(target: &Target) -> Command {
    let mut command = cargo(["tree", "--prefix", "depth", "-e", "normal,build,no-proc-macro"]);
    command.args(["--target", target.name]).args(target.features);
    of_libraries(command)
}

/// Lints the libraries, without their default features, for what a browser lacks.
fn lint() -> Command {
    let mut command = of_libraries(cargo(["clippy", "--release", "--no-default-features"]));
    command.args(["--", "-D", "warnings"]);
    command.env("CLIPPY_CONF_DIR", root().join("xtask/portable"));
    command
}

fn check(target: &Target) -> Command {
    let mut command = cargo(["check", "--release", "--target", target.name]);
    command.args(target.features);
    of_libraries(command)
}

fn of_libraries(mut command: Command) -> Command {
    command.args(LIBRARIES.iter().flat_map(|library| ["-p", library]));
    command
}
