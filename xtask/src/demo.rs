//! `cargo xtask demo`: the tutorial's figure, from the sources to the picture.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cargo::{built, cargo, run as run_command};
use crate::metadata::target_directory;

/// Build `cam` and draw the tutorial's figure
///
/// The figure is written to demo/tutorial.png in cargo's target directory.
#[derive(Args)]
pub struct Arguments {
    /// Arguments for `cam demo`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds, draws, and says where the picture is.
pub fn run(Arguments { arguments }: &Arguments) -> Result<()> {
    let cam = build_cam(cargo([]))?;
    let folder = target_directory()?.join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let picture = folder.join("tutorial.png");
    run_command(Command::new(cam).arg("demo").arg("--out").arg(picture).args(arguments))
}

/// Builds `cam` with a cargo command that knows where.
pub fn build_cam(mut cargo: Command) -> Result<PathBuf> {
    built(cargo.args(["build", "--release", "-p", "cam-cli"]), "cam")
}
