//! `cargo xtask bench`: the time of each part from image to map, alone or beside an earlier revision.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::Value;

use crate::backend::{self, Environment};
use crate::cargo::{cargo, output, root, run as run_command};
use crate::demo::build_cam;
use crate::git::{commit, git};
use crate::metadata::target_directory;

/// Time each part from image to map
///
/// Runs the criterion benchmarks with the release profile. Compare figures of one run only: machines differ, and so do
/// hours of one machine.
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench                              everything
  cargo xtask bench methods                      benchmarks whose names contain `methods`
  cargo xtask bench --save-baseline main         keep the figures
  cargo xtask bench --baseline main              compare with the figures kept
  cargo xtask bench --device cpu,cuda parts      the processor beside a card
  cargo xtask bench --compare HEAD               what uncommitted changes do")]
pub struct Arguments {
    /// Run the benchmarks on these devices in turn: `cpu`, the engine, or a backend.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = devices())]
    device: Vec<String>,

    /// Build `cam` of this revision too, run `cam bench explain` of both in turn, and print the ratios. The first time
    /// takes as long as a first build.
    #[arg(long, value_name = "REV", conflicts_with_all = ["device", "arguments"])]
    compare: Option<String>,

    /// How often --compare runs each of them.
    #[arg(long, value_name = "N", default_value = "5", requires = "compare",
        value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Arguments for criterion.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn devices() -> clap::builder::PossibleValuesParser {
    std::iter::once("cpu").chain(backend::NAMES).collect::<Vec<_>>().into()
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if let Some(revision) = &arguments.compare {
        return compare(revision, arguments.rounds);
    }
    let bench = || cargo(["bench", "-p", "cam-benches", "--benches"]);
    if arguments.device.is_empty() {
        return run_command(bench().arg("--").args(&arguments.arguments));
    }
    // The engine (`cpu`) leaves what it cannot do to flex.
    let backend = |device| if device == "cpu" { "flex" } else { device };
    let environments = arguments.device.iter().map(|device| Environment::of(backend(device)));
    let environments = environments.collect::<Result<Vec<_>>>()?;
    let features = backend::features(&environments);
    for (device, environment) in arguments.device.iter().zip(&environments) {
        let mut command = bench();
        command.args(["--no-default-features", "--features", &features, "--"]);
        environment.apply(command.args(&arguments.arguments)).env("CAM_BENCH_DEVICE", device);
        run_command(&mut command)?;
    }
    Ok(())
}

/// What is compared: networks, sizes, layers, concepts and threads that take different paths through the code.
const CONFIGURATIONS: [&str; 7] = [
    "--model efficientnet-lite0",
    "--model efficientnet-lite0 --concepts 100",
    "--model resnet50",
    "--model resnet50 --threads 1",
    "--model resnet50 --exact",
    "--model resnet50 --layer layer3",
    "--model resnet50 --size 512x512",
];

/// Repeats within one run of a program: enough for a median, and few enough that both programs see the same machine.
const REPEATS: &str = "10";

/// Variables that would change the configuration.
const VARIABLES: [&str; 4] = ["CAM_MODEL", "CAM_WEIGHTS", "CAM_DEVICE", "CAM_THREADS"];

/// Builds both programs, runs them in turn, and prints a row for each configuration.
fn compare(revision: &str, rounds: u32) -> Result<()> {
    let commit = commit(revision)?;
    let folder = target_directory()?.join("compare");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let base = build_revision(&commit, &folder)?;
    let head = kept(build_cam(cargo([]))?, folder.join("head"))?;
    println!("{:<42} {revision} ms, now ms, ratio (least to most)", "cam bench explain");
    for configuration in CONFIGURATIONS {
        let pair = |_| Ok([total(&base, configuration)?, total(&head, configuration)?]);
        println!(
            "{configuration:<42} {}",
            row(&(0..rounds).map(pair).collect::<Result<Vec<_>>>()?)
        );
    }
    Ok(())
}

/// `cam` of a commit, built in a worktree that goes away again.
fn build_revision(commit: &str, folder: &Path) -> Result<PathBuf> {
    let tree = folder.join("tree");
    // An interrupted run may have left one; where there is none, git's complaint is of no interest.
    let remove =
        || git(["worktree", "remove", "--force"]).arg(&tree).stderr(Stdio::null()).status();
    let _ = remove();
    run_command(git(["worktree", "add", "--quiet", "--force", "--detach"]).arg(&tree).arg(commit))?;
    let mut build = cargo([]);
    // A target directory of its own: cargo would take one tree's libraries for the other's.
    build.current_dir(&tree).env("CARGO_TARGET_DIR", folder.join("build"));
    let program = build_cam(build).and_then(|cam| kept(cam, folder.join("base")));
    let _ = remove();
    program
}

/// The program under another name, where no later build replaces it.
fn kept(built: PathBuf, name: PathBuf) -> Result<PathBuf> {
    fs::copy(&built, &name).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(name)
}

/// Median milliseconds of an explanation in one run.
fn total(cam: &Path, configuration: &str) -> Result<f64> {
    let mut command = Command::new(cam);
    command.args(["bench", "explain", "--json", "--quiet", "--repeat", REPEATS]);
    command.args(configuration.split_whitespace()).current_dir(root());
    VARIABLES.iter().for_each(|variable| {
        command.env_remove(variable);
    });
    let document: Value =
        serde_json::from_str(&output(&mut command)?).context("`cam bench` printed no JSON")?;
    document["total_ms"].as_f64().context("`cam bench explain --json` has no `total_ms`")
}

/// Median milliseconds of both, and the median of the ratios with its range.
fn row(pairs: &[[f64; 2]]) -> String {
    let sorted = |of: fn(&[f64; 2]) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let median = |values: &[f64]| (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0;
    let ratios = sorted(|[base, head]| head / base);
    let [base, head] = [median(&sorted(|pair| pair[0])), median(&sorted(|pair| pair[1]))];
    let (ratio, least, most) = (median(&ratios), ratios[0], ratios[ratios.len() - 1]);
    format!("{base:.2} {head:.2} {ratio:.3} ({least:.2} to {most:.2})")
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn a_row_holds_medians_and_the_median_of_ratios_with_its_range() {
        let pairs = [[10.0, 5.0], [20.0, 20.0], [10.0, 8.0]];
        assert_eq!(row(&pairs), "10.00 8.00 0.800 (0.50 to 1.00)");
        assert_eq!(row(&pairs[1..]), "15.00 14.00 0.900 (0.80 to 1.00)");
    }
}
