//! Every package's licence, against the list in deny.toml.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result};
use spdx::{Expression, Licensee, ParseMode};

use crate::cargo::{cargo, output, root};
use crate::check::{Outcome, judge};
use crate::deny::Policy;

/// A package as cargo prints it, and its licence expression; empty where the package has only a file.
type Licensed = (String, String);

/// Judges what is built for any target with the default features, build scripts included, tests not.
pub fn run() -> Result<Outcome> {
    let policy = fs::read_to_string(root().join("deny.toml")).context("cannot read deny.toml")?;
    // Cargo's tree rather than its metadata: that also lists optional packages which no feature switches on.
    let tree = output(&mut cargo([
        "tree",
        "--workspace",
        "--target",
        "all",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}\t{l}",
    ]))?;
    judge("licences", &violations(&packages(&tree), &Policy::parse(&policy)?))
}

/// The packages of a tree, each once. `(*)` marks those that the tree has shown before.
fn packages(tree: &str) -> BTreeSet<Licensed> {
    let of_line = |line: &str| {
        let (package, licence) = line.split_once('\t')?;
        Some((package.trim().to_owned(), licence.trim_end_matches("(*)").trim().to_owned()))
    };
    tree.lines().filter_map(of_line).collect()
}

fn violations(packages: &BTreeSet<Licensed>, policy: &Policy) -> Vec<String> {
    packages.iter().filter_map(|package| violation(package, policy).err()).collect()
}

fn violation((package, licence): &Licensed, policy: &Policy) -> Result<(), String> {
    if licence.is_empty() {
        return without_licence(package, policy);
    }
    // Lax, because older packages write `MIT/Apache-2.0`.
    let expression = Expression::parse_mode(licence, ParseMode::LAX);
    let expression = expression
        .map_err(|error| format!("{package} has the licence `{licence}`: {}", error.reason))?;
    let allowed = allowed_for(package, policy)?;
    match expression.evaluate(|needed| allowed.iter().any(|licensee| licensee.satisfies(needed))) {
        true => Ok(()),
        false => {
            Err(format!("{package} has the licence `{licence}`, which deny.toml does not allow"))
        }
    }
}

/// A package that has only a licence file: an exception says that somebody has read it.
fn without_licence(package: &str, policy: &Policy) -> Result<(), String> {
    match policy.exceptions.iter().any(|exception| exception.package == name_of(package)) {
        true => Ok(()),
        false => Err(format!(
            "{package} names no licence: read its licence file and, if that is fine, add an exception to deny.toml"
        )),
    }
}

/// The list for everybody and the exceptions of this package.
fn allowed_for(package: &str, policy: &Policy) -> Result<Vec<Licensee>, String> {
    let own = policy.exceptions.iter().filter(|exception| exception.package == name_of(package));
    let names = policy.allow.iter().chain(own.flat_map(|exception| &exception.allow));
    let licensee = |name: &String| {
        Licensee::parse(name).map_err(|error| format!("deny.toml: `{name}`: {}", error.reason))
    };
    names.map(licensee).collect()
}

/// `serde` of `serde v1.0.0 (proc-macro)`.
fn name_of(package: &str) -> &str {
    package.split(' ').next().unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deny::Exception;

    fn policy() -> Policy {
        let exception = Exception { package: "colored".into(), allow: vec!["MPL-2.0".into()] };
        Policy {
            allow: vec!["MIT".into(), "Apache-2.0".into(), "Apache-2.0 WITH LLVM-exception".into()],
            exceptions: vec![exception],
        }
    }

    fn violations_of(package: &str, licence: &str) -> Vec<String> {
        violations(&BTreeSet::from([(package.to_owned(), licence.to_owned())]), &policy())
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        for (licence, is_allowed) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("MIT/Apache-2.0", true),
            ("MIT / Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("GPL-3.0-only", false),
            ("MIT AND ISC", false),
            ("(MIT OR ISC) AND Apache-2.0", true),
            ("MPL-2.0", false),
        ] {
            assert_eq!(violations_of("a v1.0.0", licence).is_empty(), is_allowed, "{licence}");
        }
    }

    #[test]
    fn an_exception_is_for_its_package_alone() {
        assert_eq!(violations_of("colored v3.1.1", "MPL-2.0"), [""; 0]);
        assert_eq!(violations_of("colored v3.1.1", ""), [""; 0]);
        assert_eq!(violations_of("colored-more v3.1.1", "MPL-2.0").len(), 1);
    }

    #[test]
    fn no_licence_and_no_known_licence_are_violations() {
        assert!(violations_of("a v1.0.0", "")[0].starts_with("a v1.0.0 names no licence"));
        assert!(
            violations_of("a v1.0.0", "Beerware-ish")[0]
                .starts_with("a v1.0.0 has the licence `Beerware-ish`")
        );
    }

    #[test]
    fn a_tree_lists_each_package_once() {
        let tree = "a v1.0.0 (/w/a)\tMIT\nb v2.0.0 (proc-macro)\tMIT OR Apache-2.0\na v1.0.0 (/w/a)\tMIT (*)\nc v1.0.0\t\n\n";
        let found: Vec<Licensed> = packages(tree).into_iter().collect();
        let expected = [
            ("a v1.0.0 (/w/a)", "MIT"),
            ("b v2.0.0 (proc-macro)", "MIT OR Apache-2.0"),
            ("c v1.0.0", ""),
        ];
        assert_eq!(
            found,
            expected.map(|(package, licence)| (package.to_owned(), licence.to_owned()))
        );
    }

    #[test]
    fn the_projects_own_list_is_sound() {
        let toml = fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
        let policy = Policy::parse(&toml).expect("a policy");
        for exception in &policy.exceptions {
            allowed_for(&exception.package, &policy).expect("known licences");
        }
    }
}
