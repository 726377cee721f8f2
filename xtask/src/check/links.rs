//! Links of the documents lead to files and headings that exist, and every page is in the book.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Outcome, judge};
use crate::cargo::{root, run as run_command};
use crate::git::files;
use crate::tools::LYCHEE;

/// Links out of the project are not followed: the check needs no network.
const OPTIONS: [&str; 6] =
    ["--offline", "--include-fragments", "--no-progress", "--quiet", "--extensions", "md"];

pub fn run() -> Result<Outcome> {
    // mdBook passes over a page that its summary does not name.
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).context("SUMMARY.md")?;
    let pages = files("docs/src/*.md")?;
    let pages = pages.iter().filter_map(|page| page.strip_prefix("docs/src/"));
    let is_listed = |page: &&str| *page == "SUMMARY.md" || summary.contains(&format!("]({page})"));
    let unlisted = pages.filter(|page| !is_listed(page));
    judge(
        "links",
        &unlisted.map(|page| format!("{page} is not in SUMMARY.md")).collect::<Vec<_>>(),
    )?;

    let Some(lychee) = LYCHEE.program()? else {
        return Ok(Outcome::Skipped(LYCHEE.is_missing()));
    };
    let mut command = Command::new(lychee);
    run_command(command.args(OPTIONS).arg(".").current_dir(root()))?;
    Ok(Outcome::Passed)
}
