//! `cargo xtask browser`: the example for a browser, compiled to WebAssembly and run by Node.

use std::fs;
use std::path::{self, Path};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::cargo::{built, cargo, output, root, run as run_command};
use crate::metadata::target_directory;
use crate::targets::{BROWSER, is_installed};

pub const HELP: &str = "\
usage: cargo xtask browser [IMAGE CONCEPT]

Compiles the example `in_memory` for wasm32-unknown-unknown, with WebAssembly's
vectors, and explains an image by it in Node: its cosine to the concept, how
long each of five explanations took, and a picture. The same program is then run
on this machine; fails where the cosines differ by more than rounding. Without
arguments the image is the demo's coffee, and the concept its cat.

Takes `rustup target add wasm32-unknown-unknown` and Node (`node`).
";

pub fn run(arguments: &[String]) -> Result<()> {
    let [image, concept] = match arguments {
        [] => ["coffee", "cat"]
            .map(|name| root().join(format!("crates/cam-explain/photographs/{name}.png"))),
        // Programs are run in the workspace's directory.
        [image, concept] => [path::absolute(image)?, path::absolute(concept)?],
        _ => bail!("{HELP}"),
    };
    ensure!(
        is_installed(BROWSER),
        "there is no standard library for {BROWSER}: `rustup target add {BROWSER}`"
    );
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    ensure!(
        node.is_ok_and(|status| status.success()),
        "`node` does not run: install Node (Debian, Ubuntu: `apt install nodejs`)"
    );
    let folder = target_directory()?.join("browser");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let [here, there] = ["here.png", "browser.png"].map(|name| folder.join(name));

    run_command(&mut build())?;
    let module = target_directory()?.join(BROWSER).join("release/cam_browser.wasm");
    let mut explain = Command::new("node");
    explain.arg(root().join("tests/browser/run.mjs")).arg(module);
    let said_there = output(explain.args([&image, &concept, &there]))?;
    print!("{said_there}");
    // With the workspace's features, as for the tests: burn is not built again.
    let build_here = ["build", "--release", "--workspace", "--example", "in_memory"];
    let program = built(&mut cargo(build_here), "in_memory")?;
    let said_here = output(Command::new(program).args([&image, &concept, &here]))?;
    print!("here: {said_here}");

    let [cosine_there, cosine_here] = [cosine(&said_there)?, cosine(&said_here)?];
    ensure!(
        (cosine_there - cosine_here).abs() < ROUNDING,
        "the cosine is {cosine_there} there and {cosine_here} here"
    );
    let is_same = read(&here)? == read(&there)?;
    let how = if is_same { "the same bytes as" } else { "by rounding not the same bytes as" };
    println!("{}: {how} {}", there.display(), here.display());
    Ok(())
}

/// Sums in another order, through the whole network.
const ROUNDING: f64 = 1e-5;

/// Of a line `cosine 0.5 in ...`.
fn cosine(said: &str) -> Result<f64> {
    let number = said.lines().find_map(|line| line.strip_prefix("cosine ")?.split(' ').next());
    number.and_then(|number| number.parse().ok()).with_context(|| format!("no cosine: {said}"))
}

/// WebAssembly's vectors are a feature that every browser has by now, and that the compiler leaves out.
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
    fn the_cosine_is_found_in_what_either_program_says() {
        assert_eq!(cosine("loaded in 9 ms\ncosine 0.25 in 9, 8 ms\n").expect("there"), 0.25);
        assert_eq!(cosine("cosine -0.5\n").expect("here"), -0.5);
        assert!(cosine("no such line\n").is_err());
    }
}
