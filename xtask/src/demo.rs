//! `cargo xtask demo`: the tutorial's figure, from the sources to the picture.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo::{cargo, output, run as run_command};
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

/// Builds `cam` by a cargo that knows where. Cargo itself says where it put the binary: the path depends on the target
/// directory, the host and the settings.
pub fn build_cam(mut cargo: Command) -> Result<PathBuf> {
    let build = ["build", "--release", "-p", "cam-cli"];
    let messages = cargo.args(build).args(["--message-format", "json-render-diagnostics"]);
    let messages = output(messages)?;
    executable(&messages, "cam").context("cargo built cam-cli, but reported no binary named `cam`")
}

fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let of_line = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_ours = message.pointer("/target/name")?.as_str()? == name;
        is_ours.then(|| message.get("executable")?.as_str().map(PathBuf::from))?
    };
    messages.lines().find_map(of_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_found_among_cargos_messages() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"cam_core"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"cam"},"executable":"/elsewhere/release/cam"}
            {"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "cam"), Some(PathBuf::from("/elsewhere/release/cam")));
        assert_eq!(executable(messages, "cam_core"), None);
    }
}
