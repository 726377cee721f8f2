//! `cargo xtask browser`: the example for a browser, compiled to WebAssembly and run by Node.

use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::cargo::{built, cargo, output, root, run as run_command};
use crate::check::targets::{BROWSER, is_installed};
use crate::metadata::target_directory;
use crate::tools::is_runnable;

/// Run an explanation as WebAssembly
///
/// Compiles the example `in_memory` for wasm32-unknown-unknown, with WebAssembly's vectors, and explains an image with it
/// in Node: its cosine to the concept, how long each of five explanations took, and a picture. The same program then runs
/// on this machine; fails where the cosines differ by more than rounding.
///
/// Needs `rustup target add wasm32-unknown-unknown` and Node (`node`).
#[derive(Args)]
pub struct Arguments {
    /// The image; the demo's coffee unless given.
    #[arg(requires = "concept")]
    image: Option<PathBuf>,

    /// The concept; the demo's cat unless given.
    concept: Option<PathBuf>,
}

pub fn run(Arguments { image, concept }: &Arguments) -> Result<()> {
    // Programs are run in the workspace's directory.
    let given = |path: &Option<PathBuf>, name: &str| match path {
        Some(path) => path::absolute(path).context("no current directory"),
        None => Ok(root().join(format!("crates/cam-explain/photographs/{name}.png"))),
    };
    let [image, concept] = [given(image, "coffee")?, given(concept, "cat")?];
    ensure!(
        is_installed(BROWSER),
        "the standard library for {BROWSER} is missing: `rustup target add {BROWSER}`"
    );
    ensure!(
        is_runnable("node"),
        "Node (`node`) is missing: install it (Debian, Ubuntu: `apt install nodejs`)"
    );
    let folder = target_directory()?.join("browser");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let [here, there] = ["here.png", "browser.png"].map(|name| folder.join(name));

    run_command(&mut build())?;
    let module = target_directory()?.join(BROWSER).join("release/cam_browser.wasm");
    let mut explain = Command::new("node");
    explain.arg(root().join("tests/browser/run.mjs")).arg(module);
    let printed_there = output(explain.args([&image, &concept, &there]))?;
    print!("{printed_there}");
    // With the workspace's features, as for the tests: burn is not built again.
    let build_here = ["build", "--release", "--workspace", "--example", "in_memory"];
    let program = built(&mut cargo(build_here), "in_memory")?;
    let printed_here = output(Command::new(program).args([&image, &concept, &here]))?;
    print!("this machine: {printed_here}");

    let [cosine_there, cosine_here] = [cosine(&printed_there)?, cosine(&printed_here)?];
    ensure!(
        (cosine_there - cosine_here).abs() < ROUNDING,
        "the cosine is {cosine_there} in Node and {cosine_here} on this machine"
    );
    let is_same = read(&here)? == read(&there)?;
    let how = if is_same { "the same bytes as" } else { "differs by rounding from" };
    println!("{}: {how} {}", there.display(), here.display());
    Ok(())
}

/// What sums in another order change, through the whole network.
const ROUNDING: f64 = 1e-5;

/// Of a line `cosine 0.5 in ...`.
fn cosine(printed: &str) -> Result<f64> {
    let number = printed.lines().find_map(|line| line.strip_prefix("cosine ")?.split(' ').next());
    number
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("no cosine in `{printed}`"))
}

/// Every browser has WebAssembly's vectors by now, but the compiler leaves them out by default.
fn build() -> Command {
    let mut command = cargo(["build", "--release", "-p", "cam-browser", "--target", BROWSER]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128");
    command
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_is_found_in_what_either_program_prints() {
        assert_eq!(cosine("loaded in 9 ms\ncosine 0.25 in 9, 8 ms\n").expect("there"), 0.25);
        assert_eq!(cosine("cosine -0.5\n").expect("here"), -0.5);
        assert!(cosine("no such line\n").is_err());
    }
}
