//! `cargo xtask onnx`: ONNX's own tests of operations, which are too large for the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::cargo::{cargo, run as run_command};
use crate::metadata::target_directory;

/// Fetch ONNX's own tests of operations and run them
///
/// Fetches the Python package onnx (18 MB, Apache-2.0; its tests unpack to 100 MB) into the target directory, once. Runs
/// its tests on constants, and on networks imported from them; fails unless every one gives the right numbers or is on
/// the list of those refused for a reason. Needs a network and python3 with pip; no Python code of the package is run.
#[derive(Args)]
pub struct Arguments;

/// The list of refusals is that of this version.
const PACKAGE: &str = "onnx==1.19.1";

pub fn run(_: &Arguments) -> Result<()> {
    let folder = target_directory()?.join("onnx");
    let nodes = folder.join("onnx/backend/test/data/node");
    if !nodes.is_dir() {
        fetch(&folder)?;
        ensure!(nodes.is_dir(), "{PACKAGE} has no tests at {}", nodes.display());
    }
    let mut constants = cargo(["test", "--release", "--package", "cam-onnx", "--lib"]);
    constants.args(["node_tests", "--", "--ignored", "--nocapture"]);
    run_command(constants.env("ONNX_NODE_TESTS", &nodes))?;
    // With the workspace's features, as for the tests: burn is not built again.
    let mut tests = cargo(["test", "--release", "--workspace", "--test", "onnx_nodes"]);
    run_command(tests.args(["--", "--ignored", "--nocapture"]).env("CAM_ONNX_NODES", &nodes))
}

/// Downloads the package without those that it needs, and unpacks it without installing it.
fn fetch(folder: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]);
    run_command(pip.arg("--dest").arg(folder).arg(PACKAGE)).context("fetching ONNX's tests")?;
    let wheel = wheel(folder)?;
    let mut unpack = Command::new("python3");
    run_command(unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder))
        .with_context(|| format!("unpacking {}", wheel.display()))
}

/// The file that pip downloaded.
fn wheel(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut wheels =
        paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "whl"));
    wheels.next().context("pip downloaded no wheel")
}
