//! `cargo xtask bench --compare REV`: this working tree beside an earlier revision, run in turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::cargo::{cargo, output, root, run as run_command};
use crate::{demo, metadata};

/// What is compared: networks, sizes, layers, concepts and threads that take different ways through the code.
const CONFIGURATIONS: &[&str] = &[
    "--model efficientnet-lite0",
    "--model efficientnet-lite0 --concepts 100",
    "--model resnet50",
    "--model resnet50 --threads 1",
    "--model resnet50 --exact",
    "--model resnet50 --layer layer3",
    "--model resnet50 --size 512x512",
];

/// Repeats within one run of a program: enough for a median, and so few that both programs see the same machine.
const REPEATS: &str = "10";

/// Variables that would have the programs do something else than the configuration says.
const VARIABLES: &[&str] = &["CAM_MODEL", "CAM_WEIGHTS", "CAM_DEVICE", "CAM_THREADS"];

/// The fields of `total_ms` and of the steps, in the order of the columns.
const STEPS: &[&str] = &["prepare", "forward", "tail", "explain", "finish"];

/// Builds both, runs them in turn, and prints a table.
pub fn run(revision: &str, rounds: usize) -> Result<()> {
    let commit = commit(revision)?;
    let folder = metadata::target_directory()?.join("compare");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let base = {
        let tree = Worktree::of(&commit, folder.join("tree"))?;
        let mut build = cargo([]);
        // A directory of its own: cargo tells a package by its place within the workspace, and would take one
        // tree's libraries for the other's.
        build.current_dir(&tree.path).env("CARGO_TARGET_DIR", folder.join("build"));
        kept(demo::build_cam(build)?, folder.join("base"))?
    };
    if !knows_the_command(&base) {
        bail!(
            "{revision} has no `cam bench explain`, by which revisions are compared: choose a later one"
        );
    }
    let head = kept(demo::build_cam(cargo([]))?, folder.join("head"))?;
    println!("{}", header(revision));
    for configuration in CONFIGURATIONS {
        let mut pairs = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            pairs.push([times(&base, configuration)?, times(&head, configuration)?]);
        }
        println!("{}", row(configuration, &pairs));
    }
    Ok(())
}

/// The commit that a name means.
pub fn commit(revision: &str) -> Result<String> {
    let name = format!("{revision}^{{commit}}");
    let mut command = Command::new("git");
    command.args(["rev-parse", "--verify", "--quiet", "--end-of-options", &name]);
    let answer = command.current_dir(root()).output().context("cannot run `git`")?;
    if !answer.status.success() {
        bail!("`{revision}` is no revision of this repository: `git log --oneline` lists some");
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// A commit's files in a folder, which goes away with this.
struct Worktree {
    path: PathBuf,
}

impl Worktree {
    fn of(commit: &str, path: PathBuf) -> Result<Self> {
        // An interrupted run may have left one.
        let worktree = Self { path };
        worktree.remove();
        let mut command = Command::new("git");
        command.args(["worktree", "add", "--quiet", "--force", "--detach"]).arg(&worktree.path);
        run_command(command.arg(commit).current_dir(root()))?;
        Ok(worktree)
    }

    /// Where there is none, git's complaint is of no interest.
    fn remove(&self) {
        let mut command = Command::new("git");
        command.args(["worktree", "remove", "--force"]).arg(&self.path).current_dir(root());
        let _ = command.stderr(Stdio::null()).status();
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The program under another name, where no later build replaces it.
fn kept(built: PathBuf, name: PathBuf) -> Result<PathBuf> {
    fs::copy(&built, &name).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(name)
}

fn knows_the_command(cam: &Path) -> bool {
    let mut command = Command::new(cam);
    command.args(["bench", "explain", "--help"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Milliseconds of the total and of each step: medians of one run.
fn times(cam: &Path, configuration: &str) -> Result<Vec<f64>> {
    let mut command = Command::new(cam);
    command.args(["bench", "explain", "--json", "--quiet", "--repeat", REPEATS]);
    command.args(configuration.split_whitespace());
    VARIABLES.iter().for_each(|variable| {
        command.env_remove(variable);
    });
    let document =
        serde_json::from_str(&output(&mut command)?).context("`cam bench` printed no json")?;
    times_in(&document).context("`cam bench explain --json` lacks a time")
}

fn times_in(document: &Value) -> Option<Vec<f64>> {
    let steps = document.get("steps")?.as_array()?;
    let of_step = |name: &&str| {
        let step = steps.iter().find(|step| step.get("name").and_then(Value::as_str) == Some(name));
        step?.get("median_ms")?.as_f64()
    };
    let total = document.get("total_ms")?.as_f64();
    std::iter::once(total).chain(STEPS.iter().map(of_step)).collect()
}

fn header(revision: &str) -> String {
    let steps: String = STEPS.iter().map(|step| format!(" {step:>8}")).collect();
    format!(
        "\nmilliseconds of {revision} and of the working tree, and ratios of the latter to the former\n\n\
         {:<42} {:>9} {:>9} {:>7} {:>13}{steps}",
        "cam bench explain", "before", "now", "ratio", "from to"
    )
}

/// One configuration: medians, and the median of the ratios with its range; then the ratios of the steps.
fn row(configuration: &str, pairs: &[[Vec<f64>; 2]]) -> String {
    let column = |at: usize, which: usize| median(pairs.iter().map(|pair| pair[which][at]));
    let ratios = |at: usize| pairs.iter().map(move |[base, head]| head[at] / base[at]);
    let (low, high) = ratios(0).fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), ratio| {
        (low.min(ratio), high.max(ratio))
    });
    let steps: String =
        (1..=STEPS.len()).map(|at| format!(" {:>8.2}", median(ratios(at)))).collect();
    format!(
        "{configuration:<42} {:>9.2} {:>9.2} {:>7.3} {:>13}{steps}",
        column(0, 0),
        column(0, 1),
        median(ratios(0)),
        format!("{low:.2} {high:.2}"),
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let (below, above) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(below), sorted.get(above)) {
        (Some(below), Some(above)) => (below + above) / 2.0,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(total: f64, steps: &[(&str, f64)]) -> Value {
        let step =
            |&(name, median_ms): &(&str, f64)| json!({ "name": name, "median_ms": median_ms });
        json!({ "total_ms": total, "steps": steps.iter().map(step).collect::<Vec<_>>() })
    }

    #[test]
    fn a_revision_that_does_not_exist_is_named() {
        let error = run("no-such-revision", 1).expect_err("there is none").to_string();
        assert!(error.starts_with("`no-such-revision` is no revision"), "{error}");
    }

    #[test]
    fn times_are_read_by_name_and_a_missing_one_is_noticed() {
        let mut steps: Vec<(&str, f64)> =
            STEPS.iter().copied().zip([1.0, 2.0, 3.0, 4.0, 5.0]).collect();
        steps.reverse();
        let times = times_in(&document(16.0, &steps));
        assert_eq!(times, Some(vec![16.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(times_in(&document(16.0, &steps[1..])), None);
    }

    #[test]
    fn a_row_holds_medians_and_the_median_of_ratios_with_its_range() {
        let times = |total: f64| vec![total, 1.0, 1.0, 1.0, 1.0, 1.0];
        let pairs = [[10.0, 5.0], [20.0, 20.0], [10.0, 8.0]].map(|pair| pair.map(times));
        let row = row("--model a", &pairs);
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words[2..7], ["10.00", "8.00", "0.800", "0.50", "1.00"]);
        assert_eq!(words[7..], ["1.00"; 5]);
    }
}
