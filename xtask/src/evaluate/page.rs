//! Tables, and their place in the book.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo::root;

const PAGE: &str = "docs/src/evaluation.md";

/// The summary of an evaluation as a Markdown table: each mean, and the farther end of its interval.
pub fn table(summary: &Path) -> Result<String> {
    let bytes = fs::read(summary).with_context(|| summary.display().to_string())?;
    let summary: Value = serde_json::from_slice(&bytes)?;
    let rows = summary["methods"].as_array().context("a summary lists methods")?;
    let measures =
        summary["settings"]["measures"].as_array().context("a summary lists measures")?.iter();
    let measures: Vec<&str> = measures.filter_map(Value::as_str).filter(|m| *m != "ms").collect();
    let mut text = String::from("| method | maps |");
    measures.iter().for_each(|name| text.push_str(&format!(" {name} |")));
    text.push_str(&format!("\n|---|---:|{}\n", "---:|".repeat(measures.len())));
    for row in rows {
        let said = row["maps"].as_u64().unwrap_or(0) - row["degenerate"].as_u64().unwrap_or(0);
        text.push_str(&format!("| {} | {said} |", row["method"].as_str().unwrap_or("?")));
        for &name in &measures {
            text.push_str(&format!(" {} |", cell(&row["means"][name], &row["intervals"][name])));
        }
        text.push('\n');
    }
    Ok(text)
}

fn cell(mean: &Value, interval: &Value) -> String {
    let Some(mean) = mean.as_f64() else { return "–".to_owned() };
    match (interval[0].as_f64(), interval[1].as_f64()) {
        (Some(low), Some(high)) => format!("{mean:.2} ±{:.2}", (mean - low).max(high - mean)),
        _ => format!("{mean:.2}"),
    }
}

/// Puts text between the page's marks of that name.
pub fn replace(name: &str, text: &str) -> Result<()> {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let page = replaced(&page, name, text).with_context(|| {
        format!("{PAGE} has no place for {name}: write <!-- {name} --> and <!-- /{name} -->")
    })?;
    fs::write(&path, page).with_context(|| path.display().to_string())
}

fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(&format!("<!-- {name} -->"))?;
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->"))?;
    Some(format!("{before}<!-- {name} -->\n{}\n<!-- /{name} -->{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_replaced_between_its_marks() {
        let page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let new = "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n".to_owned();
        assert_eq!(replaced(page, "x", "new\n"), Some(new));
        assert_eq!(replaced(page, "y", "new"), None);
    }
}
