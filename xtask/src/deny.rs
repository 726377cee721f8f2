//! The licences that deny.toml allows.
//!
//! The file is written for cargo-deny, which checks more than this program does; both read the same list, so there
//! is one. Of TOML only what that list needs is understood here: tables, strings and lists of strings.

use anyhow::{Context as _, Result, bail};

/// What may be depended on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Licences that are fine everywhere.
    pub allow: Vec<String>,
    /// Licences that are fine for one package.
    pub exceptions: Vec<Exception>,
}

/// One package that may have a licence which is not fine everywhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exception {
    pub package: String,
    pub allow: Vec<String>,
}

impl Policy {
    /// Reads the licence tables and passes over all others.
    pub fn parse(toml: &str) -> Result<Self> {
        let mut policy = Self::default();
        let mut table = String::new();
        let mut lines = toml.lines().map(without_comment);
        while let Some(line) = lines.next() {
            if line.starts_with('[') {
                table = line;
                if table == "[[licenses.exceptions]]" {
                    policy.exceptions.push(Exception::default());
                }
            } else if let Some((key, value)) = line.split_once('=') {
                let value = whole_value(value.trim(), &mut lines)?;
                policy
                    .set(&table, key.trim(), &value)
                    .with_context(|| format!("deny.toml, {table}: `{line}`"))?;
            }
        }
        match policy.allow.is_empty() {
            true => bail!("deny.toml has no `allow` under [licenses]"),
            false => Ok(policy),
        }
    }

    fn set(&mut self, table: &str, key: &str, value: &str) -> Result<()> {
        match (table, key, self.exceptions.last_mut()) {
            ("[licenses]", "allow", _) => self.allow = strings(value)?,
            ("[licenses]", "exceptions", _) => {
                bail!("write each exception as its own [[licenses.exceptions]]")
            }
            ("[[licenses.exceptions]]", "allow", Some(exception)) => {
                exception.allow = strings(value)?
            }
            ("[[licenses.exceptions]]", "crate", Some(exception)) => {
                exception.package =
                    strings(value)?.pop().context("a package's name is expected")?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The line up to its comment; no licence and no package has a `#` in its name.
fn without_comment(line: &str) -> String {
    line.split('#').next().unwrap_or_default().trim().to_owned()
}

/// A list that spans lines, up to its closing bracket.
fn whole_value(first: &str, lines: &mut impl Iterator<Item = String>) -> Result<String> {
    let mut value = first.to_owned();
    while value.starts_with('[') && !value.ends_with(']') {
        value += &lines.next().context("deny.toml ends within a list")?;
    }
    Ok(value)
}

/// Every quoted string in the value.
fn strings(value: &str) -> Result<Vec<String>> {
    let parts: Vec<&str> = value.split('"').collect();
    if parts.len().is_multiple_of(2) {
        bail!("a quote is not closed");
    }
    Ok(parts.into_iter().skip(1).step_by(2).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_read_and_the_rest_is_passed_over() {
        let policy = Policy::parse(
            r#"
            [graph]
            all-features = false # allow = ["GPL-3.0"]
            [licenses]
            confidence-threshold = 0.9
            allow = [
                "MIT", # short
                "Apache-2.0 WITH LLVM-exception",
            ]
            [[licenses.exceptions]]
            crate = "colored"
            allow = ["MPL-2.0"]
            [bans]
            allow = ["nothing"]
            "#,
        );
        let exception = Exception { package: "colored".into(), allow: vec!["MPL-2.0".into()] };
        let expected = Policy {
            allow: vec!["MIT".into(), "Apache-2.0 WITH LLVM-exception".into()],
            exceptions: vec![exception],
        };
        assert_eq!(policy.expect("a policy"), expected);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_rather_than_an_empty_list() {
        for toml in [
            "",
            "[licenses]",
            "[licenses]\nallow = [\"MIT\"",
            "[licenses]\nallow = [\"MIT]",
            "[licenses]\nallow = []",
        ] {
            assert!(Policy::parse(toml).is_err(), "{toml}");
        }
        assert!(
            Policy::parse("[licenses]\nallow = [\"MIT\"]\nexceptions = [{ crate = \"a\" }]")
                .is_err()
        );
    }
}
