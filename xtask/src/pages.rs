//! Parts of the book that a command writes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

const END: &str = "<!-- end -->";

/// Replaces what a command wrote into a page before.
pub fn write_between_marks(page: &Path, command: &str, text: &str) -> Result<()> {
    let before = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    fs::write(page, between_marks(&before, command, text)?)
        .with_context(|| page.display().to_string())
}

fn between_marks(page: &str, command: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- begin: written by {command} -->\n");
    let (before, rest) = page.split_once(&begin).context("the page has no place for tables")?;
    let (_, after) = rest.split_once(END).context("the place for tables has no end")?;
    Ok(format!("{before}{begin}{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_replace_what_stood_between_the_marks() {
        let begin = "<!-- begin: written by x -->\n";
        let page = format!("before\n{begin}old\n{END}\nafter\n");
        let new = between_marks(&page, "x", "new\n").expect("it has marks");
        assert_eq!(new, format!("before\n{begin}new\n\n{END}\nafter\n"));
        assert!(between_marks("no marks", "x", "new").is_err());
        assert!(between_marks(&page, "y", "new").is_err());
    }
}
