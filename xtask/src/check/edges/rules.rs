//! What the table of layers forbids, found in cargo's metadata.

use std::collections::BTreeSet;

use super::Layer;
use crate::metadata::{Kind, Metadata, Package};

/// The features of burn that link a backend.
const BACKENDS: &[&str] =
    &["flex", "ndarray", "wgpu", "vulkan", "webgpu", "metal", "cuda", "rocm", "tch", "cpu"];

/// Backends that a library's own tests may choose, because they run on every machine.
const BACKENDS_FOR_TESTS: &[&str] = &["flex", "ndarray"];

/// Everything in the workspace that contradicts the table, in words.
pub fn violations(metadata: &Metadata, layers: &[Layer]) -> Vec<String> {
    let mut found = Vec::new();
    for package in metadata.own() {
        match layers.iter().find(|layer| layer.name == package.name) {
            Some(layer) => found.extend(of_layer(metadata, package, layer)),
            None if package.manifest_path.replace('\\', "/").contains("/crates/") => {
                found.push(format!(
                    "{} is in no layer: add its edges to xtask/src/check/edges.rs and ARCHITECTURE.md",
                    package.name
                ))
            }
            // The packages of tests, benchmarks and commands may use everything, but this one must stay light.
            None if package.name == "xtask" => {
                found.extend(of_reach(metadata, package, &["burn", "image"]))
            }
            None => {}
        }
    }
    let is_gone = |layer: &&Layer| metadata.own().all(|package| package.name != layer.name);
    let gone = layers.iter().filter(is_gone);
    found.extend(gone.map(|layer| {
        format!(
            "{} is a layer but not a crate: remove it from xtask/src/check/edges.rs",
            layer.name
        )
    }));
    found
}

fn of_layer(metadata: &Metadata, package: &Package, layer: &Layer) -> Vec<String> {
    let mut found = of_dependencies(metadata, package, layer);
    found.extend(of_reach(metadata, package, layer.must_not_reach));
    if layer.is_library {
        found.extend(of_backends(package));
    }
    found
}

fn of_dependencies(metadata: &Metadata, package: &Package, layer: &Layer) -> Vec<String> {
    let own: BTreeSet<&str> = metadata.own().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let used = dependency.name.as_str();
        let is_itself = used == package.name && dependency.kind == Kind::Dev;
        if own.contains(used) && !layer.may_use.contains(&used) && !is_itself {
            found.push(format!(
                "{} uses {used}{}: it may use {}",
                package.name,
                as_what(dependency.kind),
                listed(layer.may_use)
            ));
        }
        if layer.must_not_use.contains(&used) && dependency.kind != Kind::Dev {
            found.push(format!("{} uses {used}, which its layer must not use", package.name));
        }
    }
    found
}

fn of_reach(metadata: &Metadata, package: &Package, forbidden: &[&str]) -> Vec<String> {
    let reached = metadata.reaches(package);
    let through = forbidden.iter().filter(|name| reached.contains(*name));
    through
        .map(|name| {
            format!(
                "{} depends on {name}, which its layer must not: see `cargo tree -p {} -i {name}`",
                package.name, package.name
            )
        })
        .collect()
}

fn of_backends(package: &Package) -> Vec<String> {
    let mut found = Vec::new();
    for dependency in package.dependencies.iter().filter(|dependency| dependency.name == "burn") {
        let allowed = if dependency.kind == Kind::Dev { BACKENDS_FOR_TESTS } else { &[] };
        let is_wrong = |feature: &&String| {
            BACKENDS.contains(&feature.as_str()) && !allowed.contains(&feature.as_str())
        };
        let wrong = dependency.features.iter().filter(is_wrong);
        found.extend(wrong.map(|feature| chooses(package, feature, as_what(dependency.kind))));
    }
    for (name, enabled) in &package.features {
        let features = enabled
            .iter()
            .filter_map(|item| item.strip_prefix("burn/").or(item.strip_prefix("burn?/")));
        let wrong = features.filter(|feature| BACKENDS.contains(feature));
        found.extend(
            wrong.map(|feature| chooses(package, feature, &format!(" in its feature `{name}`"))),
        );
    }
    found
}

fn chooses(package: &Package, feature: &str, place: &str) -> String {
    let name = &package.name;
    format!(
        "{name} switches on burn's `{feature}`{place}: a library leaves the backend to its user"
    )
}

