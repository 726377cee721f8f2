//! `cargo xtask demo`: the tutorial's figure, from the sources to the picture.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::{built, cargo, run as run_command};
use crate::metadata;

pub const HELP: &str = "\
usage: cargo xtask demo [ARGUMENTS FOR cam demo]

Builds `cam` with the release profile and runs `cam demo`, which writes
demo/tutorial.png into cargo's target directory.
";

/// Builds, draws, and says where the picture is.
pub fn run(arguments: &[String]) -> Result<()> {
    let cam = build_cam(cargo([]))?;
    let picture = metadata::target_directory()?.join("demo").join("tutorial.png");
    if let Some(directory) = picture.parent() {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
    }
    run_command(Command::new(cam).arg("demo").arg("--out").arg(&picture).args(arguments))
}

/// Builds `cam` by a cargo that knows where.
pub fn build_cam(mut cargo: Command) -> Result<PathBuf> {
    let build = ["build", "--release", "-p", "cam-cli"];
    built(cargo.args(build), "cam")
}
