//! One build serves the binary and the tests.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::Result;

use super::{Outcome, judge};
use crate::cargo::{cargo, output};

/// A package that has other features in the binary than in the whole workspace is compiled twice, and so is all that
/// uses it, which may be burn. Cargo unites the features that are asked for by whatever it builds together.
pub fn run() -> Result<Outcome> {
    let binary = output(&mut tree(&["-p", "cam-cli", "-e", "normal,build"]))?;
    let workspace = output(&mut tree(&["--workspace", "-e", "normal,build,dev"]))?;
    judge("features", &compiled_twice(&packages(&binary), &packages(&workspace)))
}

fn tree(what: &[&str]) -> Command {
    let mut command = cargo(["tree", "--prefix", "none", "-f", "{p} [{f}]"]);
    command.args(what);
    command
}

/// Lines of `cargo tree`, without the mark of those that it showed before.
fn packages(tree: &str) -> BTreeSet<&str> {
    tree.lines().map(|line| line.trim_end_matches(" (*)")).collect()
}

fn compiled_twice(binary: &BTreeSet<&str>, workspace: &BTreeSet<&str>) -> Vec<String> {
    let only = binary.difference(workspace);
    let only = only.map(|package| {
        let name = package.split(" [").next().unwrap_or(package);
        let others = workspace.iter().filter(|other| other.split(" [").next() == Some(name));
        let others: Vec<&str> = others.copied().collect();
        format!(
            "the binary asks for `{package}`, and the workspace for `{}`: let crates/cam-cli/Cargo.toml ask for as much",
            others.join("`, `")
        )
    });
    only.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_other_features_in_the_binary_is_named() {
        let binary = packages("log v0.4.0 []\nburn v0.22.0 [std] (*)\n");
        let workspace = packages("burn v0.22.0 [std]\nlog v0.4.0 [std]\nloom v0.7.0 []\n");
        assert_eq!(
            compiled_twice(&binary, &workspace),
            ["the binary asks for `log v0.4.0 []`, and the workspace for `log v0.4.0 [std]`: let \
              crates/cam-cli/Cargo.toml ask for as much"]
        );
        assert_eq!(compiled_twice(&workspace, &workspace), [""; 0]);
    }
}
