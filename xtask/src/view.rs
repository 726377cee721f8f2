//! `cargo xtask view`: the tests of `cam view`, in a browser.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::cargo::{cargo, output, root, run as run_command};
use crate::demo::build_cam;
use crate::metadata::target_directory;
use crate::tools::is_runnable;

/// Test `cam view` in a browser
///
/// Builds `cam` and runs the tests of tests/view, which start it and look at its pages in Chromium. They are run from
/// view/ of the target directory, where npm installs what they need. Needs a network the first time, Node from 20.11 on
/// with npm, and Chromium: the program that the variable CHROMIUM names, or else `chromium`, which apt-get installs for
/// root where it is missing.
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask view                                    all tests
  cargo xtask view -- --test-name-pattern keyboard    tests whose names contain `keyboard`
  cargo xtask view --screenshots pictures             with the pictures that the tests take
  cargo xtask view --install                          no test: fails where they cannot be run")]
pub struct Arguments {
    /// Install what the tests need, and run none.
    #[arg(long)]
    install: bool,

    /// Save the tests' pictures of pages into this folder.
    #[arg(long, value_name = "FOLDER")]
    screenshots: Option<PathBuf>,

    /// Arguments for `node --test`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// The first Node whose tests have a limit of time, as major and minor version.
const NODE: [u32; 2] = [20, 11];

/// Of a file of tests. Each step has a limit of its own; this is for what waits without one.
const MINUTES: u32 = 10;

pub fn run(arguments: &Arguments) -> Result<()> {
    let folder = target_directory()?.join("view");
    find_node()?;
    let chromium = chromium()?;
    install(&folder)?;
    if arguments.install {
        return Ok(());
    }
    let cam = build_cam(cargo([]))?;
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter", "spec"]);
    node.arg(format!("--test-timeout={}", MINUTES * 60_000));
    // Two browsers at once are what two processors can feed.
    node.arg("--test-concurrency=2").args(&arguments.arguments);
    node.args(copied_tests(&folder.join("tests"))?);
    node.env("CAM", cam).env("CAM_SOURCES", root()).env("CHROMIUM", chromium);
    if let Some(pictures) = &arguments.screenshots {
        fs::create_dir_all(pictures).with_context(|| pictures.display().to_string())?;
        node.env("CAM_SCREENSHOTS", absolute(pictures)?);
    }
    run_command(&mut node).context("tests failed")
}

fn sources() -> PathBuf {
    root().join("tests/view")
}

fn find_node() -> Result<()> {
    let [major, minor] = NODE;
    let remedy = format!("install Node {major}.{minor} or newer, with npm: https://nodejs.org");
    ensure!(is_runnable("node"), "Node (`node`) is missing: {remedy}");
    let version = output(Command::new("node").arg("--version"))?;
    ensure!(is_new_enough(&version), "Node is too old, {}: {remedy}", version.trim());
    ensure!(is_runnable("npm"), "Node's `npm` is missing: {remedy}");
    Ok(())
}

/// Of a version as `node --version` prints it.
fn is_new_enough(version: &str) -> bool {
    let numbers = version.trim().trim_start_matches('v').split('.').take(2);
    let numbers: Result<Vec<u32>, _> = numbers.map(str::parse).collect();
    numbers.is_ok_and(|numbers| numbers.as_slice() >= NODE.as_slice())
}

/// The browser, installed if need be.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        let remedy = "name the whole path of a Chromium, Chrome or Edge";
        return on_path(&named).with_context(|| {
            format!("CHROMIUM is {}, which does not run: {remedy}", named.display())
        });
    }
    let find = || on_path("chromium".as_ref());
    if let Some(found) = find() {
        return Ok(found);
    }
    // Whether it worked shows when the program is looked for.
    let why = install_chromium().err().map(|error| format!(" ({error:#})")).unwrap_or_default();
    find().with_context(|| {
        format!(
            "Chromium is missing{why}: install it (Debian: `apt install chromium`), or name a \
             Chromium, Chrome or Edge in the variable CHROMIUM"
        )
    })
}

/// The path of a program that runs: playwright looks for none.
fn on_path(program: &OsStr) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut paths = env::split_paths(&folders).map(|folder| folder.join(program));
    paths.find(|path| path.is_file() && is_runnable(path))
}

fn install_chromium() -> Result<()> {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || !is_runnable("apt-get") {
        bail!("it is installed by itself only for root, where apt-get is there");
    }
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        run_command(&mut apt)
    };
    apt(&["update"])?;
    // Without a font, pages are empty.
    apt(&["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"])
}

/// Installs the packages of npm, unless that was done since the list of them last changed.
fn install(folder: &Path) -> Result<()> {
    let lock = sources().join("package-lock.json");
    let wanted = fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
    let done = folder.join("installed.json");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(sources().join(name), folder.join(name)).context(name)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    // By default it waits for minutes where there is no network.
    npm.args(["--fetch-retries", "1", "--fetch-timeout", "30000"]);
    run_command(&mut npm).context("npm installed no packages, for which it needs a network")?;
    fs::write(&done, wanted).with_context(|| done.display().to_string())
}

/// The tests, copied to where Node finds the packages: it looks for them above the file that wants them.
fn copied_tests(folder: &Path) -> Result<Vec<PathBuf>> {
    // What is no longer in the sources goes.
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut tests = Vec::new();
    for entry in fs::read_dir(sources()).context("tests/view")? {
        let (file, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if file.extension().is_some_and(|extension| extension == "mjs") {
            let copy = folder.join(&name);
            fs::copy(&file, &copy).with_context(|| file.display().to_string())?;
            tests.extend(name.to_string_lossy().ends_with(".test.mjs").then_some(copy));
        }
    }
    tests.sort();
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn node_is_new_enough_from_the_first_version_with_limits_of_time() {
        for version in ["v20.11.0\n", "v20.20.2\n", "v24.0.0\n", "v25.0.0-rc.1\n"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["v18.19.0\n", "v20.10.0\n", "v20\n", "node\n", ""] {
            assert!(!is_new_enough(version), "{version}");
        }
    }

    /// Without a network, npm could not tell a lock file that is wrong from a registry that is not there.
    #[test]
    fn the_lock_file_holds_the_exact_packages_and_no_registry() {
        let read = |name: &str| -> Value {
            let text = fs::read_to_string(sources().join(name)).expect("a file");
            serde_json::from_str(&text).expect("JSON")
        };
        let [package, lock] = ["package.json", "package-lock.json"].map(read);
        let dependencies = package["dependencies"].as_object().expect("dependencies");
        assert_eq!(lock["packages"][""]["dependencies"], package["dependencies"]);
        for (name, version) in dependencies {
            assert_eq!(lock["packages"][format!("node_modules/{name}")]["version"], *version);
        }
        for (path, locked) in lock["packages"].as_object().expect("packages") {
            assert!(locked.get("resolved").is_none(), "{path} is from one registry");
        }
    }
}
