//! Links of the documents: that files and headings they name exist, and that every page is in the book.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::cargo::root;
use crate::check::{Outcome, judge};

/// Documents beside the book.
const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Reads all documents and lists what leads nowhere. Links out of the project are not followed.
pub fn run() -> Result<Outcome> {
    let book = root().join("docs/src");
    let mut pages = Vec::new();
    collect(&book, &mut pages)?;
    let mut violations = Vec::new();
    let summary = book.join("SUMMARY.md");
    let listed: BTreeSet<PathBuf> =
        links(&read(&summary)?).map(|link| place(&summary, &link.file)).collect();
    for page in pages.iter().filter(|page| **page != summary && !listed.contains(*page)) {
        violations.push(format!("{} is not in SUMMARY.md", shown(page)));
    }
    for page in pages.into_iter().chain(DOCUMENTS.map(|name| root().join(name))) {
        for link in links(&read(&page)?) {
            if let Some(wrong) = wrong(&page, &link)? {
                violations.push(format!("{}: {wrong}", shown(&page)));
            }
        }
    }
    judge("links", &violations)
}

/// A link inside the project.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    /// As written; empty for a heading of the same page.
    file: String,
    heading: Option<String>,
}

/// The links of a document, without those in code.
fn links(text: &str) -> impl Iterator<Item = Link> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if is_code {
            continue;
        }
        // What stands between backticks is code; a link's own text may be too.
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            let (target, after) = after.split_once(')').unwrap_or((after, ""));
            rest = after;
            if target.contains("://") || target.starts_with("mailto:") || target.contains(' ') {
                continue;
            }
            let (file, heading) = match target.split_once('#') {
                Some((file, heading)) => (file, Some(heading.to_owned())),
                None => (target, None),
            };
            found.push(Link { file: file.to_owned(), heading });
        }
    }
    found.into_iter()
}

fn wrong(page: &Path, link: &Link) -> Result<Option<String>> {
    let target = place(page, &link.file);
    if !target.exists() {
        return Ok(Some(format!("there is no {}", link.file)));
    }
    let Some(heading) = &link.heading else { return Ok(None) };
    if target.extension().is_none_or(|extension| extension != "md") {
        return Ok(None);
    }
    let is_there = headings(&read(&target)?).any(|found| found == *heading);
    Ok((!is_there).then(|| format!("{} has no heading #{heading}", shown(&target))))
}

/// The names that a page's headings go by in links.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let mut is_code = false;
    text.lines().filter_map(move |line| {
        is_code ^= line.trim_start().starts_with("```");
        let title = line.strip_prefix('#').filter(|_| !is_code)?.trim_start_matches('#').trim();
        let kept = title.to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
    })
}

/// Where a link leads, without `..` inside.
fn place(page: &Path, link: &str) -> PathBuf {
    if link.is_empty() {
        return page.to_owned();
    }
    let folder = page.parent().unwrap_or(Path::new(""));
    Path::new(link).components().fold(folder.to_owned(), |place, part| match part {
        std::path::Component::ParentDir => place.parent().unwrap_or(Path::new("")).to_owned(),
        std::path::Component::CurDir => place,
        part => place.join(part),
    })
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_of_code_and_inside_of_the_project() {
        let text = "[a](b.md) ![c](d.png) [e](https://f) [g](h.md#i-j)\n```\n[x](y)\n```\n[k](#l)";
        let found: Vec<_> = links(text).map(|link| (link.file, link.heading)).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("b.md".to_owned(), None),
                ("d.png".to_owned(), None),
                ("h.md".to_owned(), some("i-j")),
                (String::new(), some("l")),
            ]
        );
    }

    #[test]
    fn headings_go_by_their_words_in_lower_case() {
        let found: Vec<String> = headings("# What `--compat` changes\n## a: B, c\ntext").collect();
        assert_eq!(found, ["what---compat-changes", "a-b-c"]);
    }

    #[test]
    fn a_link_upward_leads_upward() {
        assert_eq!(place(Path::new("a/b/c.md"), "../d.md#x"), Path::new("a/d.md#x"));
        assert_eq!(place(Path::new("a/b.md"), ""), Path::new("a/b.md"));
    }
}
