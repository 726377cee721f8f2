//! What git knows: the project's files and its revisions.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::cargo::{output, root};

/// A git command in the workspace's directory.
pub fn git<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root());
    command
}

/// The files whose path from the root matches a pattern, in which `*` matches `/` too; new ones as well.
pub fn files(pattern: &str) -> Result<Vec<String>> {
    let listed = ["ls-files", "--cached", "--others", "--exclude-standard", "--", pattern];
    let listed = output(&mut git(listed))?;
    Ok(listed.lines().filter(|path| root().join(path).exists()).map(str::to_owned).collect())
}

/// The commit that a name means.
pub fn commit(revision: &str) -> Result<String> {
    let name = format!("{revision}^{{commit}}");
    let mut command = git(["rev-parse", "--verify", "--quiet", "--end-of-options", &name]);
    let answer = command.output().context("cannot run `git`")?;
    if !answer.status.success() {
        bail!("`{revision}` is not a revision of this repository: `git log --oneline` lists some");
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// The latest tag before this commit.
pub fn last_tag() -> Result<String> {
    let answer = git(["describe", "--tags", "--abbrev=0"]).stderr(Stdio::null()).output();
    let answer = answer.context("cannot run `git`")?;
    if !answer.status.success() {
        bail!("there is no tag to compare with yet: name a revision, such as `--baseline HEAD~10`");
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_that_does_not_exist_is_named() {
        let error = commit("no-such-revision").expect_err("there is none").to_string();
        assert!(error.starts_with("`no-such-revision` is not a revision"), "{error}");
    }

    #[test]
    fn a_pattern_of_files_crosses_folders() {
        assert!(files("xtask/*.rs").expect("git").iter().any(|path| path == "xtask/src/git.rs"));
    }
}
