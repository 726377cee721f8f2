//! What `cargo metadata` says, as far as the checks want to know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo::{cargo, output};

/// Why a package depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its code does.
    Normal,
    /// Its tests and examples do.
    Dev,
    /// Its build script does.
    Build,
}

/// A line under `[dependencies]` and its like.
#[derive(Debug)]
pub struct Dependency {
    pub name: String,
    pub kind: Kind,
    pub features: Vec<String>,
}

/// A package and what its manifest states.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    pub manifest: String,
    pub license: Option<String>,
    pub description: Option<String>,
    pub states_publish: bool,
    pub dependencies: Vec<Dependency>,
    pub features: BTreeMap<String, Vec<String>>,
}

/// The packages by their identifier, which of them are ours, and who uses whom outside tests.
#[derive(Debug)]
pub struct Graph {
    pub packages: BTreeMap<String, Package>,
    pub members: Vec<String>,
    edges: BTreeMap<String, Vec<String>>,
}

impl Graph {
    /// Asks cargo.
    pub fn load() -> Result<Self> {
        let text = output(&mut cargo(["metadata", "--format-version", "1"]))?;
        Self::parse(&serde_json::from_str(&text).context("cargo metadata printed no json")?)
    }

    /// Reads cargo's answer.
    pub fn parse(metadata: &Value) -> Result<Self> {
        let identified = |value: &Value| Ok((text(value, "id")?, package(value)?));
        let used = |node: &Value| Ok((text(node, "id")?, used_by(node)?));
        Ok(Self {
            packages: list(metadata, "packages")?.iter().map(identified).collect::<Result<_>>()?,
            members: strings(metadata, "workspace_members")?,
            edges: list(metadata.get("resolve").context("no `resolve`")?, "nodes")?
                .iter()
                .map(used)
                .collect::<Result<_>>()?,
        })
    }

    /// Our own packages.
    pub fn own(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.members.iter().filter_map(|id| Some((id.as_str(), self.packages.get(id)?)))
    }

    /// The names of all packages that this one needs, directly or not, to be built and run.
    ///
    /// Cargo counts features of the whole workspace together here and errs on the side of more.
    pub fn reaches(&self, id: &str) -> BTreeSet<&str> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(next) = open.pop() {
            for used in self.edges.get(next).into_iter().flatten() {
                if seen.insert(used.as_str()) {
                    open.push(used);
                }
            }
        }
        seen.into_iter().filter_map(|id| Some(self.packages.get(id)?.name.as_str())).collect()
    }
}

/// Where cargo puts what it builds, whatever variable or setting says so.
pub fn target_directory() -> Result<PathBuf> {
    let answer = output(&mut cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
    let answer: Value = serde_json::from_str(&answer).context("cargo metadata printed no json")?;
    text(&answer, "target_directory").map(PathBuf::from)
}

fn package(value: &Value) -> Result<Package> {
    let features = value.get("features").and_then(Value::as_object).context("no `features`")?;
    let feature = |(name, enables): (&String, &Value)| (name.clone(), as_strings(enables));
    Ok(Package {
        name: text(value, "name")?,
        manifest: text(value, "manifest_path")?,
        license: text(value, "license").ok(),
        description: text(value, "description").ok(),
        states_publish: value.get("publish").is_some_and(|publish| !publish.is_null()),
        dependencies: list(value, "dependencies")?.iter().map(dependency).collect::<Result<_>>()?,
        features: features.iter().map(feature).collect(),
    })
}

fn dependency(value: &Value) -> Result<Dependency> {
    let kind = value.get("kind").and_then(Value::as_str);
    Ok(Dependency {
        name: text(value, "name")?,
        kind: kind_of(kind),
        features: strings(value, "features")?,
    })
}

fn kind_of(kind: Option<&str>) -> Kind {
    match kind {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    }
}

/// The packages that a node uses for anything but its tests.
fn used_by(node: &Value) -> Result<Vec<String>> {
    let is_used = |used: &&Value| {
        let kinds = used.get("dep_kinds").and_then(Value::as_array).into_iter().flatten();
        kinds
            .map(|kind| kind_of(kind.get("kind").and_then(Value::as_str)))
            .any(|kind| kind != Kind::Dev)
    };
    list(node, "deps")?.iter().filter(is_used).map(|used| text(used, "pkg")).collect()
}

fn text(value: &Value, key: &str) -> Result<String> {
    let found = value.get(key).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("cargo metadata has no text `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value
        .get(key)
        .and_then(Value::as_array)
        .with_context(|| format!("cargo metadata has no list `{key}`"))
}

fn strings(value: &Value, key: &str) -> Result<Vec<String>> {
    list(value, key)?;
    Ok(value.get(key).map(as_strings).unwrap_or_default())
}

fn as_strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
