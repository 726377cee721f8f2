//! `cargo xtask bench`: the time of each step from image to map, alone or beside an earlier revision.

use anyhow::{Context as _, Result, bail};

use crate::cargo::{cargo, run as run_command};
use crate::{compare, devices};

pub const HELP: &str = "\
usage: cargo xtask bench [ARGUMENTS FOR criterion]
       cargo xtask bench --compare REV [--rounds N]
       cargo xtask bench --device NAME[,NAME...] [ARGUMENTS FOR criterion]

Runs the criterion benchmarks with the release profile. Compare figures of one
run only: machines differ, and so do hours of one machine.

  cargo xtask bench                       everything
  cargo xtask bench capture               benchmarks named like `capture`
  cargo xtask bench methods               every method beside the capture
  cargo xtask bench --save-baseline main  keep the figures, to compare with
  cargo xtask bench --baseline main       compare with the figures kept

With --compare, builds `cam` of that revision too, runs `cam bench explain` of
both in turn, N times each (5 unless given), and prints a table of ratios. The
revision is checked out and built in compare/ of cargo's target directory; the
first time takes as long as a first build.

  cargo xtask bench --compare HEAD        what uncommitted changes do
  cargo xtask bench --compare main~3      what the last commits did

With --device, times an explanation in its parts (upload, trunk, tail, map,
read-back) on each of the named devices (cpu, which is the engine, flex, ndarray,
wgpu, vulkan, metal, cuda, rocm), in every precision that it computes in, and
writes devices.md and devices.svg into devices/ of cargo's target directory.

  cargo xtask bench --device cpu,cuda     the processor beside a card
  cargo xtask bench --device cuda 'layer4/224x224'
";

/// Few enough to wait for, enough to see how far ratios spread.
const ROUNDS: usize = 5;

pub fn run(arguments: &[String]) -> Result<()> {
    if let Some((revision, rounds)) = comparison(arguments)? {
        return compare::run(&revision, rounds);
    }
    match arguments {
        [option, names, rest @ ..] if option == "--device" => return devices::run(names, rest),
        [option, rest @ ..] if option.starts_with("--device=") => {
            return devices::run(option.trim_start_matches("--device="), rest);
        }
        [option] if option == "--device" => bail!("--device needs names: {HELP}"),
        _ => {}
    }
    let mut bench = cargo(["bench", "-p", "cam-benches"]);
    for name in ["explain", "methods", "layers", "search"] {
        bench.args(["--bench", name]);
    }
    run_command(bench.arg("--").args(arguments))
}

/// The revision to compare with and how many rounds, where that is asked for.
fn comparison(arguments: &[String]) -> Result<Option<(String, usize)>> {
    let words: Vec<&str> = arguments.iter().flat_map(|argument| argument.splitn(2, '=')).collect();
    let rounds = |text: &str| match text.parse() {
        Ok(rounds) if rounds > 0 => Ok(rounds),
        _ => bail!("--rounds {text}: it takes a number from 1"),
    };
    match words.as_slice() {
        ["--compare", revision] => Ok(Some(((*revision).to_owned(), ROUNDS))),
        ["--compare", revision, "--rounds", number]
        | ["--rounds", number, "--compare", revision] => {
            Ok(Some(((*revision).to_owned(), rounds(number)?)))
        }
        words if words.contains(&"--compare") => Err(anyhow::anyhow!("{HELP}"))
            .context("--compare takes a revision and perhaps --rounds N"),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison_of(line: &str) -> Result<Option<(String, usize)>> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        comparison(&words)
    }

    #[test]
    fn a_comparison_names_a_revision() {
        for line in ["--compare a --rounds 3", "--rounds=3 --compare=a"] {
            assert_eq!(comparison_of(line).expect(line), Some(("a".to_owned(), 3)));
        }
        assert_eq!(comparison_of("--compare a").expect("a"), Some(("a".to_owned(), ROUNDS)));
        for line in
            ["--compare", "--compare a b", "--compare a --rounds 0", "--compare a --rounds x"]
        {
            assert!(comparison_of(line).is_err(), "{line}");
        }
    }

    #[test]
    fn other_arguments_are_criterions() {
        assert_eq!(comparison_of("--baseline main").expect("none"), None);
        assert_eq!(comparison_of("").expect("none"), None);
    }
}
