//! `cargo xtask zoo`: networks as people use them, from ONNX files, against PyTorch.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cargo::{cargo, run as run_command};
use crate::metadata::target_directory;

/// Compare networks from ONNX files with PyTorch
///
/// Makes 33 networks of torchvision and timm with random weights in the target directory, once, each with both of
/// PyTorch's exporters (7 GB), and compares embeddings and gradients. Needs a network, python3 with venv, and half an
/// hour.
#[derive(Args)]
pub struct Arguments {
    /// Make and compare these networks only
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// What the script was written for.
const PACKAGES: [&str; 7] = [
    "torch==2.15.0",
    "torchvision==0.29.2",
    "timm==1.0.31",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "onnxscript==0.7.2",
    "numpy==2.4.6",
];

const SCRIPT: &str = "tests/golden/make_onnx_zoo.py";

pub fn run(arguments: &Arguments) -> Result<()> {
    let folder = target_directory()?.join("zoo");
    let python = python(&folder)?;
    let mut make = Command::new(python);
    make.arg(SCRIPT).arg(&folder);
    if !arguments.names.is_empty() {
        make.arg("--only").args(&arguments.names);
    }
    // It is there once all of them are.
    let complete = folder.join("complete");
    if !complete.is_file() {
        run_command(&mut make).context("making the networks")?;
        if arguments.names.is_empty() {
            fs::write(&complete, "").with_context(|| complete.display().to_string())?;
        }
    }
    // With the workspace's features, as for the tests: burn is not built again.
    let mut tests = cargo(["test", "--release", "--workspace", "--test", "onnx_networks"]);
    tests.args(["--", "--ignored", "--nocapture"]).env("CAM_ONNX_ZOO", &folder);
    run_command(tests.env("CAM_ONNX_ONLY", arguments.names.join(",")))
}

/// A Python of its own with the packages.
fn python(folder: &Path) -> Result<std::path::PathBuf> {
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    if !python.is_file() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        run_command(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES);
        run_command(&mut pip).context("installing PyTorch and its packages")?;
    }
    Ok(python)
}
