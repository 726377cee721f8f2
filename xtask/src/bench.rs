//! `cargo xtask bench`: the time of each step from image to map.

use anyhow::Result;

use crate::cargo::{cargo, run as run_command};

pub const HELP: &str = "\
usage: cargo xtask bench [ARGUMENTS FOR criterion]

Runs the criterion benchmarks with the release profile. Compare figures of one
run only: machines differ, and so do hours of one machine.

  cargo xtask bench                       everything
  cargo xtask bench capture               benchmarks named like `capture`
  cargo xtask bench --save-baseline main  keep the figures, to compare with
  cargo xtask bench --baseline main       compare with the figures kept
";

pub fn run(arguments: &[String]) -> Result<()> {
    let mut bench = cargo(["bench", "-p", "cam-benches", "--bench", "explain", "--"]);
    run_command(bench.args(arguments))
}
