//! How a library comes to depend on a package.

use std::collections::BTreeSet;

/// The first path from a library to each of the packages, in the output of `cargo tree --prefix depth`: a line per
/// package, its depth in front of its name.
pub fn chains(tree: &str, packages: &[&str]) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for (depth, name) in tree.lines().filter_map(depth_and_name) {
        path.truncate(depth);
        path.push(name);
        if packages.contains(&name) && seen.insert((path[0], name)) {
            found.push(path.join(" → "));
        }
    }
    found
}

fn depth_and_name(line: &str) -> Option<(usize, &str)> {
    let digits = line.find(|c: char| !c.is_ascii_digit())?;
    let (depth, rest) = line.split_at(digits);
    Some((depth.parse().ok()?, rest.split_whitespace().next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
0cam-models v0.1.0 (/w/crates/cam-models)
1cam-engine v0.1.0 (/w/crates/cam-engine)
2thiserror v2.0.21
1safetensors v0.8.0
2tempfile v3.27.0
3rustix v1.1.6

0cam-viz v0.1.0 (/w/crates/cam-viz)
1tempfile v3.27.0 (*)
";

    #[test]
    fn a_violation_names_every_package_on_the_path() {
        let expected = ["cam-models → safetensors → tempfile → rustix"];
        assert_eq!(chains(TREE, &["rustix", "rayon"]), expected);
    }

    #[test]
    fn every_library_that_reaches_it_is_named() {
        assert_eq!(chains(TREE, &["tempfile"]).len(), 2);
    }

    #[test]
    fn what_is_not_reached_is_no_violation() {
        assert_eq!(chains(TREE, &["file", "temp", "0cam-models"]), [""; 0]);
    }
}