fn as_what(kind: Kind) -> &'static str {
    match kind {
        Kind::Normal => "",
        Kind::Dev => " in its tests",
        Kind::Build => " in its build script",
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "none of our crates".to_owned()
    } else {
        format!("only {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A member of a made-up workspace, sound in all that is not given.
    fn member(name: &str, dependencies: Value) -> Value {
        json!({
            "id": name, "name": name, "version": "0.1.0", "manifest_path": format!("/w/crates/{name}/Cargo.toml"),
            "keywords": [], "categories": [], "features": {}, "dependencies": dependencies,
        })
    }

    fn uses(name: &str) -> Value {
        json!({ "name": name, "kind": null, "req": "*", "features": [] })
    }

    /// The violations in a workspace of these packages, which depend on each other as they say.
    fn violations_of(packages: Vec<Value>, layers: &[Layer]) -> Vec<String> {
        let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
        let node = |package: &Value| {
            let used = |d: &Value| json!({ "pkg": name(d), "dep_kinds": [{ "kind": d["kind"] }] });
            let used: Vec<Value> =
                package["dependencies"].as_array().expect("a list").iter().map(used).collect();
            json!({ "id": name(package), "deps": used })
        };
        let ours = packages.iter().filter(|p| name(p).starts_with("cam-") || name(p) == "xtask");
        let metadata = json!({
            "workspace_members": ours.map(name).collect::<Vec<_>>(),
            "resolve": { "nodes": packages.iter().map(node).collect::<Vec<_>>() },
            "packages": packages,
        });
        violations(&serde_json::from_value(metadata).expect("metadata"), layers)
    }

    fn layer(name: &'static str, may_use: &'static [&'static str]) -> Layer {
        Layer {
            name,
            may_use,
            must_not_use: &["image"],
            must_not_reach: &["ureq"],
            is_library: true,
        }
    }

    #[test]
    fn a_sound_workspace_has_no_violations() {
        let packages = vec![
            member("cam-core", json!([uses("burn")])),
            member("cam-targets", json!([uses("cam-core"), uses("burn")])),
            member("burn", json!([])),
        ];
        let layers = [layer("cam-core", &[]), layer("cam-targets", &["cam-core"])];
        assert_eq!(violations_of(packages, &layers), [""; 0]);
    }

    #[test]
    fn an_edge_against_the_table_is_found_in_tests_too() {
        let layers = [layer("cam-core", &[]), layer("cam-targets", &["cam-core"])];
        for (kind, words) in [(Value::Null, ""), (json!("dev"), " in its tests")] {
            let upward = json!({ "name": "cam-targets", "kind": kind, "req": "*", "features": [] });
            let packages =
                vec![member("cam-core", json!([upward])), member("cam-targets", json!([]))];
            let expected =
                format!("cam-core uses cam-targets{words}: it may use none of our crates");
            assert_eq!(violations_of(packages, &layers), [expected]);
        }
    }

    #[test]
    fn a_forbidden_package_is_found_directly_and_through_others() {
        let packages = vec![
            member("cam-viz", json!([uses("image")])),
            member("image", json!([uses("middle")])),
            member("middle", json!([uses("ureq")])),
            member("ureq", json!([])),
        ];
        let expected = [
            "cam-viz uses image, which its layer must not use",
            "cam-viz depends on ureq, which its layer must not: see `cargo tree -p cam-viz -i ureq`",
        ];
        assert_eq!(violations_of(packages, &[layer("cam-viz", &[])]), expected);
    }

    #[test]
    fn what_only_tests_use_is_not_reached() {
        let for_tests = json!({ "name": "ureq", "kind": "dev", "req": "*", "features": [] });
        let packages = vec![member("cam-viz", json!([for_tests])), member("ureq", json!([]))];
        assert_eq!(violations_of(packages, &[layer("cam-viz", &[])]), [""; 0]);
    }

    #[test]
    fn a_library_that_chooses_a_backend_is_found() {
        let burn = |kind: Value, feature: &str| json!({ "name": "burn", "kind": kind, "req": "*", "features": ["std", feature] });
        let choosing = |dependency: Value| {
            violations_of(
                vec![member("cam-core", json!([dependency])), member("burn", json!([]))],
                &[layer("cam-core", &[])],
            )
        };
        assert_eq!(choosing(burn(Value::Null, "autodiff")), [""; 0]);
        assert_eq!(choosing(burn(Value::Null, "flex")).len(), 1);
        assert_eq!(choosing(burn(json!("dev"), "flex")), [""; 0]);
        assert_eq!(choosing(burn(json!("dev"), "cuda")).len(), 1);

        let mut core = member("cam-core", json!([]));
        core["features"] = json!({ "default": ["gpu"], "gpu": ["burn/wgpu"] });
        let expected = "cam-core switches on burn's `wgpu` in its feature `gpu`: a library leaves the backend to its user";
        assert_eq!(violations_of(vec![core], &[layer("cam-core", &[])]), [expected]);
    }

    #[test]
    fn a_new_crate_and_a_gone_one_are_found() {
        let expected = [
            "cam-new is in no layer: add its edges to xtask/src/check/edges.rs and ARCHITECTURE.md",
            "cam-gone is a layer but not a crate: remove it from xtask/src/check/edges.rs",
        ];
        assert_eq!(
            violations_of(vec![member("cam-new", json!([]))], &[layer("cam-gone", &[])]),
            expected
        );
    }

    #[test]
    fn the_commands_stay_light() {
        let mut xtask = member("xtask", json!([uses("burn")]));
        xtask["manifest_path"] = json!("/w/xtask/Cargo.toml");
        let expected =
            "xtask depends on burn, which its layer must not: see `cargo tree -p xtask -i burn`";
        assert_eq!(violations_of(vec![xtask, member("burn", json!([]))], &[]), [expected]);
    }
}
