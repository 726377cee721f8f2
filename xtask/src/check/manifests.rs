//! What crates.io and docs.rs ask of a published crate.

use std::fs;

use anyhow::Result;

use super::{Outcome, judge};
use crate::cargo::{cargo, run as run_command};
use crate::metadata::{Kind, Metadata, Package, target_directory};

/// What crates.io takes at most, in bytes.
const LARGEST: u64 = 10_000_000;

/// Reads what the manifests state, then packs the crates as `cargo publish` would. Packing shows that every crate can be
/// resolved by the versions that it asks for.
pub fn run() -> Result<Outcome> {
    let metadata = Metadata::load()?;
    judge("manifests", &metadata.own().flat_map(lacking).collect::<Vec<_>>())?;

    let folder = target_directory()?.join("packages");
    let mut command = cargo(["package", "--workspace", "--no-verify", "--allow-dirty"]);
    let others = metadata.own().filter(|package| !package.is_published());
    command.args(others.flat_map(|package| ["--exclude", &package.name]));
    run_command(command.args(["--quiet", "--offline", "--target-dir"]).arg(&folder))?;
    let mut too_large = Vec::new();
    for Package { name, version, .. } in metadata.own().filter(|package| package.is_published()) {
        let file = folder.join("package").join(format!("{name}-{version}.crate"));
        let bytes = fs::metadata(&file)?.len();
        if bytes > LARGEST {
            too_large.push(format!("{name} has {bytes} bytes packed, and {LARGEST} at most"));
        }
    }
    judge("manifests", &too_large)
}

/// What goes to Python's package index, as a wheel.
const WHEEL: &str = "cam-py";

/// The crates in `crates/` are published, and nothing else; a wheel is not by cargo.
fn lacking(package: &Package) -> Vec<String> {
    let Package { name, description, license, metadata, .. } = package;
    let is_in_crates = package.manifest_path.replace('\\', "/").contains("/crates/");
    let is_for_users = is_in_crates && name != WHEEL;
    if package.is_published() != is_for_users {
        return vec![format!("{name} must state `publish = {is_for_users}`")];
    }
    let docs = metadata.as_ref().and_then(|metadata| metadata.pointer("/docs/rs"));
    let of_all = [("license", license.is_some()), ("description", description.is_some())];
    let of_published = [
        ("readme", package.readme.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
        ("package.metadata.docs.rs", docs.is_some()),
    ];
    let fields = of_all.iter().chain(of_published.iter().filter(|_| is_for_users));
    let missing = fields.filter(|(_, is_stated)| !is_stated);
    let missing = missing.map(|(field, _)| format!("{name} states no `{field}` in its Cargo.toml"));
    // Where only tests use a crate of ours, cargo leaves it out of the package.
    let used = package.dependencies.iter().filter(|used| used.kind != Kind::Dev && is_for_users);
    let open = used.filter(|used| used.req == "*");
    missing.chain(open.map(|used| format!("{name} uses {} in any version", used.name))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn lacking_of(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut package = json!({
            "id": "cam-core", "name": "cam-core", "version": "0.1.0", "description": "d", "license": "MIT",
            "manifest_path": "/w/crates/cam-core/Cargo.toml", "readme": "README.md", "publish": null,
            "keywords": ["k"], "categories": ["c"], "metadata": { "docs": { "rs": {} } },
            "dependencies": [{ "name": "burn", "kind": null, "req": "^1", "features": [] }], "features": {},
        });
        change(&mut package);
        lacking(&serde_json::from_value(package).expect("a package"))
    }

    #[test]
    fn what_a_published_crate_lacks_is_named() {
        assert_eq!(lacking_of(|_| {}), [""; 0]);
        let keywords = lacking_of(|package| package["keywords"] = json!([]));
        assert_eq!(keywords, ["cam-core states no `keywords` in its Cargo.toml"]);
        let open = lacking_of(|package| package["dependencies"][0]["req"] = json!("*"));
        assert_eq!(open, ["cam-core uses burn in any version"]);
        let withheld = lacking_of(|package| package["publish"] = json!([]));
        assert_eq!(withheld, ["cam-core must state `publish = true`"]);
    }

    #[test]
    fn what_is_not_for_users_is_not_published() {
        let elsewhere =
            |package: &mut Value| package["manifest_path"] = json!("/w/xtask/Cargo.toml");
        assert_eq!(lacking_of(elsewhere), ["cam-core must state `publish = false`"]);
        let own = lacking_of(|package| {
            elsewhere(package);
            package["publish"] = json!([]);
            package["readme"] = Value::Null;
        });
        assert_eq!(own, [""; 0]);
    }
}
