//! `cargo xtask semver`: what the libraries' public interfaces have lost since a revision.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Result, ensure};
use clap::Args;

use crate::cargo::{cargo, root, run as run_command};
use crate::git::{commit, git, last_tag};
use crate::metadata::{Metadata, target_directory};
use crate::tools::is_runnable;

/// Compare the libraries' public interfaces with a revision's
///
/// cargo-semver-checks compares all features of every library together, and says what is gone or asked for in another
/// way, where, and why it counts; before 1.0, a new minor version is what allows it. The first time takes minutes, burn's
/// above all; what is compared is checked in semver/ of cargo's target directory.
///
/// Needs `cargo install cargo-semver-checks --locked` and, for the newest packages that the libraries allow, the network.
#[derive(Args)]
pub struct Arguments {
    /// The revision to compare with; the last tag unless given.
    #[arg(long, value_name = "REV")]
    baseline: Option<String>,
}

pub fn run(Arguments { baseline }: &Arguments) -> Result<()> {
    ensure!(
        is_runnable("cargo-semver-checks"),
        "cargo-semver-checks is not installed: `cargo install cargo-semver-checks --locked`"
    );
    let commit = commit(&baseline.clone().map_or_else(last_tag, Ok)?)?;
    let mut command = cargo(["semver-checks", "--workspace", "--baseline-rev", &commit]);
    for package in Metadata::load()?.own().filter(|package| package.is_published()) {
        let manifest = Path::new(&package.manifest_path).strip_prefix(root())?;
        let manifest = format!("{commit}:{}", manifest.display());
        if !git(["cat-file", "-e", &manifest]).stderr(Stdio::null()).status()?.success() {
            eprintln!("semver: {} is new since {commit}", package.name);
            command.args(["--exclude", &package.name]);
        }
    }
    // A folder of its own, so that what the libraries have in common is checked once.
    run_command(command.env("CARGO_TARGET_DIR", target_directory()?.join("semver")))
}
