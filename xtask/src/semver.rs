//! `cargo xtask semver`: what the libraries' public interfaces have lost since a revision.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::cargo::{cargo, root};
use crate::compare::commit;
use crate::metadata::{self, Graph};

pub const HELP: &str = "\
usage: cargo xtask semver [--baseline REV]

Compares the public interface of every library with that of a revision, the last
tag unless one is given, and fails where something that was there is gone or is
asked for in another way: cargo-semver-checks says what, where and why it counts.
All features are compared, together.

Needs cargo-semver-checks and, for the newest packages that the libraries allow,
the network. What is compared is checked in semver/ of cargo's target directory;
the first time takes minutes, burn's above all.
";

/// The program, and how it comes onto this machine.
const PROGRAM: &str = "cargo-semver-checks";
const INSTALL: &str = "`cargo install cargo-semver-checks --locked`";

/// What it ends with where an interface has lost something, rather than failed itself.
const FOUND: i32 = 100;

pub fn run(arguments: &[String]) -> Result<()> {
    let baseline = match baseline(arguments)? {
        Some(revision) => revision,
        None => last_tag()?,
    };
    let commit = commit(&baseline)?;
    if !is_installed() {
        bail!("{PROGRAM} is not installed: {INSTALL}");
    }
    let target = metadata::target_directory()?.join("semver");
    let mut changed = Vec::new();
    for (name, folder) in libraries(&Graph::load()?)? {
        if !existed(&commit, &folder)? {
            println!("semver: {name} is new since {baseline}");
        } else if !is_compatible(&name, &commit, &target)? {
            changed.push(name);
        }
    }
    match changed.as_slice() {
        [] => Ok(()),
        changed => bail!(
            "since {baseline}, interfaces have lost something: {} (before 1.0, the minor version is for that)",
            changed.join(", ")
        ),
    }
}

/// The revision asked for, if any.
fn baseline(arguments: &[String]) -> Result<Option<String>> {
    let words: Vec<&str> = arguments.iter().flat_map(|argument| argument.splitn(2, '=')).collect();
    match words.as_slice() {
        [] => Ok(None),
        ["--baseline", revision] => Ok(Some((*revision).to_owned())),
        ["--baseline", ..] => bail!("--baseline takes a revision\n\n{HELP}"),
        [other, ..] => bail!("unknown argument `{other}`\n\n{HELP}"),
    }
}

fn last_tag() -> Result<String> {
    let answer = git(["describe", "--tags", "--abbrev=0"]).stderr(Stdio::null()).output();
    let answer = answer.context("cannot run `git`")?;
    if !answer.status.success() {
        bail!("there is no tag to compare with yet: name a revision, such as `--baseline HEAD~10`");
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

fn is_installed() -> bool {
    let version = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Our libraries and their folders, seen from the root.
fn libraries(graph: &Graph) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (_, package) in graph.own() {
        let folder =
            Path::new(&package.manifest).parent().context("a manifest lies in a folder")?;
        if folder.parent().is_some_and(|parent| parent.ends_with("crates"))
            && folder.join("src/lib.rs").is_file()
        {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            found.push((package.name.clone(), format!("crates/{name}")));
        }
    }
    Ok(found)
}

/// Whether a commit has a folder.
fn existed(commit: &str, folder: &str) -> Result<bool> {
    let mut command = git(["cat-file", "-e", &format!("{commit}:{folder}/Cargo.toml")]);
    Ok(command.stderr(Stdio::null()).status().context("cannot run `git`")?.success())
}

/// Named one by one, for the workspace's packages are not published and would be passed over; in one folder, so that
/// what they have in common is checked once.
fn is_compatible(library: &str, commit: &str, target: &Path) -> Result<bool> {
    let mut command = cargo(["semver-checks", "-p", library, "--baseline-rev", commit]);
    command.env("CARGO_TARGET_DIR", target);
    eprintln!("\n== {library}");
    let status = command.status().context("cannot run `cargo`")?;
    match status.code() {
        Some(0) => Ok(true),
        Some(FOUND) => Ok(false),
        _ => bail!("{PROGRAM} could not compare {library}: it ended with {status}"),
    }
}

fn git<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Option<String>> {
        baseline(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_baseline_is_a_revision_or_the_last_tag() {
        assert_eq!(asked("").expect("none"), None);
        for line in ["--baseline v0.1.0", "--baseline=v0.1.0"] {
            assert_eq!(asked(line).expect(line).as_deref(), Some("v0.1.0"));
        }
        let error = |line| asked(line).expect_err("wrong").to_string();
        assert!(error("--baseline").starts_with("--baseline takes a revision"));
        assert!(error("v0.1.0").starts_with("unknown argument `v0.1.0`"));
    }

    #[test]
    fn every_library_is_compared_and_nothing_else() {
        let found = libraries(&Graph::load().expect("metadata")).expect("folders");
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"cam-core") && names.contains(&"cam-viz"), "{names:?}");
        assert!(!names.contains(&"cam-cli") && !names.contains(&"xtask"), "{names:?}");
        assert!(found.iter().all(|(name, folder)| *folder == format!("crates/{name}")));
    }
}
